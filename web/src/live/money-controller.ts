/** A project's money, and a word when it moved: it is read again when facts of runs say so, at most now and then. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { asProblem, getMoney } from "../api.ts";
import type { AccountKind, AccountView, Money, Problem } from "../contracts.ts";
import { nano } from "../format/money.ts";
import type { RunsStore } from "./runs-store.ts";

const PACE_MS = 1_500;
const LOOK_MS = 20_000;
/** The server's midnight may come a little later than this machine's. */
const MOST_LOOKS = 5;

export class MoneyWatch implements ReactiveController {
  money: Money | null = null;
  problem: Problem | null = null;
  private sums = "";
  private timer = 0;
  private clock = 0;
  private looked = { day: "", times: 0 };
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly moved: () => void = () => {},
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    void this.read();
    this.clock = window.setInterval(() => this.turnDay(Date.now()), LOOK_MS);
  }

  hostDisconnected(): void {
    window.clearInterval(this.clock);
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  account(kind: AccountKind): AccountView | null {
    return this.money?.accounts.find((account) => account.kind === kind) ?? null;
  }

  /** Takes what was answered to a change of limits. */
  take(money: Money): void {
    this.money = money;
    this.problem = null;
    this.host.requestUpdate();
  }

  /** Compares what all runs spent and hold with what they did. */
  heard(store: RunsStore | null): void {
    if (!store || store.snapshots === 0) return;
    const { runs } = store;
    const sum = (of: (at: number) => string) => runs.reduce((total, _, at) => total + nano(of(at)), 0n);
    const spent = sum((at) => runs[at]?.progress.cost_usd ?? "0");
    const held = sum((at) => runs[at]?.progress.held_usd ?? "0");
    const sums = `${spent} ${held}`;
    if (sums === this.sums) return;
    this.sums = sums;
    this.soon();
  }

  /** At midnight, in the project's time zone, what was spent today is nothing again, and no fact says so. */
  turnDay(now: number): void {
    const known = /\d{4}-\d{2}-\d{2}$/.exec(this.account("day")?.account ?? "")?.[0];
    const day = dayIn(this.money?.time_zone ?? "UTC", now);
    if (!known || !day || known >= day) return;
    if (this.looked.day !== day) this.looked = { day, times: 0 };
    if (this.looked.times >= MOST_LOOKS) return;
    this.looked.times += 1;
    void this.read();
    this.moved();
  }

  private soon(): void {
    if (this.timer) return;
    const wait = Math.max(0, this.readAt + PACE_MS - performance.now());
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      void this.read();
      this.moved();
    }, wait);
  }

  private async read(): Promise<void> {
    this.readAt = performance.now();
    try {
      this.take(await getMoney());
    } catch (error) {
      this.problem = asProblem(error);
      this.host.requestUpdate();
    }
  }
}

/** `2026-11-21`; empty where this browser does not know the zone. */
function dayIn(timeZone: string, now: number): string {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(now);
  } catch {
    return "";
  }
}
