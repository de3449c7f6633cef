/** How long a run has been at it, and how long it will be. */

import type { RunView } from "../../contracts.ts";
import { between } from "../../format/time.ts";

/** Seconds from the first claim to the end, or to now. */
export function elapsed(run: RunView, now = Date.now()): number {
  return run.started_at ? between(run.started_at, run.finished_at, now) : 0;
}

/** Seconds left at the pace so far, which results taken over are no part of; null before there is a pace, or when nothing is left. */
export function remaining(run: RunView, now = Date.now()): number | null {
  const { done, reused, total } = run.progress;
  const made = done - reused;
  if (run.status !== "running" || made === 0 || done === total) return null;
  return (elapsed(run, now) / made) * (total - done);
}

export function ended({ status }: RunView): boolean {
  return status === "finished" || status === "cancelled";
}

/** Attempts that another try may end better: they say nothing about their model. */
export function retriable({ progress }: RunView): number {
  const { limit = 0, infra_error = 0, cancelled = 0, needs_review = 0 } = progress.outcomes;
  return limit + infra_error + cancelled + needs_review;
}
