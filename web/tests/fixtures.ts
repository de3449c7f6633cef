/** Small runs, attempts and frames for tests. */

import type { AttemptView, FactFrame, Progress, Provider, RunView, Snapshot, State } from "../src/contracts.ts";

const AT = "2025-11-21T10:00:00Z";
const NO_USAGE = { input_tokens: 0, cached_tokens: 0, cache_write_tokens: 0, output_tokens: 0, reasoning_tokens: 0 };

export function progress(done: number): Progress {
  return {
    total: 2,
    waiting: 2 - done,
    queued: 0,
    running: 0,
    executed: 0,
    grading: 0,
    done,
    outcomes: {},
    reused: 0,
    cost_usd: "0",
    held_usd: "0",
    usage: NO_USAGE,
    flagged: 0,
    impossible: 0,
    impossible_passed: 0,
    over_budget: 0,
  };
}

export function run(sequence: number, parts: Partial<RunView> = {}): RunView {
  return {
    run_id: "r1",
    project: "default",
    name: "",
    suite: "demo",
    status: "running",
    created_at: AT,
    started_at: AT,
    finished_at: null,
    models: ["oracle"],
    task_ids: ["add"],
    repeats: 1,
    progress: progress(0),
    sequence,
    limits: { cost_usd: "1", seconds: 10_800, concurrency: 0, no_progress_seconds: 600 },
    priority: 5,
    waits: null,
    reason: "",
    restarts: "",
    regrades: "",
    imported: "",
    deadline_at: null,
    include_tests: false,
    expired_at: null,
    stopped_models: [],
    changed_models: {},
    ...parts,
  };
}

export function provider(): Provider {
  return {
    kind: "openai",
    title: "Mine",
    base_url: "http://127.0.0.1:8000/v1",
    base_url_env: null,
    api_key_env: null,
    stored_key: false,
    concurrency: 4,
    requests_per_minute: null,
    tokens_per_minute: null,
    max_outage_seconds: null,
    any_model: false,
    local: false,
    prices: null,
    options: {
      api: "chat_completions",
      api_version: null,
      entra: false,
      cloud: null,
      region: null,
      project: null,
      unload_after_seconds: 60,
    },
    models: [],
  };
}

export function attempt(ordinal: number, state: State = "waiting"): AttemptView {
  return {
    attempt_id: `r1-${ordinal}`,
    run_id: "r1",
    ordinal,
    task_id: "add",
    category: "coding",
    sample_id: "only",
    model: "oracle",
    repeat: 0,
    state,
    outcome: state === "done" ? "passed" : null,
    score: state === "done" ? 1 : null,
    reason: "",
    tries: 1,
    cost_usd: "0",
    usage: NO_USAGE,
    duration_seconds: 0,
    held_usd: "0",
    flag_count: 0,
    impossible: false,
    reused_from: "",
    changed_at: AT,
  };
}

export function snapshot(sequence: number, ...attempts: AttemptView[]): Snapshot {
  return { type: "snapshot", topic: "run:r1", cursor: sequence, data: { run: run(sequence), attempts } };
}

export function fact(sequence: number, row: AttemptView, topic = "run:r1"): FactFrame {
  const data = { type: "attempt.finished" as const, attempt: row, progress: progress(1), verdict: null };
  return factFrame(sequence, data, topic);
}

export function runFact(sequence: number, type: "run.finished" | "run.cancelled", topic = "run:r1"): FactFrame {
  return factFrame(
    sequence,
    { type, run: run(sequence, { status: type === "run.finished" ? "finished" : "cancelled" }) },
    topic,
  );
}

export function runEvent(sequence: number, data: FactFrame["event"]["data"]): FactFrame {
  return factFrame(sequence, data, "run:r1");
}

function factFrame(sequence: number, data: FactFrame["event"]["data"], topic: string): FactFrame {
  return {
    type: "fact",
    topic,
    cursor: sequence,
    event: {
      id: `e${sequence}`,
      source: "/test",
      type: data.type,
      subject: "r1",
      time: AT,
      sequence,
      project: "default",
      runid: "r1",
      data,
      specversion: "1.0",
      datacontenttype: "application/json",
    },
  };
}
