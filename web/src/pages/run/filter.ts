/** The filter of a run's attempts, kept in the URL. */

import type { AttemptView } from "../../contracts.ts";
import { queryParam } from "../../router.ts";

export interface AttemptFilter {
  state: string;
  outcome: string;
  model: string;
  task: string;
  /** "yes": only attempts with audit flags. */
  flagged: string;
}

export const NO_FILTER: AttemptFilter = { state: "", outcome: "", model: "", task: "", flagged: "" };

export function filterFromUrl(): AttemptFilter {
  return {
    state: queryParam("state"),
    outcome: queryParam("outcome"),
    model: queryParam("model"),
    task: queryParam("task"),
    flagged: queryParam("flagged"),
  };
}

export function applyFilter(attempts: AttemptView[], filter: AttemptFilter): AttemptView[] {
  if (!Object.values(filter).some(Boolean)) return attempts;
  return attempts.filter(
    (attempt) =>
      (!filter.state || attempt.state === filter.state) &&
      (!filter.outcome || attempt.outcome === filter.outcome) &&
      (!filter.model || attempt.model === filter.model) &&
      (!filter.task || attempt.task_id === filter.task) &&
      (!filter.flagged || attempt.flag_count > 0),
  );
}
