/** Attempts beyond what one snapshot holds are read page by page, once per snapshot. */

import { listAttempts } from "../../api.ts";
import type { RunStore } from "../../live/run-store.ts";
import { notifyFailure } from "../../shell/toast.ts";

export class Rest {
  private reading = false;
  private readonly done = new WeakSet<RunStore>();

  constructor(private readonly changed: () => void) {}

  async fetch(store: RunStore | null): Promise<void> {
    if (!store?.run || this.reading || this.done.has(store)) return;
    if (store.attempts.length >= store.run.progress.total) return;
    this.reading = true;
    try {
      await this.read(store, store.run.run_id);
    } catch (error) {
      notifyFailure("Some attempts could not be read", error);
    }
    this.done.add(store);
    this.reading = false;
  }

  private async read(store: RunStore, runId: string): Promise<void> {
    let cursor = "";
    do {
      const page = await listAttempts(runId, cursor);
      store.add(page.items);
      this.changed();
      cursor = page.next_cursor;
    } while (cursor);
  }
}
