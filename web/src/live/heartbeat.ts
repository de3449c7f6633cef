/** Tells a dead line from a silent one: a ping every five seconds, and any frame is a sign of life. */

const BEAT_MS = 5_000;

export class Heart {
  private timer = 0;
  private asked: number | null = null;
  private silent = false;

  constructor(
    private readonly ping: () => void,
    private readonly dead: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.stop();
    this.ask();
    this.timer = setInterval(() => this.check(), BEAT_MS) as unknown as number;
  }

  stop(): void {
    clearInterval(this.timer);
    this.asked = null;
    this.silent = false;
  }

  /** Notes a frame; for a pong, the milliseconds since its ping. */
  beat(pong: boolean): number | null {
    this.silent = false;
    if (!pong || this.asked === null) return null;
    const latency = this.now() - this.asked;
    this.asked = null;
    return latency;
  }

  private check(): void {
    if (this.silent) this.dead();
    else this.ask();
  }

  private ask(): void {
    this.silent = true;
    this.asked = this.now();
    this.ping();
  }
}
