/** Money on the wire, as `assay/contracts/{money,spending}.py` and the requests about money define it. */

import type { Usage } from "./contracts.ts";

/** US dollars as an exact decimal string. */
export type Usd = string;

export const ACCOUNT_KINDS = ["run", "day", "project", "judge", "excess"] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export const COSTS_BY = ["call", "task", "model", "day", "run"] as const;
export type CostBy = (typeof COSTS_BY)[number];

export interface PriceTier {
  above_input_tokens: number;
  input_nanousd_per_mtok: number;
  cached_nanousd_per_mtok: number | null;
  output_nanousd_per_mtok: number;
  reasoning_nanousd_per_mtok: number | null;
}

export interface Price {
  version: string;
  local: boolean;
  input_nanousd_per_mtok: number;
  cached_nanousd_per_mtok: number | null;
  output_nanousd_per_mtok: number;
  reasoning_nanousd_per_mtok: number | null;
  tiers: PriceTier[];
}

export interface TokenPrice {
  input_usd_per_mtok: Usd;
  output_usd_per_mtok: Usd;
  cached_usd_per_mtok: Usd | null;
  reasoning_usd_per_mtok: Usd | null;
}

export interface AccountView {
  account: string;
  kind: AccountKind;
  limit_usd: Usd | null;
  spent_usd: Usd;
  held_usd: Usd;
  left_usd: Usd | null;
}

export interface Quote {
  attempts: number;
  reused: number;
  estimated_usd: Usd;
  worst_usd: Usd;
  from_history: boolean;
  accounts: AccountView[];
  fits: boolean;
  refusal: string;
}

export interface Money {
  project: string;
  time_zone: string;
  accounts: AccountView[];
}

export interface CostRow {
  label: string;
  calls: number;
  usage: Usage;
  cost_usd: Usd;
  estimated_usd: Usd;
  superseded_usd: Usd;
  recosted_usd: Usd | null;
}

export interface Costs {
  rows: CostRow[];
  total: CostRow;
  judge_usd: Usd;
  excess_usd: Usd;
  since: string | null;
  until: string | null;
  next_cursor: string;
}

/** A model's price, or why it has none. */
export interface ModelPrice {
  model: string;
  price: Price | null;
  reason: string;
}
