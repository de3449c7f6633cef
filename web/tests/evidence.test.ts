import { expect, test } from "vitest";
import { erroredAttempts, unscoredAttempts } from "../src/pages/run/run-progress.ts";
import { groupCells } from "../src/pages/run/score-matrix.ts";
import { passRate } from "../src/pages/runs/row.ts";
import { attempt, progress } from "./fixtures.ts";

test("the pass rate counts the attempts that a retry would not repeat", () => {
  const mixed = { ...progress(10), outcomes: { passed: 3, failed: 1, limit: 3, infra_error: 2, cancelled: 1 } };
  const counts = { ...mixed, over_budget: 2 };
  expect(unscoredAttempts(counts)).toBe(5);
  const waiting = { ...counts, outcomes: { ...counts.outcomes, needs_review: 4 } };
  expect([unscoredAttempts(waiting), erroredAttempts(waiting)]).toEqual([9, 5]);
  expect(passRate(counts)).toBe(3 / 5);
  expect(passRate({ ...counts, impossible: 2, impossible_passed: 1 })).toBe(2 / 3);
  expect(passRate({ ...progress(1), outcomes: { limit: 1 }, over_budget: 1 })).toBeNull();
});

test("the score matrix counts attempts with a score", () => {
  const limits = [0, null].map((score, at) => ({ ...attempt(at, "done"), outcome: "limit" as const, score }));
  const cell = groupCells(limits)
    .get(limits[0]?.task_id ?? "")
    ?.get(limits[0]?.model ?? "");
  expect(cell).toEqual({ total: 2, done: 2, counted: 1, scores: 0, impossible: false });
});
