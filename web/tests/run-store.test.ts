import { expect, test } from "vitest";
import { RunStore } from "../src/live/run-store.ts";
import { attempt, fact, progress, run, runFact, said, snapshot } from "./fixtures.ts";

function started(): RunStore {
  const store = new RunStore();
  store.snapshot(snapshot(3, attempt(0), attempt(1)));
  return store;
}

test("the next fact replaces its row and moves the cursor", () => {
  const store = started();
  expect(store.fact(fact(4, attempt(1, "done")))).toBe("applied");
  expect(store.attempts.map((row) => row.state)).toEqual(["waiting", "done"]);
  expect(store.run?.progress.done).toBe(1);
  expect(store.cursor).toBe(4);
});

test("a fact that is known already changes nothing", () => {
  const store = started();
  const before = store.attempts;
  expect(store.fact(fact(3, attempt(0, "done")))).toBe("stale");
  expect(store.attempts).toBe(before);
});

test("a jump is applied and told as a gap", () => {
  const store = started();
  expect(store.fact(fact(6, attempt(0, "done")))).toBe("gap");
  expect(store.attempts[0]?.state).toBe("done");
});

test("before the snapshot nothing is taken", () => {
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
  said(sequence, {
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
  said(sequence, { type: "run.stalled", run: run(sequence), seconds: 600, reason: "no runner" });

test("a recalled attempt says why, until it moves on", () => {
  const store = started();
  const row = attempt(0, "waiting");
  store.fact(said(4, { type: "attempt.recalled", attempt: row, progress: progress(0), cause: "paused" }));
  expect(store.attempts[0]?.recalled).toBe("paused");
  store.fact(said(5, { type: "attempt.queued", attempt: attempt(0, "queued"), progress: progress(0) }));
  expect(store.attempts[0]?.recalled).toBeUndefined();
});

test("cancelling ends what was not begun, and leaves the rest to end", () => {
  const store = new RunStore();
  store.snapshot(snapshot(3, attempt(0), attempt(1, "queued"), attempt(2, "running"), attempt(3, "executed")));
  store.fact(said(4, { type: "run.cancelling", run: run(4, { status: "cancelling" }) }));
  expect(store.attempts.map((row) => row.outcome ?? row.state)).toEqual([
    "cancelled",
    "cancelled",
    "running",
    "executed",
  ]);
  expect(store.run?.progress).toMatchObject({ waiting: 0, done: 2, outcomes: { cancelled: 2 } });
});

test("a stalled run is stalled until something moves; a warning moves nothing", () => {
  const store = started();
  store.fact(stalled(4));
  store.fact(warned(5));
  expect(store.stalled?.reason).toBe("no runner");
  store.fact(fact(6, attempt(0, "done")));
  expect(store.stalled).toBeNull();
});

test("warnings of before are taken once and are not fresh", () => {
  const store = started();
  const past = [warned(2, "day").event, stalled(3).event];
  store.recall(past);
  store.recall(past);
  store.fact(warned(4));
  expect(store.warnings.map(({ account, fresh }) => [account, fresh])).toEqual([
    ["day", false],
    ["run", true],
  ]);
  expect(store.stalled?.seconds).toBe(600);
});

test("facts of before say nothing of a standstill that is over", () => {
  const store = started();
  store.fact(fact(4, attempt(0, "done")));
  store.recall([stalled(3).event]);
  expect(store.stalled).toBeNull();
});

test("a standstill of before is over when an attempt moved since, whatever the run said later", () => {
  const store = started();
  store.fact(fact(4, attempt(0, "done")));
  store.fact(warned(5));
  store.recall([stalled(3).event, warned(5).event]);
  expect(store.stalled).toBeNull();
});

test("the largest hold of each model is kept after it is released", () => {
  const store = started();
  store.fact(fact(4, { ...attempt(0, "running"), held_usd: "0.5" }));
  store.fact(fact(5, attempt(0, "done")));
  expect(store.holds.get("oracle")).toBe(500_000_000n);
});
