/** Loads the attempts that do not fit into a snapshot, page by page, once per store. */

import { listAttempts } from "../../api.ts";
import type { RunStore } from "../../live/run-store.ts";
import { notifyFailure } from "../../shell/toast.ts";

export class RemainingAttempts {
  private loading = false;
  private readonly done = new WeakSet<RunStore>();

  constructor(private readonly onChange: () => void) {}

  async load(store: RunStore | null): Promise<void> {
    if (!store?.run || this.loading || this.done.has(store)) return;
    if (store.attempts.length >= store.run.progress.total) return;
    this.loading = true;
    try {
      await this.loadPages(store, store.run.run_id);
    } catch (error) {
      notifyFailure("Cannot load all attempts", error);
    }
    this.done.add(store);
    this.loading = false;
  }

  private async loadPages(store: RunStore, runId: string): Promise<void> {
    let cursor = "";
    do {
      const page = await listAttempts(runId, cursor);
      store.addMissing(page.items);
      this.onChange();
      cursor = page.next_cursor;
    } while (cursor);
  }
}
