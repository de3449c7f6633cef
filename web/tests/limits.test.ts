import { expect, test } from "vitest";
import { budgetLevel } from "../src/components/budget-bar.ts";
import { axisDollars, parseAmount, ratio, remainder, sum } from "../src/format/money.ts";
import { DEFAULT_LIMITS, parseLimits, toLimitsDraft, validateLimits } from "../src/forms/limit-fields.ts";

test("amounts are parsed as typed, and other text is rejected", () => {
  expect(["1", " $1,250.50 ", "0.000000001", "0"].map(parseAmount)).toEqual(["1", "1250.5", "0.000000001", "0"]);
  expect(["", "-1", "1e3", "1.0000000001", "one", "1.2.3"].map(parseAmount)).toEqual(Array(6).fill(null));
});

test("sums, remainders and ratios", () => {
  expect(sum("0.1", "0.2")).toBe("0.3");
  expect([remainder("1", "0.25"), remainder("1", "1.5")]).toEqual(["0.75", "0"]);
  expect([ratio("0.25", "1"), ratio("0", "0"), ratio("1", "0")]).toEqual([0.25, 0, 1]);
});

test("a budget is near its limit from 80 % on, including held money", () => {
  const level = (spent_usd: string, held_usd: string) => budgetLevel({ limit_usd: "1", spent_usd, held_usd });
  expect([level("0.79", "0"), level("0.7", "0.1"), level("0.9", "0.1")]).toEqual(["", "near", "full"]);
  expect(budgetLevel({ limit_usd: null, spent_usd: "9", held_usd: "0" })).toBe("");
});

test("limits survive a round trip through the form", () => {
  const limits = { cost_usd: "0.25", seconds: 90, concurrency: 3, no_progress_seconds: 30 };
  expect(parseLimits(toLimitsDraft(limits, 5), limits)).toEqual(limits);
  expect(parseLimits(toLimitsDraft({ ...limits, cost_usd: null }, 5), limits).cost_usd).toBeNull();
});

test("invalid values are reported at their fields", () => {
  const errors = validateLimits({ cost: "-1", minutes: "0", concurrency: "1.5", priority: "10" });
  expect(errors.map((error) => error.where)).toEqual(["cost", "minutes", "concurrency", "priority"]);
  expect(validateLimits(toLimitsDraft(DEFAULT_LIMITS, 5))).toEqual([]);
});

test("axis labels have no exponents", () => {
  expect([0, 5e-7, 0.00015, 1.5, 2000].map(axisDollars)).toEqual(["$0", "$0.0000005", "$0.00015", "$1.5", "$2,000"]);
});
