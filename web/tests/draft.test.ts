import { expect, test } from "vitest";
import type { SuiteView, TaskView } from "../src/contracts.ts";
import { countAttempts, EMPTY_DRAFT, errorsByField, toRequest } from "../src/pages/launch/draft.ts";

const tasks = [
  { task_id: "add", samples: 1 },
  { task_id: "telemetry", samples: 10 },
] as TaskView[];
const suites = [{ suite_id: "demo", task_ids: ["add", "telemetry"], repeats: 2, samples: 0 }] as unknown as SuiteView[];
const demo = { ...EMPTY_DRAFT, suite: "demo", models: ["oracle", "nop"] };

test("attempts are samples x repeats x models, with the suite's repeats as the default", () => {
  expect(countAttempts(demo, suites, tasks)).toBe(44);
  expect(countAttempts({ ...demo, samples: "3", repeats: "1" }, suites, tasks)).toBe(8);
  expect(countAttempts({ ...demo, source: "tasks", tasks: ["add"] }, suites, tasks)).toBe(2);
});

test("empty fields are left to the server", () => {
  expect(toRequest(demo)).toMatchObject({ suite: "demo", tasks: [], repeats: 0, samples: 0, parameters: {} });
  expect(toRequest({ ...demo, temperature: "0.5" }).parameters).toEqual({ temperature: 0.5 });
});

test("judges are separated by commas or spaces", () => {
  expect(toRequest(demo).judges).toEqual([]);
  expect(toRequest({ ...demo, judges: " openai/a, lab/b:1 " }).judges).toEqual(["openai/a", "lab/b:1"]);
});

test("errors are assigned to their fields", () => {
  const places = ["models[1]", "parameters.temperature", "$.repeats", "categories[0]", "colour"];
  const sorted = errorsByField(places.map((where) => ({ where, message: "", near: null })));
  expect([...sorted.keys()]).toEqual(["models", "temperature", "repeats", "tasks", "other"]);
});
