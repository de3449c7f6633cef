/** What is being asked for in the launch dialog, how many attempts it makes, and where a problem belongs. */

import type { FieldError, NewRun, SuiteView, TaskView } from "../../contracts.ts";
import {
  drafted,
  LIMITS,
  type LimitsDraft,
  limitsOf,
  PRIORITY,
  priorityOf,
  wrongLimits,
} from "../../parts/limit-fields.ts";

export type Source = "suite" | "tasks";

export interface Draft extends LimitsDraft {
  source: Source;
  suite: string;
  tasks: string[];
  models: string[];
  repeats: string;
  samples: string;
  temperature: string;
  name: string;
  partial: boolean;
  reuse: boolean;
}

export const EMPTY: Draft = {
  source: "suite",
  suite: "",
  tasks: [],
  models: [],
  repeats: "",
  samples: "",
  temperature: "",
  name: "",
  partial: false,
  reuse: false,
  ...drafted(LIMITS, PRIORITY),
};

export function request(draft: Draft): NewRun {
  return {
    models: draft.models,
    suite: draft.source === "suite" && draft.suite ? draft.suite : null,
    tasks: draft.source === "tasks" ? draft.tasks : [],
    categories: [],
    repeats: number(draft.repeats),
    samples: number(draft.samples),
    parameters: draft.temperature === "" ? {} : { temperature: Number(draft.temperature) },
    name: draft.name.trim(),
    limits: limitsOf(draft),
    priority: priorityOf(draft),
    partial: draft.partial,
    reuse: draft.reuse,
    prices: {},
  };
}

/** How many attempts the draft makes: samples of its tasks x models x repeats. */
export function attempts(draft: Draft, suites: SuiteView[], tasks: TaskView[]): number {
  const suite = draft.source === "suite" ? suites.find((one) => one.suite_id === draft.suite) : undefined;
  const ids = draft.source === "suite" ? (suite?.task_ids ?? []) : draft.tasks;
  const limit = number(draft.samples) || suite?.samples || 0;
  const repeats = number(draft.repeats) || suite?.repeats || 1;
  const samples = ids.map((id) => tasks.find((task) => task.task_id === id)?.samples ?? 1);
  const taken = samples.reduce((sum, count) => sum + (limit ? Math.min(limit, count) : count), 0);
  return taken * repeats * draft.models.length;
}

/** Fields of the form; a problem's `where` such as `models[1]` or `parameters.temperature` belongs to one of them. */
export const FIELDS = [
  "suite",
  "tasks",
  "models",
  "repeats",
  "samples",
  "temperature",
  "name",
  "cost",
  "minutes",
  "concurrency",
  "priority",
] as const;
export type Field = (typeof FIELDS)[number];

/** What the server calls a field that is called otherwise here. */
const NAMES: Partial<Record<string, Field>> = { categories: "tasks", cost_usd: "cost", seconds: "minutes" };

/** What is wrong at which field; what fits none of them is under `other`. */
export function sortErrors(errors: FieldError[]): Map<Field | "other", FieldError[]> {
  const sorted = new Map<Field | "other", FieldError[]>();
  for (const error of errors) {
    const parts = error.where.split(/[.[\]]+/).map((part) => NAMES[part] ?? part);
    const field = FIELDS.find((name) => parts.includes(name)) ?? "other";
    sorted.set(field, [...(sorted.get(field) ?? []), error]);
  }
  return sorted;
}

/** What can be said before asking the server. */
export function missing(draft: Draft): FieldError[] {
  const errors: FieldError[] = [];
  const add = (where: string, message: string) => errors.push({ where, message, near: null });
  if (draft.source === "suite" && !draft.suite) add("suite", "Choose a suite.");
  if (draft.source === "tasks" && draft.tasks.length === 0) add("tasks", "Choose at least one task.");
  if (draft.models.length === 0) add("models", "Choose at least one model.");
  return [...errors, ...wrongLimits(draft)];
}

function number(text: string): number {
  return text.trim() === "" ? 0 : Number(text);
}
