/** What was warned of before one came to look: the newest facts of a run are read once, when its snapshot is there. */

import { listFacts } from "../../api.ts";
import type { RunStore } from "../../live/run-store.ts";

const NEWEST = 100;

export class Past {
  private readonly asked = new WeakSet<RunStore>();

  constructor(private readonly changed: () => void) {}

  async recall(store: RunStore | null): Promise<void> {
    if (!store?.run || this.asked.has(store)) return;
    this.asked.add(store);
    const { run_id, sequence } = store.run;
    try {
      store.recall(await listFacts(run_id, Math.max(0, sequence - NEWEST), NEWEST));
      this.changed();
    } catch {
      // Without them the page says what the figures say; what happens from now on is heard all the same.
    }
  }
}
