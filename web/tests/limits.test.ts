import { expect, test } from "vitest";
import { axisDollars, less, share, sum, typedAmount } from "../src/format/money.ts";
import { drafted, LIMITS, limitsOf, wrongLimits } from "../src/components/limit-fields.ts";
import { pressure } from "../src/components/budget-bar.ts";

test("amounts are read as people write them, and nothing else is", () => {
  expect(["1", " $1,250.50 ", "0.000000001", "0"].map(typedAmount)).toEqual(["1", "1250.5", "0.000000001", "0"]);
  expect(["", "-1", "1e3", "1.0000000001", "one", "1.2.3"].map(typedAmount)).toEqual(Array(6).fill(null));
});

test("sums, what is left, and shares", () => {
  expect(sum("0.1", "0.2")).toBe("0.3");
  expect([less("1", "0.25"), less("1", "1.5")]).toEqual(["0.75", "0"]);
  expect([share("0.25", "1"), share("0", "0"), share("1", "0")]).toEqual([0.25, 0, 1]);
});

test("a limit is near from 80 % on, held money included", () => {
  const purse = (spent_usd: string, held_usd: string) => pressure({ limit_usd: "1", spent_usd, held_usd });
  expect([purse("0.79", "0"), purse("0.7", "0.1"), purse("0.9", "0.1")]).toEqual(["", "near", "full"]);
  expect(pressure({ limit_usd: null, spent_usd: "9", held_usd: "0" })).toBe("");
});

test("what is shown in the form is what is sent back", () => {
  const limits = { cost_usd: "0.25", seconds: 90, concurrency: 3, no_progress_seconds: 30 };
  expect(limitsOf(drafted(limits, 5), limits)).toEqual(limits);
  expect(limitsOf(drafted({ ...limits, cost_usd: null }, 5), limits).cost_usd).toBeNull();
});

test("what cannot be meant is told at its field", () => {
  const wrong = wrongLimits({ cost: "-1", minutes: "0", concurrency: "1.5", priority: "10" });
  expect(wrong.map((error) => error.where)).toEqual(["cost", "minutes", "concurrency", "priority"]);
  expect(wrongLimits(drafted(LIMITS, 5))).toEqual([]);
});

test("places on an axis have no exponents", () => {
  expect([0, 5e-7, 0.00015, 1.5, 2000].map(axisDollars)).toEqual(["$0", "$0.0000005", "$0.00015", "$1.5", "$2,000"]);
});
