/** Topic `run:<id>`: one run and all its attempts, built from a snapshot and the facts that follow it. */

import type {
  AttemptView,
  Event,
  Fact,
  FactFrame,
  Instant,
  Progress,
  RunSnapshot,
  RunStalled,
  RunView,
  RunWarned,
  Snapshot,
  State,
} from "../contracts.ts";
import { parseNano } from "../format/money.ts";
import type { FactResult, Store } from "./store.ts";

/** An attempt in the table. `recallCause` is why it was recalled to waiting, until it is queued again. */
export interface AttemptRow extends AttemptView {
  recallCause?: string;
}

/** A warning; `live` if it arrived while the page was open. */
export interface BudgetWarning extends Omit<RunWarned, "type" | "run"> {
  sequence: number;
  live: boolean;
}

/** Facts that do not end a stall. */
const NOT_PROGRESS = new Set(["run.stalled", "run.warned", "run.changed"]);

export class RunStore implements Store {
  cursor: number | null = null;
  run: RunView | null = null;
  /** Incremented whenever a row changes; derived data is cached by it. */
  version = 0;
  /** Sorted by sequence. */
  warnings: BudgetWarning[] = [];
  /** Set while the run is stalled. */
  stalled: { seconds: number; reason: string } | null = null;
  /** The largest hold seen per model, in nano-USD: the worst case of an attempt. */
  readonly largestHolds = new Map<string, bigint>();
  private readonly rows = new Map<string, AttemptRow>();
  private sortedRows: AttemptRow[] = [];
  private sortedVersion = -1;

  /** Every attempt, by ordinal. The same array until a row changes. */
  get attempts(): AttemptRow[] {
    if (this.sortedVersion !== this.version) {
      this.sortedRows = [...this.rows.values()].sort((a, b) => a.ordinal - b.ordinal);
      this.sortedVersion = this.version;
    }
    return this.sortedRows;
  }

  snapshot(frame: Snapshot): void {
    const { run, attempts } = frame.data as RunSnapshot;
    this.run = run;
    this.cursor = frame.cursor;
    this.rows.clear();
    for (const attempt of attempts) this.setRow(attempt);
    this.version += 1;
  }

  fact(frame: FactFrame): FactResult {
    const { sequence, data } = frame.event;
    if (this.cursor === null || this.run === null || sequence <= this.cursor) return "stale";
    const result = sequence === this.cursor + 1 ? "applied" : "gap";
    this.cursor = sequence;
    this.apply(data, frame.event, this.run);
    return result;
  }

  /** Adds rows fetched over HTTP; rows that are already there are newer. */
  addMissing(attempts: AttemptView[]): void {
    for (const row of attempts) if (!this.rows.has(row.attempt_id)) this.setRow(row);
    this.version += 1;
  }

  /** Restores warnings and a stall from the facts about the run that precede the snapshot. */
  addHistory(events: Event[]): void {
    const past = events.filter((event) => this.cursor !== null && event.sequence <= this.cursor);
    for (const { sequence, data } of past) if (data.type === "run.warned") this.addWarning(data, sequence, false);
    const last = past.filter(({ data }) => data.type === "run.stalled" || !NOT_PROGRESS.has(data.type)).at(-1);
    if (last?.data.type !== "run.stalled" || this.cursor === null) return;
    const since = past.filter(({ sequence }) => sequence >= last.sequence);
    if (since.length === this.cursor - last.sequence + 1) this.setStalled(last.data);
  }

  private apply(data: Fact, { sequence, time }: Event, run: RunView): void {
    if (!NOT_PROGRESS.has(data.type)) this.stalled = null;
    if ("run" in data) {
      this.run = { ...data.run, sequence };
      this.applyRunFact(data, sequence, time);
      return;
    }
    this.run = { ...run, progress: data.progress, sequence };
    const recallCause = data.type === "attempt.recalled" ? { recallCause: data.cause } : {};
    this.setRow({ ...data.attempt, ...recallCause });
    this.version += 1;
  }

  private setRow(row: AttemptRow): void {
    this.rows.set(row.attempt_id, row);
    const held = parseNano(row.held_usd);
    if (held > (this.largestHolds.get(row.model) ?? 0n)) this.largestHolds.set(row.model, held);
  }

  private applyRunFact(data: Extract<Fact, { run: RunView }>, sequence: number, time: Instant): void {
    if (data.type === "run.warned") this.addWarning(data, sequence, true);
    else if (data.type === "run.stalled") this.setStalled(data);
    else if (data.type === "run.cancelling") {
      this.run = { ...data.run, progress: withIdleCancelled(data.run.progress), sequence };
      this.cancelOpenAttempts(["waiting", "queued"], time);
    } else if (data.type === "run.cancelled") this.cancelOpenAttempts(null, time);
  }

  private addWarning({ type, run, ...warning }: RunWarned, sequence: number, live: boolean): void {
    if (this.warnings.some((warning) => warning.sequence === sequence)) return;
    const warnings = [...this.warnings, { ...warning, sequence, live }];
    this.warnings = warnings.sort((a, b) => a.sequence - b.sequence);
  }

  private setStalled({ seconds, reason }: RunStalled): void {
    this.stalled = { seconds, reason };
  }

  /** Cancels all open attempts, or those in `states`: they have no facts of their own. */
  private cancelOpenAttempts(states: State[] | null, changedAt: string): void {
    for (const [id, row] of this.rows) {
      if (row.state === "done" || (states && !states.includes(row.state))) continue;
      this.rows.set(id, { ...row, state: "done", outcome: "cancelled", held_usd: "0", changed_at: changedAt });
    }
    this.version += 1;
  }
}

/** Waiting and queued attempts count as cancelled; they have no facts of their own. */
function withIdleCancelled(progress: Progress): Progress {
  const idle = progress.waiting + progress.queued;
  const outcomes = idle
    ? { ...progress.outcomes, cancelled: (progress.outcomes.cancelled ?? 0) + idle }
    : progress.outcomes;
  return { ...progress, waiting: 0, queued: 0, done: progress.done + idle, outcomes };
}
