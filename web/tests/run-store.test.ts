import { expect, test } from "vitest";
import { RunStore } from "../src/live/run-store.ts";
import { attempt, fact, progress, run, runEvent, runFact, snapshot } from "./fixtures.ts";

function started(): RunStore {
  const store = new RunStore();
  store.snapshot(snapshot(3, attempt(0), attempt(1)));
  return store;
}

test("a fact replaces its row and advances the cursor", () => {
  const store = started();
  expect(store.fact(fact(4, attempt(1, "done")))).toBe("applied");
  expect(store.attempts.map((row) => row.state)).toEqual(["waiting", "done"]);
  expect(store.run?.progress.done).toBe(1);
  expect(store.cursor).toBe(4);
});

test("a known fact changes nothing", () => {
  const store = started();
  const before = store.attempts;
  expect(store.fact(fact(3, attempt(0, "done")))).toBe("stale");
  expect(store.attempts).toBe(before);
});

test("a skipped sequence is applied and reported as a gap", () => {
  const store = started();
  expect(store.fact(fact(6, attempt(0, "done")))).toBe("gap");
  expect(store.attempts[0]?.state).toBe("done");
});

test("facts before the snapshot are ignored", () => {
  expect(new RunStore().fact(fact(1, attempt(0)))).toBe("stale");
});

test("a cancelled run has no open attempts", () => {
  const store = started();
  store.fact(fact(4, attempt(0, "done")));
  store.fact(runFact(5, "run.cancelled"));
  expect(store.run?.status).toBe("cancelled");
  expect(store.attempts.map((row) => row.outcome)).toEqual(["passed", "cancelled"]);
});

test("a new snapshot replaces every row", () => {
  const store = started();
  store.snapshot(snapshot(9, attempt(0, "done")));
  expect(store.attempts).toHaveLength(1);
  expect(store.cursor).toBe(9);
});

const warned = (sequence: number, account = "run") =>
  runEvent(sequence, {
    type: "run.warned",
    run: run(sequence),
    account,
    percent: 80,
    spent_usd: "0.8",
    held_usd: "0",
    limit_usd: "1",
    message: "",
  });
const stalled = (sequence: number) =>
  runEvent(sequence, { type: "run.stalled", run: run(sequence), seconds: 600, reason: "no runner" });

test("a recalled attempt has its cause until it is queued", () => {
  const store = started();
  const row = attempt(0, "waiting");
  store.fact(runEvent(4, { type: "attempt.recalled", attempt: row, progress: progress(0), cause: "paused" }));
  expect(store.attempts[0]?.recallCause).toBe("paused");
  store.fact(runEvent(5, { type: "attempt.queued", attempt: attempt(0, "queued"), progress: progress(0) }));
  expect(store.attempts[0]?.recallCause).toBeUndefined();
});

test("cancelling ends attempts that have not started, and only those", () => {
  const store = new RunStore();
  store.snapshot(snapshot(3, attempt(0), attempt(1, "queued"), attempt(2, "running"), attempt(3, "executed")));
  store.fact(runEvent(4, { type: "run.cancelling", run: run(4, { status: "cancelling" }) }));
  expect(store.attempts.map((row) => row.outcome ?? row.state)).toEqual([
    "cancelled",
    "cancelled",
    "running",
    "executed",
  ]);
  expect(store.run?.progress).toMatchObject({ waiting: 0, done: 2, outcomes: { cancelled: 2 } });
});

test("a run is stalled until an attempt progresses; a warning is no progress", () => {
  const store = started();
  store.fact(stalled(4));
  store.fact(warned(5));
  expect(store.stalled?.reason).toBe("no runner");
  store.fact(fact(6, attempt(0, "done")));
  expect(store.stalled).toBeNull();
});

test("past warnings are added once and are not live", () => {
  const store = started();
  const history = [warned(2, "day").event, stalled(3).event];
  store.addHistory(history);
  store.addHistory(history);
  store.fact(warned(4));
  expect(store.warnings.map(({ account, live: fresh }) => [account, fresh])).toEqual([
    ["day", false],
    ["run", true],
  ]);
  expect(store.stalled?.seconds).toBe(600);
});

test("a past stall that is over is ignored", () => {
  const store = started();
  store.fact(fact(4, attempt(0, "done")));
  store.addHistory([stalled(3).event]);
  expect(store.stalled).toBeNull();
});

test("a past stall is over if an attempt has progressed since, whatever the run reported later", () => {
  const store = started();
  store.fact(fact(4, attempt(0, "done")));
  store.fact(warned(5));
  store.addHistory([stalled(3).event, warned(5).event]);
  expect(store.stalled).toBeNull();
});

test("the largest hold of each model is kept after its release", () => {
  const store = started();
  store.fact(fact(4, { ...attempt(0, "running"), held_usd: "0.5" }));
  store.fact(fact(5, attempt(0, "done")));
  expect(store.largestHolds.get("oracle")).toBe(500_000_000n);
});
