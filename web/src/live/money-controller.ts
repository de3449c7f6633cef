/** The project's accounts, fetched again when the totals of all runs change, at most every `MIN_REFRESH_MS`. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { asProblem, getMoney } from "../api.ts";
import type { AccountKind, AccountView, Money, Problem, RunView, Usd } from "../contracts.ts";
import { parseNano } from "../format/money.ts";
import type { RunsStore } from "./runs-store.ts";

const MIN_REFRESH_MS = 1_500;
const DAY_CHECK_MS = 20_000;
/** The server's clock may be behind this machine's, so the new day may not be there at first. */
const MAX_DAY_REFRESHES = 5;

export class MoneyController implements ReactiveController {
  money: Money | null = null;
  problem: Problem | null = null;
  private totals = "";
  private timer = 0;
  private dayTimer = 0;
  private dayRefreshes = { day: "", times: 0 };
  private refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly onRefresh: () => void = () => {},
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    void this.refresh();
    this.dayTimer = window.setInterval(() => this.refreshOnNewDay(Date.now()), DAY_CHECK_MS);
  }

  hostDisconnected(): void {
    window.clearInterval(this.dayTimer);
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  account(kind: AccountKind): AccountView | null {
    return this.money?.accounts.find((account) => account.kind === kind) ?? null;
  }

  /** Sets the answer to a change of limits. */
  setMoney(money: Money): void {
    this.money = money;
    this.problem = null;
    this.host.requestUpdate();
  }

  /** Schedules a refresh if the money spent or held by all runs has changed. */
  onRunsChanged(store: RunsStore | null): void {
    if (!store || store.snapshots === 0) return;
    const total = (amount: (run: RunView) => Usd) => store.runs.reduce((sum, run) => sum + parseNano(amount(run)), 0n);
    const totals = `${total((run) => run.progress.cost_usd)} ${total((run) => run.progress.held_usd)}`;
    if (totals === this.totals) return;
    this.totals = totals;
    this.scheduleRefresh();
  }

  /** At midnight in the project's time zone the day's account starts at 0 without a fact. */
  refreshOnNewDay(now: number): void {
    const known = /\d{4}-\d{2}-\d{2}$/.exec(this.account("day")?.account ?? "")?.[0];
    const day = dateInZone(this.money?.time_zone ?? "UTC", now);
    if (!known || !day || known >= day) return;
    if (this.dayRefreshes.day !== day) this.dayRefreshes = { day, times: 0 };
    if (this.dayRefreshes.times >= MAX_DAY_REFRESHES) return;
    this.dayRefreshes.times += 1;
    void this.refresh();
    this.onRefresh();
  }

  private scheduleRefresh(): void {
    if (this.timer) return;
    const wait = Math.max(0, this.refreshedAt + MIN_REFRESH_MS - performance.now());
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      void this.refresh();
      this.onRefresh();
    }, wait);
  }

  private async refresh(): Promise<void> {
    this.refreshedAt = performance.now();
    try {
      this.setMoney(await getMoney());
    } catch (error) {
      this.problem = asProblem(error);
      this.host.requestUpdate();
    }
  }
}

/** `2026-11-21`; empty if the browser does not know the time zone. */
function dateInZone(timeZone: string, now: number): string {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(now);
  } catch {
    return "";
  }
}
