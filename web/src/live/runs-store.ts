/** Topic `runs`: the newest runs, and older ones that were fetched over HTTP, with their progress. */

import type { FactFrame, RunsSnapshot, RunView, Snapshot } from "../contracts.ts";
import type { FactResult, Store } from "./store.ts";

export class RunsStore implements Store {
  readonly cursor = null;
  /** Number of snapshots received; every one after the first follows a reconnect. */
  snapshots = 0;
  private readonly byId = new Map<string, RunView>();

  /** Newest first. */
  get runs(): RunView[] {
    return [...this.byId.values()].sort((a, b) => (a.run_id < b.run_id ? 1 : -1));
  }

  find(runId: string): RunView | undefined {
    return this.byId.get(runId);
  }

  snapshot(frame: Snapshot): void {
    this.add((frame.data as RunsSnapshot).runs);
    this.snapshots += 1;
  }

  /** Adds runs fetched over HTTP, unless the current row is newer. */
  add(runs: RunView[]): void {
    for (const run of runs) {
      const known = this.byId.get(run.run_id);
      if (!known || known.sequence <= run.sequence) this.byId.set(run.run_id, run);
    }
  }

  fact(frame: FactFrame): FactResult {
    const { runid, sequence, data } = frame.event;
    const known = this.byId.get(runid);
    if (known && sequence <= known.sequence) return "stale";
    if ("run" in data) this.byId.set(runid, { ...data.run, sequence });
    else if (known) this.byId.set(runid, { ...known, progress: data.progress, sequence });
    else return "stale";
    return "applied";
  }
}
