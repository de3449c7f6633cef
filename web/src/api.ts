/** The HTTP API `/api/v1`, typed. What is refused is thrown as a Refusal, carrying the problem (RFC 9457). */

import type {
  AttemptDetail,
  AttemptPage,
  Board,
  ModelView,
  Problem,
  RunPage,
  RunRequest,
  RunView,
  SuiteView,
  TaskView,
} from "./contracts.ts";

const ROOT = "/api/v1";

/** Fired on the window when the gateway wants a token that this browser has not given. */
export const TOKEN_WANTED = "assay-token-wanted";

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
  }
}

export interface RunFilter {
  status: string;
  suite: string;
  model: string;
  search: string;
}

export function listRuns(filter: Partial<RunFilter>, cursor = "", limit = 50): Promise<RunPage> {
  return get(`/runs?${encode({ ...filter, cursor, limit: String(limit) })}`);
}

export function submitRun(request: RunRequest, idempotencyKey: string): Promise<RunView> {
  return send("/runs", request, { "Idempotency-Key": idempotencyKey });
}

export function cancelRun(runId: string): Promise<RunView> {
  return send(`/runs/${encodeURIComponent(runId)}/cancel`, {});
}

export function getAttempt(attemptId: string): Promise<AttemptDetail> {
  return get(`/attempts/${encodeURIComponent(attemptId)}`);
}

export function getBoard(suite: string, category: string): Promise<Board> {
  return get(`/leaderboard?${encode({ suite, category })}`);
}

export function getTask(taskId: string): Promise<TaskView> {
  return get(`/tasks/${encodeURIComponent(taskId)}`);
}

export function listTasks(): Promise<TaskView[]> {
  return get("/tasks");
}

export function listSuites(): Promise<SuiteView[]> {
  return get("/suites");
}

export function listModels(): Promise<ModelView[]> {
  return get("/models");
}

export function listAttempts(runId: string, cursor: string, limit = 1000): Promise<AttemptPage> {
  return get(`/runs/${encodeURIComponent(runId)}/attempts?${encode({ cursor, limit: String(limit) })}`);
}

/** Trades the gateway's token for a cookie. */
export async function signIn(token: string): Promise<void> {
  await ask(`${ROOT}/session`, post({ token }));
}

export function artifactUrl(attemptId: string, name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `${ROOT}/attempts/${encodeURIComponent(attemptId)}/artifacts/${path}`;
}

/** The beginning of an artifact as text; `whole` is false when there is more than `limitBytes`. */
export async function readArtifact(url: string, limitBytes: number): Promise<{ text: string; whole: boolean }> {
  const response = await ask(url, {});
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let taken = 0;
  while (reader && taken < limitBytes) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), whole: true };
    text += decoder.decode(value.subarray(0, limitBytes - taken), { stream: true });
    taken += value.length;
  }
  await reader?.cancel();
  return { text, whole: !reader };
}

function encode(values: Record<string, string>): string {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "")).toString();
}

async function get<T>(path: string): Promise<T> {
  return (await ask(ROOT + path, { headers: { Accept: "application/json" } })).json();
}

async function send<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  return (await ask(ROOT + path, post(body, headers))).json();
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw new Refusal(problem({ code: "unreachable", title: "The gateway cannot be reached", detail: String(error) }));
  }
  if (response.status === 401) window.dispatchEvent(new Event(TOKEN_WANTED));
  if (!response.ok) throw new Refusal(await problemOf(response));
  return response;
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => ({}));
  return problem({ title: `HTTP ${response.status}`, status: response.status, ...(body as Partial<Problem>) });
}

function problem(parts: Partial<Problem>): Problem {
  return { code: "", title: "Failed", status: 0, detail: "", errors: [], retry_after_seconds: null, ...parts };
}

/** Whatever was thrown, as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  return error instanceof Refusal ? error.problem : problem({ title: "Something went wrong", detail: String(error) });
}
