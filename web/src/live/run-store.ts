/** Topic `run:<id>`: one run and all its attempts, kept from a snapshot and the facts after it. */

import type { AttemptView, RunView } from "../contracts.ts";
import type { Fact, FactFrame, RunSnapshot, Snapshot } from "./frames.ts";
import type { Store, Taken } from "./store.ts";

export class RunStore implements Store {
  cursor: number | null = null;
  run: RunView | null = null;
  /** Counts changes of any row, so that what is derived from the rows can be kept until then. */
  version = 0;
  private readonly rows = new Map<string, AttemptView>();
  private list: AttemptView[] = [];
  private listed = -1;

  /** Every attempt, by ordinal. The same array until a row changes. */
  get attempts(): AttemptView[] {
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
    for (const attempt of attempts) this.rows.set(attempt.attempt_id, attempt);
    this.version += 1;
  }

  fact(frame: FactFrame): Taken {
    const { sequence, data } = frame.event;
    if (this.cursor === null || this.run === null || sequence <= this.cursor) return "stale";
    const taken = sequence === this.cursor + 1 ? "applied" : "gap";
    this.cursor = sequence;
    this.apply(data, sequence, this.run);
    return taken;
  }

  /** Takes rows read elsewhere that no snapshot brought; what is known stays. */
  add(attempts: AttemptView[]): void {
    for (const row of attempts) if (!this.rows.has(row.attempt_id)) this.rows.set(row.attempt_id, row);
    this.version += 1;
  }

  private apply(data: Fact, sequence: number, run: RunView): void {
    if ("run" in data) {
      this.run = { ...data.run, sequence };
      if (data.type === "run.cancelled") this.cancelRest(data.run.finished_at ?? data.run.created_at);
      return;
    }
    this.run = { ...run, progress: data.progress, sequence };
    this.rows.set(data.attempt.attempt_id, data.attempt);
    this.version += 1;
  }

  /** A cancelled run has no attempt that is not done; the fact says so once for all of them. */
  private cancelRest(changedAt: string): void {
    for (const [id, row] of this.rows) {
      if (row.state === "done") continue;
      this.rows.set(id, { ...row, state: "done", outcome: "cancelled", changed_at: changedAt });
    }
    this.version += 1;
  }
}
