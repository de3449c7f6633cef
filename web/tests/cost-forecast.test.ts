import { expect, test } from "vitest";
import type { AttemptView } from "../src/contracts.ts";
import { outlook } from "../src/pages/run/cost-forecast.ts";
import { attempt, progress, run } from "./fixtures.ts";

const LIMITS = { seconds: 60, concurrency: 0, no_progress_seconds: 60 };

function of(model: string, state: AttemptView["state"], cost: string, held = "0"): AttemptView {
  return { ...attempt(0, state), model, cost_usd: cost, held_usd: held };
}

function spent(cost_usd: string, held_usd: string, limit: string | null = null) {
  return run(1, { progress: { ...progress(0), cost_usd, held_usd }, limits: { ...LIMITS, cost_usd: limit } });
}

test("what is to come costs on average what was, and at worst the largest hold", () => {
  const rows = [
    of("dear", "done", "0.02"),
    of("dear", "executed", "0.04"),
    of("dear", "running", "0", "0.1"),
    of("dear", "waiting", "0"),
    of("free", "done", "0"),
    of("free", "waiting", "0"),
  ];
  const told = outlook(spent("0.06", "0.1"), rows, new Map([["dear", 100_000_000n]]));
  expect(told).toEqual({ about: "0.12", most: "0.26" });
});

test("of a model that was never asked nothing is known", () => {
  const rows = [of("dear", "done", "0.02"), of("new", "waiting", "0")];
  expect(outlook(spent("0.02", "0"), rows, new Map())).toEqual({ about: null, most: null });
});

test("a cost that was paid is no bound on what will be", () => {
  const rows = [of("dear", "done", "0.02"), of("dear", "waiting", "0")];
  expect(outlook(spent("0.02", "0"), rows, new Map())).toEqual({ about: "0.04", most: null });
});

test("it never comes to more than the limit, and what was taken over costs nothing", () => {
  const taken = { ...of("dear", "done", "0"), reused_from: "r0-1" };
  const rows = [taken, of("dear", "done", "0.5"), of("dear", "waiting", "0"), of("dear", "waiting", "0")];
  const told = outlook(spent("0.5", "0", "1"), rows, new Map([["dear", 1_000_000_000n]]));
  expect(told).toEqual({ about: "1", most: "1" });
});
