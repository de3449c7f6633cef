/** The filter over a run's attempts, as the address holds it. */

import type { AttemptView } from "../../contracts.ts";
import { queryValue } from "../../router.ts";

export interface AttemptFilter {
  state: string;
  outcome: string;
  model: string;
  task: string;
}

export const NO_FILTER: AttemptFilter = { state: "", outcome: "", model: "", task: "" };

export function filterOfAddress(): AttemptFilter {
  return {
    state: queryValue("state"),
    outcome: queryValue("outcome"),
    model: queryValue("model"),
    task: queryValue("task"),
  };
}

export function filtered(attempts: AttemptView[], filter: AttemptFilter): AttemptView[] {
  if (!Object.values(filter).some(Boolean)) return attempts;
  return attempts.filter(
    (attempt) =>
      (!filter.state || attempt.state === filter.state) &&
      (!filter.outcome || attempt.outcome === filter.outcome) &&
      (!filter.model || attempt.model === filter.model) &&
      (!filter.task || attempt.task_id === filter.task),
  );
}
