/** The wire, as `assay/contracts/*.py` defines it, whose fields `tests/web/test_contracts_match.py` compares with these.
 * Money is in `spending.ts`, frames are in `live/frames.ts`. */

import type { Price, TokenPrice, Usd } from "./spending.ts";

export * from "./spending.ts";

export type Instant = string;

export const STATES = ["waiting", "queued", "running", "executed", "grading", "done"] as const;
export type State = (typeof STATES)[number];

export const OUTCOMES = [
  "passed",
  "failed",
  "timeout",
  "limit",
  "refused",
  "agent_error",
  "infra_error",
  "cancelled",
  "needs_review",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const RUN_STATUSES = ["waiting", "running", "paused", "cancelling", "finished", "cancelled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const WAIT_REASONS = [
  "paused",
  "budget",
  "concurrency",
  "provider",
  "no_runner",
  "no_judge",
  "capacity",
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

export interface FieldError {
  where: string;
  message: string;
  near: string | null;
}

export interface Problem {
  code: string;
  title: string;
  status: number;
  detail: string;
  errors: FieldError[];
  retry_after_seconds: number | null;
}

export interface ArtifactRef {
  sha256: string;
  size_bytes: number;
  media_type: string;
  truncated: boolean;
}

export interface Usage {
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
}

export interface Call {
  call_id: string;
  model: string;
  usage: Usage;
  cost_nanousd: number;
  price_version: string;
  estimated: boolean;
  fault: string | null;
  retries: number;
  latency_seconds: number;
  finish_reason: string;
  requests: number;
}

export interface ModelView {
  name: string;
  provider: string;
  kind: "baseline" | "scripted" | "local" | "hosted";
  price: Price | null;
  available: boolean | null;
}

export interface Parameters {
  temperature?: number | null;
}

/** `cost_usd` null: no limit of the run's own; `concurrency` 0: as many as there are workers. */
export interface RunLimits {
  cost_usd: Usd | null;
  seconds: number;
  concurrency: number;
  no_progress_seconds: number;
}

export interface RunRequest {
  models: string[];
  suite: string | null;
  tasks: string[];
  categories: string[];
  repeats: number;
  samples: number;
  parameters: Parameters;
  name: string;
  limits: RunLimits;
  priority: number;
  partial: boolean;
  reuse: boolean;
  prices: Record<string, TokenPrice>;
}

export interface Progress {
  total: number;
  waiting: number;
  queued: number;
  running: number;
  executed: number;
  grading: number;
  done: number;
  outcomes: Partial<Record<Outcome, number>>;
  reused: number;
  cost_usd: Usd;
  held_usd: Usd;
  usage: Usage;
}

export interface Wait {
  reason: WaitReason;
  detail: string;
  since: Instant;
}

export interface RunView {
  run_id: string;
  project: string;
  name: string;
  suite: string;
  status: RunStatus;
  created_at: Instant;
  started_at: Instant | null;
  finished_at: Instant | null;
  models: string[];
  task_ids: string[];
  repeats: number;
  progress: Progress;
  sequence: number;
  limits: RunLimits;
  priority: number;
  waits: Wait | null;
  reason: string;
  restarts: string;
  deadline_at: Instant | null;
  include_tests?: boolean;
  expired_at?: Instant | null;
}

export interface RunPage {
  items: RunView[];
  next_cursor: string;
  total: number;
}

export interface CheckResult {
  name: string;
  kind: string;
  passed: boolean;
  score: number;
  weight: number;
  message: string;
}

export interface Verdict {
  outcome: Outcome;
  score: number;
  reason: string;
  checks: CheckResult[];
  metrics: Record<string, number>;
}

export interface AttemptView {
  attempt_id: string;
  run_id: string;
  ordinal: number;
  task_id: string;
  category: string;
  sample_id: string;
  model: string;
  repeat: number;
  state: State;
  outcome: Outcome | null;
  score: number | null;
  reason: string;
  tries: number;
  cost_usd: Usd;
  usage: Usage;
  duration_seconds: number;
  held_usd: Usd;
  reused_from: string;
  changed_at: Instant;
}

export interface TryView {
  token: number;
  worker_id: string;
  started_at: Instant;
  ended_at: Instant | null;
  ended: string;
  cause: string;
  duration_seconds: number;
}

export interface AttemptDetail {
  attempt: AttemptView;
  key: string;
  task_digest: string;
  parameters: Record<string, unknown>;
  verdict: Verdict | null;
  tries: TryView[];
  calls: Call[];
  artifacts: Record<string, ArtifactRef>;
  sequence: number;
  solver: string | null;
  limits: Limits | null;
  expired_at?: Instant | null;
}

export interface BoardRow {
  model: string;
  n: number;
  passed: number;
  errors: number;
  score: number;
  pass_rate: number;
  cost_usd: Usd;
  cost_per_attempt_usd: Usd;
  duration_seconds: number;
  usage: Usage;
  tasks: number;
  categories: Record<string, number>;
  metrics: Record<string, number>;
  last_run_id: string;
}

export interface Board {
  suite: string;
  category: string;
  rows: BoardRow[];
  suites: string[];
  categories: string[];
  updated_at: Instant | null;
}

export interface AttemptPage {
  items: AttemptView[];
  next_cursor: string;
  total: number;
  sequence: number;
}

export interface Limits {
  wall_seconds: number;
  max_tokens: number;
  tokens?: number | null;
  cost_usd?: string | null;
  tool_calls?: number | null;
  turns?: number | null;
}

export interface TaskView {
  task_id: string;
  digest: string;
  title: string;
  category: string;
  difficulty: string;
  language: string;
  tags: string[];
  solver: string;
  instructions: string;
  samples: number;
  checks: string[];
  limits: Limits;
}

export interface SuiteView {
  suite_id: string;
  title: string;
  description: string;
  task_ids: string[];
  repeats: number;
  samples: number;
  weights: Record<string, number>;
}
