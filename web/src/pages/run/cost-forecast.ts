/** Forecast of a run's final cost, from its finished attempts and the money held for the others. */

import type { AttemptView, RunView, Usd } from "../../contracts.ts";
import { formatNano, parseNano } from "../../format/money.ts";

/** `expected` is from each model's mean cost, `worstCase` from its largest hold. Null: not known yet. */
export interface CostForecast {
  expected: Usd | null;
  worstCase: Usd | null;
}

interface ModelTotals {
  /** Attempts that are not executed yet. */
  open: bigint;
  /** Open attempts without a hold. */
  idle: bigint;
  done: bigint;
  spent: bigint;
}

/** `holds` is the largest hold seen per model, in nano-USD. */
export function costForecast(run: RunView, attempts: AttemptView[], holds: ReadonlyMap<string, bigint>): CostForecast {
  const { cost_usd, held_usd } = run.progress;
  const totals = [...totalsByModel(attempts)];
  const expected = totals.map(([, { open, done, spent }]) =>
    open === 0n ? 0n : done === 0n ? null : (spent / done) * open,
  );
  const worstCase = totals.map(([model, { idle, done, spent }]) => {
    const hold = holds.get(model) ?? (done > 0n && spent === 0n ? 0n : null);
    return idle === 0n ? 0n : hold === null ? null : hold * idle;
  });
  const limit = run.limits.cost_usd;
  return {
    expected: capAtLimit(sumKnown(parseNano(cost_usd), expected), limit),
    worstCase: capAtLimit(sumKnown(parseNano(cost_usd) + parseNano(held_usd), worstCase), limit),
  };
}

function totalsByModel(attempts: AttemptView[]): Map<string, ModelTotals> {
  const totals = new Map<string, ModelTotals>();
  for (const attempt of attempts) {
    if (attempt.reused_from) continue;
    const model = totals.get(attempt.model) ?? { open: 0n, idle: 0n, done: 0n, spent: 0n };
    if (!["executed", "grading", "done"].includes(attempt.state)) {
      model.open += 1n;
      if (parseNano(attempt.held_usd) === 0n) model.idle += 1n;
    } else if (attempt.tries > 0) {
      model.done += 1n;
      model.spent += parseNano(attempt.cost_usd);
    }
    totals.set(attempt.model, model);
  }
  return totals;
}

function sumKnown(start: bigint, parts: (bigint | null)[]): Usd | null {
  let sum = start;
  for (const part of parts) {
    if (part === null) return null;
    sum += part;
  }
  return formatNano(sum);
}

/** A run cannot spend more than its limit. */
function capAtLimit(amount: Usd | null, limit: Usd | null): Usd | null {
  if (amount === null || limit === null) return amount;
  return parseNano(amount) > parseNano(limit) ? limit : amount;
}
