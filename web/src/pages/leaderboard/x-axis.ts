/** What score is drawn against: cost, or time where every attempt was free and cost tells nothing apart. */

import type { BoardRow } from "../../contracts.ts";
import { approximate, dollars } from "../../format/money.ts";
import { duration } from "../../format/time.ts";

export interface Measure {
  title: string;
  axis: string;
  unit: "$" | "s";
  value(row: BoardRow): number;
  told(row: BoardRow): string;
}

const COST: Measure = {
  title: "Score against cost per attempt",
  axis: "US dollars per attempt",
  unit: "$",
  value: (row) => approximate(row.cost_per_attempt_usd),
  told: (row) => dollars(row.cost_per_attempt_usd),
};

const TIME: Measure = {
  title: "Score against time per attempt",
  axis: "seconds per attempt (all were free)",
  unit: "s",
  value: (row) => row.duration_seconds,
  told: (row) => duration(row.duration_seconds),
};

export function measureOf(rows: BoardRow[]): Measure {
  return rows.some((row) => COST.value(row) > 0) ? COST : TIME;
}
