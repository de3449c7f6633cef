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

function line(text: string, kind: TailLine["kind"] = "model", offset = -1, token = 1): TailLine {
  return {
    type: "tail.line",
    attempt_id: "r1-0",
    token,
    kind,
    text,
    time: "2025-11-21T10:00:00Z",
    dropped: 0,
    step: null,
    offset,
  };
}

function shown(store: AttemptStore, ...lines: TailLine[]): (string | number)[] {
  store.tail({ type: "tail", topic: "attempt:r1-0", lines, dropped: 0 });
  return store.lines.map((one) => (one.missing ? `${one.missing}… ${one.text}` : one.text));
}

test("output that is repeated after a reconnect is shown once, and gaps are marked where they are", () => {
  const store = new AttemptStore();
  expect(shown(store, line("the ", "model", 10), line("👋 ", "model", 14))).toEqual(["10… the 👋 "]);
  expect(shown(store, line("the 👋 end", "model", 10), line("", "stdout", 19))).toEqual(["10… the 👋 end", ""]);
  expect(shown(store, line("", "stdout", 19), line("ok\n", "stdout", 20))).toEqual(["10… the 👋 end", "ok\n"]);
  expect(shown(store, line("late\n", "stdout", 30))).toEqual(["10… the 👋 end", "ok\n", "7… late\n"]);
  expect(shown(store, line("new try\n", "stdout", 0, 2)).at(-1)).toBe("new try\n");
});

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
