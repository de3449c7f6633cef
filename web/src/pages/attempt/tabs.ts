/** The tabs of an attempt. Their viewers are loaded when a tab is first opened. */

import { css, html, nothing, type TemplateResult } from "lit";
import { emptyState } from "../../components/empty-state.ts";
import { fact } from "../../components/fact.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { AttemptDetail, TailLine } from "../../contracts.ts";
import { plural } from "../../format/number.ts";
import type { AttemptStore } from "../../live/attempt-store.ts";
import { notifyFailure } from "../../shell/toast.ts";
import { findArtifact, listLogs, type NamedArtifact } from "./artifacts.ts";
import { componentsPanel, flagsPanel } from "./audit.ts";
import { artifactsTable, callsTable, checksTable, metricsList, triesTable } from "./tables.ts";

export const TABS = ["overview", "steps", "prompt", "response", "patch", "logs", "artifacts", "calls"] as const;
export type Tab = (typeof TABS)[number];

const LAZY_ELEMENTS: Partial<Record<Tab, () => Promise<unknown>>> = {
  overview: () => import("./instructions.ts"),
  steps: () => import("./steps/agent-steps.ts"),
  prompt: () => import("./text-artifacts.ts"),
  response: () => import("./text-artifacts.ts"),
  patch: () => import("./patch-artifact.ts"),
  logs: () => Promise.all([import("./text-artifacts.ts"), import("./live-tail.ts")]),
};

export function renderTab(tab: Tab, detail: AttemptDetail, store: AttemptStore): TemplateResult {
  LAZY_ELEMENTS[tab]?.().catch((error) => notifyFailure("Cannot load the tab", error));
  const render = { overview, steps, prompt, response, patch, logs: logsTab, artifacts: artifactsTab, calls: callsTab }[
    tab
  ];
  return render(detail, store);
}

function overview(detail: AttemptDetail): TemplateResult {
  const { verdict, tries } = detail;
  const ungraded =
    detail.attempt.state === "done"
      ? emptyState("Not graded", html`<p>This attempt ended without a verdict.</p>`)
      : emptyState("Not graded yet", html`<p>Checks are shown here when the judge has graded the attempt.</p>`);
  return html`
    <section class="panel"><header><h2>Checks</h2></header>
      ${verdict?.checks.length ? checksTable(verdict.checks) : ungraded}
    </section>
    ${flagsPanel(detail.attempt.attempt_id, detail.flags)}
    ${verdict ? metricsList(verdict.metrics) : nothing}
    ${componentsPanel(detail.evaluation)}
    ${tries.length ? panel(html`<header><h2>Tries</h2></header>${triesTable(tries)}`) : nothing}
    <section class="panel"><task-instructions .taskId=${detail.attempt.task_id}></task-instructions></section>
    <section class="panel padded"><dl class="facts">
      ${fact("Key", digest(detail.key))}
      ${fact("Task digest", digest(detail.task_digest))}
      ${fact("Parameters", digest(JSON.stringify(detail.parameters)))}
    </dl></section>`;
}

function digest(text: string): TemplateResult {
  return html`<span class="digest mono">${text}</span>`;
}

/** Whether the attempt is or was made by an agent, in steps. */
export function hasSteps(detail: AttemptDetail, store: AttemptStore): boolean {
  const agent = detail.solver === "agent" || detail.solver === "command";
  return agent || store.steps.length > 0 || findArtifact(detail, "transcript") !== null;
}

function steps(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  return panel(html`<agent-steps .detail=${detail} .store=${store} .version=${store.tailVersion}></agent-steps>`);
}

function prompt(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  const artifact = findArtifact(detail, "prompt");
  if (!artifact)
    return panel(
      renderTailOf(store, "prompt", "No prompt yet", "The prompt is stored when the attempt has been executed."),
    );
  const { attempt_id } = detail.attempt;
  return panel(
    html`<prompt-artifact .attemptId=${attempt_id} .name=${artifact.name} .ref=${artifact.ref}></prompt-artifact>`,
  );
}

function response(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  const artifact = findArtifact(detail, "response");
  const answer = artifact
    ? renderPlainText(detail, artifact)
    : renderTailOf(store, "model", "No response yet", "The model's output is streamed here.");
  return html`${reasoning(detail, store)}${panel(answer)}`;
}

/** What the model wrote before its answer: open while it is all there is, folded once the answer is stored. */
function reasoning(detail: AttemptDetail, store: AttemptStore): TemplateResult | typeof nothing {
  const artifact = findArtifact(detail, "reasoning");
  const live = artifact ? "" : tailOf(store, "reasoning");
  if (!artifact && !live) return nothing;
  const tokens = detail.attempt.usage.reasoning_tokens;
  return html`<details class="panel reasoning" ?open=${!artifact}>
    <summary>Reasoning <small>not graded${tokens ? ` · ${plural(tokens, "token")}` : ""}</small></summary>
    ${artifact ? renderPlainText(detail, artifact) : html`<pre class="plain">${showControlCharacters(live)}</pre>`}
  </details>`;
}

function patch(detail: AttemptDetail): TemplateResult {
  const artifact = findArtifact(detail, "patch");
  if (!artifact) return panel(emptyState("No patch", html`<p>This attempt submitted no file changes.</p>`));
  const { attempt_id } = detail.attempt;
  return panel(
    html`<patch-artifact .attemptId=${attempt_id} .name=${artifact.name} .ref=${artifact.ref}></patch-artifact>`,
  );
}

function logsTab(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  const stored = listLogs(detail);
  const done = detail.attempt.state === "done";
  const { lines, tailVersion, droppedLines } = store;
  if (!stored.length && done && !lines.length) return panel(emptyState("No logs", html`<p>Nothing was printed.</p>`));
  const tail = html`<live-tail .lines=${lines} .version=${tailVersion} .droppedLines=${droppedLines}></live-tail>`;
  return html`
    ${!done || (!stored.length && lines.length) ? panel(tail) : nothing}
    ${stored.map(
      ({ name, ref }) => html`<section class="panel"><header><h2 class="mono">${name}</h2></header>
      <log-artifact .attemptId=${detail.attempt.attempt_id} .name=${name} .ref=${ref}></log-artifact></section>`,
    )}`;
}

function artifactsTab(detail: AttemptDetail): TemplateResult {
  return panel(artifactsTable(detail));
}

function callsTab(detail: AttemptDetail): TemplateResult {
  const judges = html`<section class="panel"><header><h2>Calls of judges</h2></header>
    ${callsTable(detail.judge_calls)}</section>`;
  return html`${panel(callsTable(detail.calls))}${detail.judge_calls.length ? judges : nothing}`;
}

function panel(content: TemplateResult): TemplateResult {
  return html`<section class="panel">${content}</section>`;
}

function renderPlainText(detail: AttemptDetail, { name, ref }: NamedArtifact): TemplateResult {
  return html`<plain-artifact .attemptId=${detail.attempt.attempt_id} .name=${name} .ref=${ref}></plain-artifact>`;
}

/** Live output of one kind, shown until the artifact is stored. */
function renderTailOf(store: AttemptStore, kind: TailLine["kind"], title: string, explanation: string): TemplateResult {
  const text = tailOf(store, kind);
  return text
    ? html`<pre class="plain">${showControlCharacters(text)}</pre>`
    : emptyState(title, html`<p>${explanation}</p>`);
}

function tailOf(store: AttemptStore, kind: TailLine["kind"]): string {
  const lines = store.lines.filter((line) => line.kind === kind);
  return lines.map((line) => line.text).join("");
}

export const tabStyle = css`
  .good { color: var(--good); }
  .bad { color: var(--danger); }
  .message { max-width: 560px; overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .name { overflow-wrap: anywhere; min-width: 150px; }
  .reasoning { margin-bottom: var(--gap); }
  .reasoning summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
  .reasoning summary small { color: var(--quiet); font-weight: 400; margin-left: 8px; }
  .links a + a { margin-left: 10px; }
  .digest { font-size: 12.5px !important; font-weight: 400 !important; overflow-wrap: anywhere; }
`;
