/** The HTTP API `/api/v1`. Every call rejects with an ApiError, which carries the gateway's problem (RFC 9457). */

import createClient from "openapi-fetch";
import type {
  CostBy,
  MoneyLimits,
  NewProvider,
  NewRun,
  Parameters,
  Problem,
  Provider,
  paths,
  Restart,
  RunChange,
  RunRequest,
  RunStatus,
} from "./contracts.ts";

/** Fired on the window when a request is refused because this browser is not signed in. */
export const SIGN_IN_REQUIRED = "assay-sign-in-required";

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
  }
}

export interface RunFilter {
  status: RunStatus | "";
  suite: string;
  model: string;
  search: string;
}

export interface CostFilter {
  by: CostBy;
  run_id: string;
  since: string;
  until: string;
  /** A date or a price version at which the same tokens are priced as well. */
  as_of_prices: string;
}

/** Leaves out what is empty or undefined: the gateway takes an absent parameter as "any". */
export const serializeQuery = (query: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== "" && value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  ).toString();

const api = createClient<paths>({ fetch: (input) => request(input), querySerializer: serializeQuery });

export const listRuns = (filter: Partial<RunFilter>, cursor = "", limit = 50) =>
  data(
    api.GET("/api/v1/runs", { params: { query: { ...filter, status: filter.status || undefined, cursor, limit } } }),
  );

export const submitRun = (body: NewRun, idempotencyKey: string) =>
  data(api.POST("/api/v1/runs", { body: body as RunRequest, params: idempotent(idempotencyKey) }));

/** Estimates the cost of a run without creating it. */
export const quoteRun = (body: NewRun) => data(api.POST("/api/v1/runs/quote", { body: body as RunRequest }));

export const cancelRun = (run_id: string) =>
  data(api.POST("/api/v1/runs/{run_id}/cancel", { params: { path: { run_id } } }));

export const pauseRun = (run_id: string) =>
  data(api.POST("/api/v1/runs/{run_id}/pause", { params: { path: { run_id } } }));

export const resumeRun = (run_id: string) =>
  data(api.POST("/api/v1/runs/{run_id}/resume", { params: { path: { run_id } } }));

export const changeRun = (run_id: string, body: RunChange) =>
  data(api.PATCH("/api/v1/runs/{run_id}", { body, params: { path: { run_id } } }));

export const restartRun = (run_id: string, body: Restart, idempotencyKey: string) =>
  data(
    api.POST("/api/v1/runs/{run_id}/restart", { body, params: { path: { run_id }, ...idempotent(idempotencyKey) } }),
  );

/** Facts about the run itself, not its attempts, with sequences above `after`, in order. */
export const listRunFacts = (run_id: string, after: number, limit: number) =>
  data(
    api.GET("/api/v1/runs/{run_id}/facts", { params: { path: { run_id }, query: { entity: "run", after, limit } } }),
  );

/** Why attempts of the run ended ungraded. */
export const getCauses = (run_id: string) =>
  data(api.GET("/api/v1/runs/{run_id}/causes", { params: { path: { run_id } } }));

/** Over all samples, by task and model. */
export const getRunMetrics = (run_id: string) =>
  data(api.GET("/api/v1/runs/{run_id}/metrics", { params: { path: { run_id } } }));

export const listAttempts = (run_id: string, cursor: string, limit = 1000) =>
  data(api.GET("/api/v1/runs/{run_id}/attempts", { params: { path: { run_id }, query: { cursor, limit } } }));

export const getAttempt = (attempt_id: string) =>
  data(api.GET("/api/v1/attempts/{attempt_id}", { params: { path: { attempt_id } } }));

export type BoardFilter = { suite: string; category: string; difficulty: string; language: string };

export const getLeaderboard = (filter: BoardFilter) =>
  data(api.GET("/api/v1/leaderboard", { params: { query: filter } }));

export const getMoney = () => data(api.GET("/api/v1/money"));

export const setMoneyLimits = (body: MoneyLimits) => data(api.PUT("/api/v1/money/limits", { body }));

export const getCosts = (filter: CostFilter, cursor = "") =>
  data(api.GET("/api/v1/costs", { params: { query: { ...filter, cursor } } }));

/** Today's price of each model and the price version it is from. */
export const listPrices = () => data(api.GET("/api/v1/prices"));

export const getTask = (task_id: string) => data(api.GET("/api/v1/tasks/{task_id}", { params: { path: { task_id } } }));

export const listTasks = () => data(api.GET("/api/v1/tasks"));

export const listCatalogMistakes = () => data(api.GET("/api/v1/catalog/mistakes"));
export const listSuites = () => data(api.GET("/api/v1/suites"));

export const listModels = () => data(api.GET("/api/v1/models"));

/** Sends the model a one-word request, with its default parameters. */
export const testModel = (model: string) =>
  data(api.POST("/api/v1/models/test", { body: { model, parameters: {} as Parameters } }));

export const listProviders = () => data(api.GET("/api/v1/providers"));

/** Replaces the provider at `revision`; 0 adds a new one. */
export const putProvider = (provider_id: string, provider: NewProvider, revision: number) =>
  data(
    api.PUT("/api/v1/providers/{provider_id}", {
      body: { provider: provider as Provider, revision },
      params: { path: { provider_id } },
    }),
  );

export const removeProvider = (provider_id: string) =>
  data(api.DELETE("/api/v1/providers/{provider_id}", { params: { path: { provider_id } } }));

/** The models that the provider lists now. */
export const listOfferedModels = (provider_id: string) =>
  data(api.GET("/api/v1/providers/{provider_id}/models", { params: { path: { provider_id } } }));

/** `revision` is that of the provider; 0 for one of models.yaml. */
export const putProviderKey = (provider_id: string, key: string, revision: number) =>
  data(api.PUT("/api/v1/providers/{provider_id}/key", { body: { key, revision }, params: { path: { provider_id } } }));

export const removeProviderKey = (provider_id: string) =>
  data(api.DELETE("/api/v1/providers/{provider_id}/key", { params: { path: { provider_id } } }));

/** Exchanges the gateway's token for a cookie. */
export const signIn = (token: string) => api.POST("/api/v1/session", { body: { token } });

export function artifactUrl(attemptId: string, name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `/api/v1/attempts/${encodeURIComponent(attemptId)}/artifacts/${path}`;
}

/** The first `limitBytes` of an artifact as text; `complete` is false when there is more. */
export async function readArtifact(url: string, limitBytes: number): Promise<{ text: string; complete: boolean }> {
  const response = await request(url);
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  while (reader && size < limitBytes) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), complete: true };
    text += decoder.decode(value.subarray(0, limitBytes - size), { stream: true });
    size += value.length;
  }
  await reader?.cancel();
  return { text, complete: !reader };
}

/** An artifact as a stream of bytes. */
export async function streamArtifact(
  url: string,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const { body } = await request(url, { signal });
  if (!body) throw new ApiError(problem({ title: "The artifact has no content" }));
  return body.getReader();
}

/** Bytes `first` to `last` of an artifact, both included, as text. */
export async function readArtifactRange(url: string, first: number, last: number): Promise<string> {
  const response = await request(url, { headers: { Range: `bytes=${first}-${last}` } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return new TextDecoder().decode(response.status === 206 ? bytes : bytes.subarray(first, last + 1));
}

function idempotent(key: string) {
  return { header: { "Idempotency-Key": key } };
}

/** The body of a response; `request` has thrown if there is none. */
async function data<T>(response: Promise<{ data?: T }>): Promise<T> {
  return (await response).data as T;
}

async function request(input: string | Request, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(input, init);
  } catch (error) {
    throw new ApiError(problem({ code: "unreachable", title: "The gateway cannot be reached", detail: String(error) }));
  }
  if (response.status === 401) window.dispatchEvent(new Event(SIGN_IN_REQUIRED));
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => ({}));
  return problem({ title: `HTTP ${response.status}`, status: response.status, ...(body as Partial<Problem>) });
}

function problem(parts: Partial<Problem>): Problem {
  return { code: "", title: "Failed", status: 0, detail: "", errors: [], retry_after_seconds: null, ...parts };
}

/** Any thrown value as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  return error instanceof ApiError ? error.problem : problem({ title: "Something went wrong", detail: String(error) });
}

/** A new Idempotency-Key. */
export function newIdempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
