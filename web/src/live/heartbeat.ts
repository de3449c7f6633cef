/** Detects a dead connection: pings every five seconds and expects any frame before the next ping. */

const INTERVAL_MS = 5_000;

export class Heartbeat {
  private timer = 0;
  private pingSentAt: number | null = null;
  private silent = false;

  constructor(
    private readonly ping: () => void,
    private readonly onTimeout: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.stop();
    this.sendPing();
    this.timer = setInterval(() => this.tick(), INTERVAL_MS) as unknown as number;
  }

  stop(): void {
    clearInterval(this.timer);
    this.pingSentAt = null;
    this.silent = false;
  }

  /** Records a received frame. Returns the round trip in milliseconds for a pong, null otherwise. */
  onFrame(pong: boolean): number | null {
    this.silent = false;
    if (!pong || this.pingSentAt === null) return null;
    const latency = this.now() - this.pingSentAt;
    this.pingSentAt = null;
    return latency;
  }

  private tick(): void {
    if (this.silent) this.onTimeout();
    else this.sendPing();
  }

  private sendPing(): void {
    this.silent = true;
    this.pingSentAt = this.now();
    this.ping();
  }
}
