import { expect, test } from "vitest";
import type { AttemptDetail, TailLine } from "../src/contracts.ts";
import { AttemptStore } from "../src/live/attempt-store.ts";
import { RunsStore } from "../src/live/runs-store.ts";
import { attempt, fact, run, runFact } from "./fixtures.ts";

test("the list takes a run's progress from facts about its attempts, and ignores older ones", () => {
  const store = new RunsStore();
  store.add([run(4)]);
  expect(store.fact(fact(6, attempt(0, "done"), "runs"))).toBe("applied");
  expect(store.fact(fact(5, attempt(0), "runs"))).toBe("stale");
  store.add([run(4)]);
  expect(store.runs[0]?.progress.done).toBe(1);
  store.fact(runFact(7, "run.finished", "runs"));
  expect(store.runs[0]?.status).toBe("finished");
});

function line(text: string, kind: TailLine["kind"] = "model"): TailLine {
  return {
    type: "tail.line",
    attempt_id: "r1-0",
    token: 1,
    kind,
    text,
    time: "2025-11-21T10:00:00Z",
    dropped: 0,
    step: null,
  };
}

test("parts of a line are joined, and dropped lines are counted", () => {
  const store = new AttemptStore();
  const lines = [line("def "), line("add():\n"), line("x"), line("calling", "step")];
  store.tail({ type: "tail", topic: "attempt:r1-0", lines, dropped: 2 });
  expect(store.lines.map((one) => one.text)).toEqual(["def add():\n", "x", "calling"]);
  expect(store.droppedLines).toBe(2);
});

test("a fact updates the row and marks the details as missing", () => {
  const store = new AttemptStore();
  const detail = { attempt: attempt(0), verdict: null, sequence: 3 } as unknown as AttemptDetail;
  store.setDetail(detail);
  store.fact(fact(5, attempt(0, "done"), "attempt:r1-0"));
  expect(store.detail?.attempt.state).toBe("done");
  expect(store.missingDetailSequence).toBe(5);
  store.setDetail({ ...detail, attempt: attempt(0, "done"), sequence: 6 });
  expect(store.missingDetailSequence).toBe(0);
});
