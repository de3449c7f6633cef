/** Topic `run:<id>`: one run and all its attempts, kept from a snapshot and the facts after it. */

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
import { nano } from "../format/money.ts";
import type { Store, Taken } from "./store.ts";

/** An attempt as the table shows it: `recalled` says why it waits again, until it moves on. */
export interface Row extends AttemptView {
  recalled?: string;
}

/** A warning that came; `fresh` when it came while one was looking. */
export interface Warning extends Omit<RunWarned, "type" | "run"> {
  sequence: number;
  fresh: boolean;
}

/** Facts after which a run that was stalled still is. */
const SAYS_NO_CHANGE = new Set(["run.stalled", "run.warned", "run.changed"]);

export class RunStore implements Store {
  cursor: number | null = null;
  run: RunView | null = null;
  /** Counts changes of any row, so that what is derived from the rows can be kept until then. */
  version = 0;
  /** By sequence. */
  warnings: Warning[] = [];
  /** Why nothing moves, since when it was said; null when something does. */
  stalled: { seconds: number; reason: string } | null = null;
  /** The largest hold seen for an attempt of each model, in nano-USD: what an attempt of it may cost at most. */
  readonly holds = new Map<string, bigint>();
  private readonly rows = new Map<string, Row>();
  private list: Row[] = [];
  private listed = -1;

  /** Every attempt, by ordinal. The same array until a row changes. */
  get attempts(): Row[] {
    if (this.listed !== this.version) {
      this.list = [...this.rows.values()].sort((a, b) => a.ordinal - b.ordinal);
      this.listed = this.version;
    }
    return this.list;
  }

  snapshot(frame: Snapshot): void {
    const { run, attempts } = frame.data as RunSnapshot;
    this.run = run;
    this.cursor = frame.cursor;
    this.rows.clear();
    for (const attempt of attempts) this.put(attempt);
    this.version += 1;
  }

  fact(frame: FactFrame): Taken {
    const { sequence, data } = frame.event;
    if (this.cursor === null || this.run === null || sequence <= this.cursor) return "stale";
    const taken = sequence === this.cursor + 1 ? "applied" : "gap";
    this.cursor = sequence;
    this.apply(data, frame.event, this.run);
    return taken;
  }

  /** Takes rows read elsewhere that no snapshot brought; what is known stays. */
  add(attempts: AttemptView[]): void {
    for (const row of attempts) if (!this.rows.has(row.attempt_id)) this.put(row);
    this.version += 1;
  }

  /** Takes what was warned of before the snapshot, from the facts about the run up to it. */
  recall(events: Event[]): void {
    const known = events.filter((event) => this.cursor !== null && event.sequence <= this.cursor);
    for (const { sequence, data } of known) if (data.type === "run.warned") this.warned(data, sequence, false);
    const last = known.filter(({ data }) => data.type === "run.stalled" || !SAYS_NO_CHANGE.has(data.type)).at(-1);
    if (last?.data.type !== "run.stalled" || this.cursor === null) return;
    const since = known.filter(({ sequence }) => sequence >= last.sequence);
    if (since.length === this.cursor - last.sequence + 1) this.stall(last.data);
  }

  private apply(data: Fact, { sequence, time }: Event, run: RunView): void {
    if (!SAYS_NO_CHANGE.has(data.type)) this.stalled = null;
    if ("run" in data) {
      this.run = { ...data.run, sequence };
      this.turned(data, sequence, time);
      return;
    }
    this.run = { ...run, progress: data.progress, sequence };
    const recalled = data.type === "attempt.recalled" ? { recalled: data.cause } : {};
    this.put({ ...data.attempt, ...recalled });
    this.version += 1;
  }

  private put(row: Row): void {
    this.rows.set(row.attempt_id, row);
    const held = nano(row.held_usd);
    if (held > (this.holds.get(row.model) ?? 0n)) this.holds.set(row.model, held);
  }

  private turned(data: Extract<Fact, { run: RunView }>, sequence: number, time: Instant): void {
    if (data.type === "run.warned") this.warned(data, sequence, true);
    else if (data.type === "run.stalled") this.stall(data);
    else if (data.type === "run.cancelling") {
      this.run = { ...data.run, progress: withoutIdle(data.run.progress), sequence };
      this.cancelRest(["waiting", "queued"], time);
    } else if (data.type === "run.cancelled") this.cancelRest(null, time);
  }

  private warned({ type, run, ...told }: RunWarned, sequence: number, fresh: boolean): void {
    if (this.warnings.some((warning) => warning.sequence === sequence)) return;
    const warnings = [...this.warnings, { ...told, sequence, fresh }];
    this.warnings = warnings.sort((one, other) => one.sequence - other.sequence);
  }

  private stall({ seconds, reason }: RunStalled): void {
    this.stalled = { seconds, reason };
  }

  /** Attempts that are not done (or in `states` alone) ended with the run; its fact says so once for all of them. */
  private cancelRest(states: State[] | null, changedAt: string): void {
    for (const [id, row] of this.rows) {
      if (row.state === "done" || (states && !states.includes(row.state))) continue;
      this.rows.set(id, { ...row, state: "done", outcome: "cancelled", held_usd: "0", changed_at: changedAt });
    }
    this.version += 1;
  }
}

/** What was not begun when a run was cancelled is cancelled, though no fact of its own says so. */
function withoutIdle(progress: Progress): Progress {
  const idle = progress.waiting + progress.queued;
  const outcomes = idle
    ? { ...progress.outcomes, cancelled: (progress.outcomes.cancelled ?? 0) + idle }
    : progress.outcomes;
  return { ...progress, waiting: 0, queued: 0, done: progress.done + idle, outcomes };
}
