/** The HTTP API `/api/v1`, typed. What is refused is thrown as a Refusal, carrying the problem (RFC 9457). */

import type {
  AttemptDetail,
  AttemptPage,
  Board,
  CostBy,
  Costs,
  ModelPrice,
  ModelView,
  Money,
  Problem,
  Quote,
  RunLimits,
  RunPage,
  RunRequest,
  RunView,
  SuiteView,
  TaskView,
  Usd,
} from "./contracts.ts";
import type { Event as FactEvent } from "./live/frames.ts";

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
  return send("POST", "/runs", request, { "Idempotency-Key": idempotencyKey });
}

/** What such a run would cost; nothing is stored. */
export function quoteRun(request: RunRequest): Promise<Quote> {
  return send("POST", "/runs/quote", request);
}

export function cancelRun(runId: string): Promise<RunView> {
  return send("POST", `${ofRun(runId)}/cancel`, {});
}

export function pauseRun(runId: string): Promise<RunView> {
  return send("POST", `${ofRun(runId)}/pause`, {});
}

export function resumeRun(runId: string): Promise<RunView> {
  return send("POST", `${ofRun(runId)}/resume`, {});
}

export function changeRun(runId: string, change: { limits?: RunLimits; priority?: number }): Promise<RunView> {
  return send("PATCH", ofRun(runId), change);
}

export function restartRun(
  runId: string,
  again: { fresh: boolean; limits: RunLimits },
  idempotencyKey: string,
): Promise<RunView> {
  return send("POST", `${ofRun(runId)}/restart`, again, { "Idempotency-Key": idempotencyKey });
}

/** Facts about a run itself, not its attempts, with sequences above `after`, in order. */
export function listRunFacts(runId: string, after: number, limit: number): Promise<FactEvent[]> {
  return get(`${ofRun(runId)}/facts?${encode({ entity: "run", after: String(after), limit: String(limit) })}`);
}

export function getMoney(): Promise<Money> {
  return get("/money");
}

export interface MoneyLimits {
  day_usd: Usd | null;
  project_usd: Usd | null;
  time_zone: string;
}

export function setMoneyLimits(limits: MoneyLimits): Promise<Money> {
  return send("PUT", "/money/limits", limits);
}

export interface CostFilter {
  by: CostBy;
  run_id: string;
  since: string;
  until: string;
  /** A day or a version of prices to cost the same tokens by. */
  as_of_prices: string;
}

export function getCosts(filter: CostFilter, cursor = ""): Promise<Costs> {
  return get(`/costs?${encode({ ...filter, cursor })}`);
}

/** What models cost today, and the versions of prices that say so. */
export function listPrices(): Promise<ModelPrice[]> {
  return get("/prices");
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
  return get(`${ofRun(runId)}/attempts?${encode({ cursor, limit: String(limit) })}`);
}

/** Trades the gateway's token for a cookie. */
export async function signIn(token: string): Promise<void> {
  await ask(`${ROOT}/session`, body("POST", { token }));
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

/** An artifact as it comes. */
export async function openArtifact(url: string, signal: AbortSignal): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const { body } = await ask(url, { signal });
  if (!body) throw new Refusal(problem({ title: "The artifact came without content" }));
  return body.getReader();
}

/** Bytes `first` to `last` of an artifact, both included, as text. */
export async function readPiece(url: string, first: number, last: number): Promise<string> {
  const response = await ask(url, { headers: { Range: `bytes=${first}-${last}` } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return new TextDecoder().decode(response.status === 206 ? bytes : bytes.subarray(first, last + 1));
}

function encode(values: Record<string, string>): string {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "")).toString();
}

async function get<T>(path: string): Promise<T> {
  return (await ask(ROOT + path, { headers: { Accept: "application/json" } })).json();
}

function ofRun(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}

type Method = "POST" | "PUT" | "PATCH";

async function send<T>(
  method: Method,
  path: string,
  content: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  return (await ask(ROOT + path, body(method, content, headers))).json();
}

function body(method: Method, content: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(content),
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

/** A new Idempotency-Key. */
export function newKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
