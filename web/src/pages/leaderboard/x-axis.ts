/** The x axis of the score chart: cost per attempt, or time if all attempts were free. */

import type { BoardRow } from "../../contracts.ts";
import { dollars, toNumber } from "../../format/money.ts";
import { duration } from "../../format/time.ts";

export interface XAxis {
  title: string;
  label: string;
  unit: "$" | "s";
  value(row: BoardRow): number;
  format(row: BoardRow): string;
}

const COST: XAxis = {
  title: "Score against cost per attempt",
  label: "US dollars per attempt",
  unit: "$",
  value: (row) => toNumber(row.cost_per_attempt_usd),
  format: (row) => dollars(row.cost_per_attempt_usd),
};

const TIME: XAxis = {
  title: "Score against time per attempt",
  label: "seconds per attempt (all were free)",
  unit: "s",
  value: (row) => row.duration_seconds,
  format: (row) => duration(row.duration_seconds),
};

export function xAxisFor(rows: BoardRow[]): XAxis {
  return rows.some((row) => COST.value(row) > 0) ? COST : TIME;
}
