import { expect, test } from "vitest";
import { RunStore } from "../src/live/run-store.ts";
import { attempt, fact, runFact, snapshot } from "./frames.ts";

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
