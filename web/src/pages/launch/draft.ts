/** The state of the launch dialog: its request, number of attempts, and errors by field. */

import type { FieldError, NewRun, SuiteView, TaskView } from "../../contracts.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PRIORITY,
  type LimitsDraft,
  parseLimits,
  parsePriority,
  toLimitsDraft,
  validateLimits,
} from "../../forms/limit-fields.ts";

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
  /** Names of models, separated by commas. */
  judges: string;
  partial: boolean;
  reuse: boolean;
}

export const EMPTY_DRAFT: Draft = {
  source: "suite",
  suite: "",
  tasks: [],
  models: [],
  repeats: "",
  samples: "",
  temperature: "",
  name: "",
  judges: "",
  partial: false,
  reuse: false,
  ...toLimitsDraft(DEFAULT_LIMITS, DEFAULT_PRIORITY),
};

export function toRequest(draft: Draft): NewRun {
  return {
    models: draft.models,
    suite: draft.source === "suite" && draft.suite ? draft.suite : null,
    tasks: draft.source === "tasks" ? draft.tasks : [],
    categories: [],
    repeats: toNumber(draft.repeats),
    samples: toNumber(draft.samples),
    parameters: draft.temperature === "" ? {} : { temperature: Number(draft.temperature) },
    name: draft.name.trim(),
    judges: draft.judges.split(/[\s,]+/).filter(Boolean),
    limits: parseLimits(draft),
    priority: parsePriority(draft),
    partial: draft.partial,
    reuse: draft.reuse,
    prices: {},
  };
}

/** Number of attempts: samples of all tasks x models x repeats. */
export function countAttempts(draft: Draft, suites: SuiteView[], tasks: TaskView[]): number {
  const suite = draft.source === "suite" ? suites.find(({ suite_id }) => suite_id === draft.suite) : undefined;
  const ids = draft.source === "suite" ? (suite?.task_ids ?? []) : draft.tasks;
  const limit = toNumber(draft.samples) || suite?.samples || 0;
  const repeats = toNumber(draft.repeats) || suite?.repeats || 1;
  const samples = ids.map((id) => tasks.find((task) => task.task_id === id)?.samples ?? 1);
  const sampleCount = samples.reduce((sum, count) => sum + (limit ? Math.min(limit, count) : count), 0);
  return sampleCount * repeats * draft.models.length;
}

/** Fields of the form. A `where` such as `models[1]` or `parameters.temperature` belongs to one of them. */
export const FIELDS = [
  "suite",
  "tasks",
  "models",
  "repeats",
  "samples",
  "temperature",
  "name",
  "judges",
  "cost",
  "minutes",
  "concurrency",
  "priority",
] as const;
export type Field = (typeof FIELDS)[number];

/** Fields of the form by the server's names. */
const FIELD_BY_SERVER_NAME: Partial<Record<string, Field>> = {
  categories: "tasks",
  cost_usd: "cost",
  seconds: "minutes",
};

/** Errors by field; `other` has those of no field. */
export function errorsByField(errors: FieldError[]): Map<Field | "other", FieldError[]> {
  const sorted = new Map<Field | "other", FieldError[]>();
  for (const error of errors) {
    const parts = error.where.split(/[.[\]]+/).map((part) => FIELD_BY_SERVER_NAME[part] ?? part);
    const field = FIELDS.find((name) => parts.includes(name)) ?? "other";
    sorted.set(field, [...(sorted.get(field) ?? []), error]);
  }
  return sorted;
}

/** Checks that need no server. */
export function validateDraft(draft: Draft): FieldError[] {
  const errors: FieldError[] = [];
  const add = (where: string, message: string) => errors.push({ where, message, near: null });
  if (draft.source === "suite" && !draft.suite) add("suite", "Select a suite.");
  if (draft.source === "tasks" && draft.tasks.length === 0) add("tasks", "Select at least one task.");
  if (draft.models.length === 0) add("models", "Select at least one model.");
  return [...errors, ...validateLimits(draft)];
}

function toNumber(text: string): number {
  return text.trim() === "" ? 0 : Number(text);
}
