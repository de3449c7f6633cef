/** The filter of the costs page, kept in the URL. */

import type { CostFilter } from "../../api.ts";
import { COSTS_BY } from "../../contracts.ts";
import { queryParam } from "../../router.ts";

export function filterFromUrl(): CostFilter {
  return {
    by: COSTS_BY.find((by) => by === queryParam("by")) ?? "model",
    run_id: queryParam("run"),
    since: validDay(queryParam("since")),
    until: validDay(queryParam("until")),
    as_of_prices: queryParam("prices").slice(0, 100),
  };
}

function validDay(text: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : "";
}
