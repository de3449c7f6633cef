/** Frames of the live WebSocket `/api/v1/live`, both ways, as `assay/contracts/live.py` defines them. */

import type { AttemptView, Instant, Problem, Progress, RunView, Usage, Usd, Verdict } from "../contracts.ts";

export interface TailLine {
  type: "tail.line";
  attempt_id: string;
  token: number;
  kind: "step" | "prompt" | "model" | "stdout" | "stderr";
  text: string;
  time: Instant;
  dropped: number;
  step?: AgentStep | null;
}

/** One step of an agent; what is 0, empty or false is left out. */
export interface AgentStep {
  number: number;
  turn: number;
  kind: "message" | "call" | "result" | "end";
  time: Instant;
  text?: string;
  tool?: string;
  call_id?: string;
  failed?: boolean;
  tool_calls?: number;
  usage?: Usage;
  cost_nanousd?: number;
}

/** Spending reached a share of a limit, or went where no hold was (`account` is then `excess`). */
export interface RunWarned {
  type: "run.warned";
  run: RunView;
  account: string;
  percent: number;
  spent_usd: Usd;
  held_usd: Usd;
  limit_usd: Usd | null;
  message: string;
}

export interface RunStalled {
  type: "run.stalled";
  run: RunView;
  seconds: number;
  reason: string;
}

export type Fact =
  | {
      type:
        | "run.submitted"
        | "run.started"
        | "run.paused"
        | "run.resumed"
        | "run.changed"
        | "run.cancelling"
        | "run.finished"
        | "run.cancelled";
      run: RunView;
    }
  | RunWarned
  | RunStalled
  | {
      type:
        | "attempt.queued"
        | "attempt.started"
        | "attempt.requeued"
        | "attempt.recalled"
        | "attempt.charged"
        | "attempt.handed_in"
        | "attempt.grading"
        | "attempt.finished";
      attempt: AttemptView;
      progress: Progress;
      verdict?: Verdict | null;
      cause?: string;
    };

export interface Event {
  id: string;
  source: string;
  type: string;
  subject: string;
  time: Instant;
  sequence: number;
  project: string;
  runid: string;
  data: Fact;
  specversion: string;
  datacontenttype: string;
}

export interface RunSnapshot {
  run: RunView;
  attempts: AttemptView[];
}

export interface RunsSnapshot {
  runs: RunView[];
  total: number;
}

export interface Snapshot {
  type: "snapshot";
  topic: string;
  cursor: number;
  data: unknown;
}

export interface FactFrame {
  type: "fact";
  topic: string;
  cursor: number;
  event: Event;
}

export interface TailFrame {
  type: "tail";
  topic: string;
  lines: TailLine[];
  dropped: number;
}

export interface ErrorFrame {
  type: "error";
  problem: Problem;
  topic: string;
}

export interface Degraded {
  type: "degraded";
  degraded: boolean;
  reason: string;
}

export interface Pong {
  type: "pong";
}

export type ServerFrame = Snapshot | FactFrame | TailFrame | ErrorFrame | Degraded | Pong;

export type ClientFrame =
  | { type: "subscribe"; topic: string; cursor?: number }
  | { type: "unsubscribe"; topic: string }
  | { type: "ping" };
