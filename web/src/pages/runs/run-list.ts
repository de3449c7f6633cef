/** The rows of the runs page: live and fetched runs that match the filter in the URL. */

import { listRuns, type RunFilter } from "../../api.ts";
import { RUN_STATUSES, type RunView } from "../../contracts.ts";
import type { RunsStore } from "../../live/runs-store.ts";
import { queryParam } from "../../router.ts";

export function filterFromUrl(): RunFilter {
  return {
    status: RUN_STATUSES.find((status) => status === queryParam("status")) ?? "",
    suite: queryParam("suite"),
    model: queryParam("model"),
    search: queryParam("search"),
  };
}

/** Fetches pages of runs that match a filter, and remembers which runs the server returned. */
export class RunList {
  loading = false;
  nextCursor = "";
  private readonly returnedByServer = new Set<string>();

  constructor(readonly filter: RunFilter) {}

  async load(store: RunsStore): Promise<void> {
    this.loading = true;
    try {
      const page = await listRuns(this.filter, this.nextCursor);
      for (const run of page.items) this.returnedByServer.add(run.run_id);
      this.nextCursor = page.next_cursor;
      store.add(page.items);
    } finally {
      this.loading = false;
    }
  }

  rows(store: RunsStore): RunView[] {
    return store.runs.filter((run) => this.matches(run));
  }

  /** The server searches more fields than this, so runs that it returned are shown while their status matches. */
  private matches(run: RunView): boolean {
    const { status, suite, model, search } = this.filter;
    if (status && run.status !== status) return false;
    if (this.returnedByServer.has(run.run_id)) return true;
    if (suite && run.suite !== suite) return false;
    if (model && !run.models.includes(model)) return false;
    return !search || searchText(run).includes(search.toLowerCase());
  }
}

function searchText(run: RunView): string {
  return [run.run_id, run.name, run.suite, ...run.models, ...run.task_ids].join(" ").toLowerCase();
}
