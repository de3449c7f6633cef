/** The rows of the runs page: live ones and fetched ones, brought together under the filter of the address. */

import { listRuns, type RunFilter } from "../../api.ts";
import { RUN_STATUSES, type RunView } from "../../contracts.ts";
import type { RunsStore } from "../../live/runs-store.ts";
import { queryValue } from "../../router.ts";

export function filterOfAddress(): RunFilter {
  return {
    status: RUN_STATUSES.find((status) => status === queryValue("status")) ?? "",
    suite: queryValue("suite"),
    model: queryValue("model"),
    search: queryValue("search"),
  };
}

/** Fetches pages of runs under one filter, and remembers which runs the server found. */
export class Listing {
  loading = false;
  nextCursor = "";
  private readonly found = new Set<string>();

  constructor(readonly filter: RunFilter) {}

  async load(store: RunsStore): Promise<void> {
    this.loading = true;
    try {
      const page = await listRuns(this.filter, this.nextCursor);
      for (const run of page.items) this.found.add(run.run_id);
      this.nextCursor = page.next_cursor;
      store.add(page.items);
    } finally {
      this.loading = false;
    }
  }

  rows(store: RunsStore): RunView[] {
    return store.runs.filter((run) => this.shows(run));
  }

  /** The server's search may know more than ours, so what it found stays for as long as its status fits. */
  private shows(run: RunView): boolean {
    const { status, suite, model, search } = this.filter;
    if (status && run.status !== status) return false;
    if (this.found.has(run.run_id)) return true;
    if (suite && run.suite !== suite) return false;
    if (model && !run.models.includes(model)) return false;
    return !search || hay(run).includes(search.toLowerCase());
  }
}

function hay(run: RunView): string {
  return [run.run_id, run.name, run.suite, ...run.models, ...run.task_ids].join(" ").toLowerCase();
}
