import { expect, test } from "vitest";
import { asSentence } from "../src/components/untrusted-text.ts";
import { dollars, formatNano, parseNano } from "../src/format/money.ts";
import { percent } from "../src/format/number.ts";
import { duration } from "../src/format/time.ts";
import { wilsonInterval } from "../src/format/wilson.ts";
import { remainingSeconds } from "../src/pages/run/run-progress.ts";
import { progress, run } from "./fixtures.ts";

test("amounts are exact, and rounded only for display", () => {
  expect(parseNano("9007199254.740993")).toBe(9_007_199_254_740_993_000n);
  expect(formatNano(1_500_000_000n)).toBe("1.5");
  const shown = ["0", "1.5", "1234.567", "0.000123456", "0.0949", "0.0999", "0.000000001", "0.25", "0.999"].map(
    dollars,
  );
  expect(shown).toEqual(["$0", "$1.50", "$1,234.57", "$0.00012", "$0.095", "$0.10", "$0.000000001", "$0.25", "$1.00"]);
});

test("0 % and 100 % are exact", () => {
  expect([0, 0.0001, 0.5, 0.9999, 1].map(percent)).toEqual(["0 %", "0.1 %", "50.0 %", "99.9 %", "100 %"]);
});

test("durations of every size", () => {
  expect([0, 0.25, 4.24, 59.4, 185, 7620].map(duration)).toEqual([
    "0 s",
    "250 ms",
    "4.2 s",
    "59 s",
    "3 min 05 s",
    "2 h 07 min",
  ]);
});

test("Wilson's interval of 8 out of 10", () => {
  const { low, high } = wilsonInterval(8, 10);
  expect(low).toBeCloseTo(0.4902, 4);
  expect(high).toBeCloseTo(0.9433, 4);
});

test("a text of a service becomes a sentence", () => {
  expect(["no runner is alive", "openai/m is down", "16 of 20 USD are spent.", "", " Why? "].map(asSentence)).toEqual([
    "No runner is alive.",
    "openai/m is down.",
    "16 of 20 USD are spent.",
    "",
    "Why?",
  ]);
});

test("reused results do not count towards the pace of a run", () => {
  const started = { started_at: "2025-11-21T10:00:00Z", status: "running" as const };
  const half = { ...progress(0), total: 100, done: 60, reused: 50 };
  const now = Date.parse("2025-11-21T10:00:20Z");
  expect(remainingSeconds(run(1, { ...started, progress: half }), now)).toBe(80);
  expect(remainingSeconds(run(1, { ...started, progress: { ...half, done: 50 } }), now)).toBeNull();
});
