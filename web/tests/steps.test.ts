import { expect, test } from "vitest";
import type { AgentStep, TailLine } from "../src/contracts.ts";
import { AttemptStore } from "../src/live/attempt-store.ts";
import { heardStep, keptStep, placeOf } from "../src/live/steps.ts";

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
    ...parts,
  };
}

function heard(number: number, parts: Partial<TailLine> = {}): TailLine {
  const step = { number, turn: 1, kind: "result", time: "2026-11-21T10:00:00Z" } as AgentStep;
  return line({ step, ...parts });
}

test("a call is told without its tool's name before it", () => {
  const step = { number: 2, turn: 1, kind: "call", time: "", tool: "bash" } as AgentStep;
  expect(heardStep(line({ text: 'bash: {"command": "ls"}', step }))?.text).toBe('{"command": "ls"}');
  expect(heardStep(line({ text: "calling the model" }))).toBeNull();
});

test("a transcript's line is taken for no more than it is", () => {
  expect(keptStep('{"number": 3, "turn": 1, "kind": "result", "text": "a\\nb\\n", "cost_nanousd": 7}')).toMatchObject({
    number: 3,
    kind: "result",
    lines: 2,
    characters: 4,
    costNanousd: 7,
  });
  const odd = keptStep(
    '{"number": "1", "kind": "<b>", "text": {"x": 1}, "tool": 5, "usage": "no", "cost_nanousd": -1}',
  );
  expect(odd).toMatchObject({ number: 0, kind: "result", text: "", tool: "", tokens: 0, costNanousd: 0 });
  for (const none of ["", "[]", "null", "3", "{"]) expect(keptStep(none)).toBeNull();
});

test("a step is found by its number, also where some are missing", () => {
  const steps = [1, 2, 5, 9].map((number) => ({ ...(heardStep(heard(1)) ?? keptStep("{}")), number })) as never[];
  expect([1, 2, 5, 9, 0, 3, 10].map((number) => placeOf(steps, number))).toEqual([0, 1, 2, 3, -1, -1, -1]);
});

test("steps are those of the newest try", () => {
  const store = new AttemptStore();
  const tell = (...lines: TailLine[]) => store.tail({ type: "tail", topic: "attempt:a-0", lines, dropped: 0 });
  tell(heard(1), heard(2), line({ kind: "model", text: "half a wo" }));
  expect([store.steps.length, store.saying]).toEqual([2, "half a wo"]);
  tell(heard(1, { token: 2 }), heard(3), heard(2), heard(2, { token: 2 }));
  expect(store.steps.map(({ number }) => number)).toEqual([1, 2]);
  expect(store.saying).toBe("");
});
