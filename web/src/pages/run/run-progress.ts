/** Elapsed and remaining time of a run, and what its status means. */

import type { Progress, RunView } from "../../contracts.ts";
import { secondsBetween } from "../../format/time.ts";

/** Seconds from the first claim to the end of the run, or to now. */
export function elapsedSeconds(run: RunView, now = Date.now()): number {
  return run.started_at ? secondsBetween(run.started_at, run.finished_at, now) : 0;
}

/** Seconds left at the pace so far, not counting reused results; null if the pace is unknown or nothing is left. */
export function remainingSeconds(run: RunView, now = Date.now()): number | null {
  const { done, reused, total } = run.progress;
  const executed = done - reused;
  if (run.status !== "running" || executed === 0 || done === total) return null;
  return (elapsedSeconds(run, now) / executed) * (total - done);
}

export function hasEnded({ status }: RunView): boolean {
  return status === "finished" || status === "cancelled";
}

/** Finished attempts without a score: they are no evidence about their model, and a retry repeats them. A `limit` has
 * none if a money limit caused it. */
export function unscoredAttempts({ outcomes, over_budget }: Progress): number {
  return erroredAttempts({ outcomes, over_budget }) + (outcomes.needs_review ?? 0);
}

/** Of those, the attempts that do not wait for a person. */
export function erroredAttempts({ outcomes, over_budget }: Pick<Progress, "outcomes" | "over_budget">): number {
  const { infra_error = 0, cancelled = 0 } = outcomes;
  return infra_error + cancelled + over_budget;
}
