/** What the costs page shows, as the address holds it. */

import type { CostFilter } from "../../api.ts";
import { COSTS_BY } from "../../contracts.ts";
import { queryValue } from "../../router.ts";

export function viewOfAddress(): CostFilter {
  return {
    by: COSTS_BY.find((by) => by === queryValue("by")) ?? "model",
    run_id: queryValue("run"),
    since: day(queryValue("since")),
    until: day(queryValue("until")),
    as_of_prices: queryValue("prices").slice(0, 100),
  };
}

function day(text: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : "";
}
