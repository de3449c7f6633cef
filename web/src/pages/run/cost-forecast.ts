/** What a run will have cost when it ends, told from its attempts: what is done, and what is held for those begun. */

import type { AttemptView, RunView, Usd } from "../../contracts.ts";
import { exact, nano } from "../../format/money.ts";

/** `about` from the mean of each model's done attempts; `most` from the largest hold of each. Null: not known yet. */
export interface Outlook {
  about: Usd | null;
  most: Usd | null;
}

interface Tally {
  /** Not over yet, and of those the ones nothing is held for. */
  open: bigint;
  idle: bigint;
  done: bigint;
  spent: bigint;
}

/** `holds` has the largest hold seen for each model. */
export function outlook(run: RunView, attempts: AttemptView[], holds: ReadonlyMap<string, bigint>): Outlook {
  const { cost_usd, held_usd } = run.progress;
  const tallies = [...tally(attempts)];
  const about = tallies.map(([, { open, done, spent }]) =>
    open === 0n ? 0n : done === 0n ? null : (spent / done) * open,
  );
  const most = tallies.map(([model, { idle, done, spent }]) => {
    const hold = holds.get(model) ?? (done > 0n && spent === 0n ? 0n : null);
    return idle === 0n ? 0n : hold === null ? null : hold * idle;
  });
  const limit = run.limits.cost_usd;
  return {
    about: capped(total(nano(cost_usd), about), limit),
    most: capped(total(nano(cost_usd) + nano(held_usd), most), limit),
  };
}

function tally(attempts: AttemptView[]): Map<string, Tally> {
  const found = new Map<string, Tally>();
  for (const attempt of attempts) {
    if (attempt.reused_from) continue;
    const one = found.get(attempt.model) ?? { open: 0n, idle: 0n, done: 0n, spent: 0n };
    if (!["executed", "grading", "done"].includes(attempt.state)) {
      one.open += 1n;
      if (nano(attempt.held_usd) === 0n) one.idle += 1n;
    } else if (attempt.tries > 0) {
      one.done += 1n;
      one.spent += nano(attempt.cost_usd);
    }
    found.set(attempt.model, one);
  }
  return found;
}

function total(begun: bigint, parts: (bigint | null)[]): Usd | null {
  let sum = begun;
  for (const part of parts) {
    if (part === null) return null;
    sum += part;
  }
  return exact(sum);
}

/** No run spends more than its limit. */
function capped(amount: Usd | null, limit: Usd | null): Usd | null {
  if (amount === null || limit === null) return amount;
  return nano(amount) > nano(limit) ? limit : amount;
}
