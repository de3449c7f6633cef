/** Loads the warnings that precede the snapshot of a run, once per store. */

import { listRunFacts } from "../../api.ts";
import type { RunStore } from "../../live/run-store.ts";

/** More than a run has; facts about attempts are not included. */
const MAX_FACTS = 1_000;

export class WarningHistory {
  private readonly requested = new WeakSet<RunStore>();

  constructor(private readonly onChange: () => void) {}

  async load(store: RunStore | null): Promise<void> {
    if (!store?.run || this.requested.has(store)) return;
    this.requested.add(store);
    try {
      store.addHistory(await listRunFacts(store.run.run_id, 0, MAX_FACTS));
      this.onChange();
    } catch {
      // The page works without them, and new warnings arrive live.
    }
  }
}
