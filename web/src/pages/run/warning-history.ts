/** What was warned of before one came to look: the facts about a run are read once, when its snapshot is there. */

import { listRunFacts } from "../../api.ts";
import type { RunStore } from "../../live/run-store.ts";

/** Far more than become true of one run; its attempts' facts are not among them. */
const MOST = 1_000;

export class Past {
  private readonly asked = new WeakSet<RunStore>();

  constructor(private readonly changed: () => void) {}

  async recall(store: RunStore | null): Promise<void> {
    if (!store?.run || this.asked.has(store)) return;
    this.asked.add(store);
    try {
      store.recall(await listRunFacts(store.run.run_id, 0, MOST));
      this.changed();
    } catch {
      // Without them the page says what the figures say; what happens from now on is heard all the same.
    }
  }
}
