import { expect, test } from "vitest";
import type { SuiteView, TaskView } from "../src/contracts.ts";
import { attempts, EMPTY, request, sortErrors } from "../src/pages/launch/draft.ts";

const tasks = [
  { task_id: "add", samples: 1 },
  { task_id: "telemetry", samples: 10 },
] as TaskView[];
const suites = [{ suite_id: "demo", task_ids: ["add", "telemetry"], repeats: 2, samples: 0 }] as unknown as SuiteView[];
const demo = { ...EMPTY, suite: "demo", models: ["oracle", "nop"] };

test("attempts are samples x repeats x models, the suite's repeats unless said", () => {
  expect(attempts(demo, suites, tasks)).toBe(44);
  expect(attempts({ ...demo, samples: "3", repeats: "1" }, suites, tasks)).toBe(8);
  expect(attempts({ ...demo, source: "tasks", tasks: ["add"] }, suites, tasks)).toBe(2);
});

test("what was not said is left to the server", () => {
  expect(request(demo)).toMatchObject({ suite: "demo", tasks: [], repeats: 0, samples: 0, parameters: {} });
  expect(request({ ...demo, temperature: "0.5" }).parameters).toEqual({ temperature: 0.5 });
});

test("each error finds its field", () => {
  const places = ["models[1]", "parameters.temperature", "$.repeats", "categories[0]", "colour"];
  const sorted = sortErrors(places.map((where) => ({ where, message: "", near: null })));
  expect([...sorted.keys()]).toEqual(["models", "temperature", "repeats", "tasks", "other"]);
});
