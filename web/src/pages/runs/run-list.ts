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
  /** How many runs matched when the newest was `newest`. */
  private total = 0;
  private newest = "";
  private readonly returnedByServer = new Set<string>();

  constructor(readonly filter: RunFilter) {}

  async load(store: RunsStore): Promise<void> {
    this.loading = true;
    try {
      const page = await listRuns(this.filter, this.nextCursor);
      for (const run of page.items) this.returnedByServer.add(run.run_id);
      this.newest ||= page.items[0]?.run_id ?? "";
      this.total = page.total;
      this.nextCursor = page.next_cursor;
      store.add(page.items);
    } finally {
      this.loading = false;
    }
  }

  rows(store: RunsStore): RunView[] {
    return store.runs.filter((run) => this.matches(run));
  }

  /** The number of matching runs, also of those that are not listed yet. */
  count(store: RunsStore): number {
    const rows = this.rows(store);
    if (!this.nextCursor) return rows.length;
    return this.total + rows.filter((run) => run.run_id > this.newest).length;
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
