import { expect, test } from "vitest";
import type { AttemptView } from "../src/contracts.ts";
import { costForecast } from "../src/pages/run/cost-forecast.ts";
import { attempt, progress, run } from "./fixtures.ts";

const LIMITS = { seconds: 60, concurrency: 0, no_progress_seconds: 60 };

function attemptOf(model: string, state: AttemptView["state"], cost: string, held = "0"): AttemptView {
  return { ...attempt(0, state), model, cost_usd: cost, held_usd: held };
}

function spent(cost_usd: string, held_usd: string, limit: string | null = null) {
  return run(1, { progress: { ...progress(0), cost_usd, held_usd }, limits: { ...LIMITS, cost_usd: limit } });
}

test("open attempts are forecast at the mean cost, or at the largest hold in the worst case", () => {
  const rows = [
    attemptOf("paid", "done", "0.02"),
    attemptOf("paid", "executed", "0.04"),
    attemptOf("paid", "running", "0", "0.1"),
    attemptOf("paid", "waiting", "0"),
    attemptOf("free", "done", "0"),
    attemptOf("free", "waiting", "0"),
  ];
  const forecast = costForecast(spent("0.06", "0.1"), rows, new Map([["paid", 100_000_000n]]));
  expect(forecast).toEqual({ expected: "0.12", worstCase: "0.26" });
});

test("nothing is known about a model without finished attempts", () => {
  const rows = [attemptOf("paid", "done", "0.02"), attemptOf("new", "waiting", "0")];
  expect(costForecast(spent("0.02", "0"), rows, new Map())).toEqual({ expected: null, worstCase: null });
});

test("a past cost does not bound the worst case", () => {
  const rows = [attemptOf("paid", "done", "0.02"), attemptOf("paid", "waiting", "0")];
  expect(costForecast(spent("0.02", "0"), rows, new Map())).toEqual({ expected: "0.04", worstCase: null });
});

test("the forecast is capped at the limit, and reused results are free", () => {
  const reused = { ...attemptOf("paid", "done", "0"), reused_from: "r0-1" };
  const rows = [
    reused,
    attemptOf("paid", "done", "0.5"),
    attemptOf("paid", "waiting", "0"),
    attemptOf("paid", "waiting", "0"),
  ];
  const forecast = costForecast(spent("0.5", "0", "1"), rows, new Map([["paid", 1_000_000_000n]]));
  expect(forecast).toEqual({ expected: "1", worstCase: "1" });
});
