import { expect, test } from "vitest";
import type { AgentStep, TailLine } from "../src/contracts.ts";
import { AttemptStore } from "../src/live/attempt-store.ts";
import { indexOfStep, stepFromTail, stepFromTranscript } from "../src/live/steps.ts";

function line(parts: Partial<TailLine>): TailLine {
  const time = "2026-11-21T10:00:00Z";
  return {
    type: "tail.line",
    attempt_id: "a-0",
    token: 1,
    kind: "step",
    text: "",
    time,
    dropped: 0,
    step: null,
    offset: -1,
    ...parts,
  };
}

function stepLine(number: number, parts: Partial<TailLine> = {}): TailLine {
  const step = { number, turn: 1, kind: "result", time: "2026-11-21T10:00:00Z" } as AgentStep;
  return line({ step, ...parts });
}

test("the text of a call is without the name of its tool", () => {
  const step = { number: 2, turn: 1, kind: "call", time: "", tool: "bash" } as AgentStep;
  expect(stepFromTail(line({ text: 'bash: {"command": "ls"}', step }))?.text).toBe('{"command": "ls"}');
  expect(stepFromTail(line({ text: "calling the model" }))).toBeNull();
});

test("invalid values in a line of the transcript are replaced by defaults", () => {
  expect(
    stepFromTranscript('{"number": 3, "turn": 1, "kind": "result", "text": "a\\nb\\n", "cost_nanousd": 7}'),
  ).toMatchObject({
    number: 3,
    kind: "result",
    totalLines: 2,
    totalCharacters: 4,
    costNanousd: 7,
  });
  const invalid = stepFromTranscript(
    '{"number": "1", "kind": "<b>", "text": {"x": 1}, "tool": 5, "usage": "no", "cost_nanousd": -1}',
  );
  expect(invalid).toMatchObject({ number: 0, kind: "result", text: "", tool: "", tokens: 0, costNanousd: 0 });
  for (const line of ["", "[]", "null", "3", "{"]) expect(stepFromTranscript(line)).toBeNull();
});

test("a step is found by its number even if others are missing", () => {
  const steps = [1, 2, 5, 9].map((number) => ({
    ...(stepFromTail(stepLine(1)) ?? stepFromTranscript("{}")),
    number,
  })) as never[];
  expect([1, 2, 5, 9, 0, 3, 10].map((number) => indexOfStep(steps, number))).toEqual([0, 1, 2, 3, -1, -1, -1]);
});

test("steps are those of the newest try", () => {
  const store = new AttemptStore();
  const receive = (...lines: TailLine[]) => store.tail({ type: "tail", topic: "attempt:a-0", lines, dropped: 0 });
  receive(stepLine(1), stepLine(2), line({ kind: "model", text: "half a wo" }));
  expect([store.steps.length, store.partialMessage]).toEqual([2, "half a wo"]);
  receive(stepLine(1, { token: 2 }), stepLine(3), stepLine(2), stepLine(2, { token: 2 }));
  expect(store.steps.map(({ number }) => number)).toEqual([1, 2]);
  expect(store.partialMessage).toBe("");
});
