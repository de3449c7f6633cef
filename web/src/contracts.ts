/** The gateway's contracts as types, generated from its OpenAPI document (`npm run contracts`), and the members of its
 * enumerations in the order in which the dashboard shows them. */

import type {
  CostBy,
  Event,
  ModelEntry,
  Outcome,
  Parameters,
  Ping,
  Provider,
  ReasoningEffort,
  RunRequest,
  RunStatus,
  State,
  StepKind,
  Subscribe,
  Unsubscribe,
} from "../generated/openapi.d.ts";

export type * from "../generated/openapi.d.ts";

/** US dollars as an exact decimal string. */
export type Usd = string;

/** RFC 3339. */
export type Instant = string;

export type Fact = Event["data"];

/** Requests: fields with a default are optional. */
export type NewRun = Partial<Omit<RunRequest, "parameters">> & {
  models: string[];
  parameters?: Partial<Parameters>;
};
export type NewModel = Omit<ModelEntry, "parameters"> & { parameters: Partial<Parameters> };
export type NewProvider = Omit<Provider, "models"> & { models: NewModel[] };
export type ClientFrame = Ping | Unsubscribe | (Omit<Subscribe, "cursor"> & Partial<Subscribe>);

export const STATES = members<State>({
  waiting: true,
  queued: true,
  running: true,
  executed: true,
  grading: true,
  done: true,
});

export const OUTCOMES = members<Outcome>({
  passed: true,
  failed: true,
  timeout: true,
  limit: true,
  refused: true,
  agent_error: true,
  infra_error: true,
  cancelled: true,
  needs_review: true,
});

export const RUN_STATUSES = members<RunStatus>({
  waiting: true,
  running: true,
  paused: true,
  cancelling: true,
  finished: true,
  cancelled: true,
});

export const COSTS_BY = members<CostBy>({ model: true, task: true, day: true, run: true, call: true });

export const STEP_KINDS = members<StepKind>({
  reasoning: true,
  message: true,
  call: true,
  result: true,
  end: true,
});

export const REASONING_EFFORTS = members<ReasoningEffort>({
  none: true,
  minimal: true,
  low: true,
  medium: true,
  high: true,
  xhigh: true,
  max: true,
});

/** Does not compile unless every member is named. */
function members<Name extends string>(names: Record<Name, true>): Name[] {
  return Object.keys(names) as Name[];
}
