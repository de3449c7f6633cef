/** What is under each tab of an attempt. Heavy viewers are loaded when their tab is first opened. */

import { css, html, nothing, type TemplateResult } from "lit";
import type { AttemptDetail, TailLine } from "../../contracts.ts";
import type { AttemptStore } from "../../live/attempt-store.ts";
import { empty } from "../../parts/notice.ts";
import { visible } from "../../parts/plain.ts";
import { notifyFailure } from "../../shell/toast.ts";
import { byStem, logs, type Named } from "./reading.ts";
import { artifactsTable, callsTable, checksTable, metricsList, triesTable } from "./tables.ts";

export const TABS = ["overview", "steps", "prompt", "response", "patch", "logs", "artifacts", "calls"] as const;
export type Tab = (typeof TABS)[number];

const LOADS: Partial<Record<Tab, () => Promise<unknown>>> = {
  overview: () => import("./instructions.ts"),
  steps: () => import("./steps/list.ts"),
  prompt: () => import("./texts.ts"),
  response: () => import("./texts.ts"),
  patch: () => import("./patch.ts"),
  logs: () => Promise.all([import("./texts.ts"), import("./tail.ts")]),
};

export function renderTab(tab: Tab, detail: AttemptDetail, store: AttemptStore): TemplateResult {
  LOADS[tab]?.().catch((error) => notifyFailure("The tab could not be loaded", error));
  const render = { overview, steps, prompt, response, patch, logs: logsTab, artifacts: artifactsTab, calls: callsTab }[
    tab
  ];
  return render(detail, store);
}

function overview(detail: AttemptDetail): TemplateResult {
  const { verdict, tries } = detail;
  return html`
    <section class="panel"><header><h2>Checks</h2></header>
      ${verdict?.checks.length ? checksTable(verdict.checks) : empty("Not graded", html`<p>${detail.attempt.state === "done" ? "This attempt ended without a verdict." : "The judge has not spoken yet."}</p>`)}
    </section>
    ${verdict ? metricsList(verdict.metrics) : nothing}
    ${tries.length ? html`<section class="panel"><header><h2>Tries</h2></header>${triesTable(tries)}</section>` : nothing}
    <section class="panel"><task-instructions .taskId=${detail.attempt.task_id}></task-instructions></section>
    <section class="panel padded"><dl class="facts">
      <div><dt>Key</dt><dd class="digest mono">${detail.key}</dd></div>
      <div><dt>Task digest</dt><dd class="digest mono">${detail.task_digest}</dd></div>
      <div><dt>Parameters</dt><dd class="digest mono">${JSON.stringify(detail.parameters)}</dd></div>
    </dl></section>`;
}

/** Whether a model worked here in turns, or does, or will. */
export function stepped(detail: AttemptDetail, store: AttemptStore): boolean {
  const agent = detail.solver === "agent" || detail.solver === "command";
  return agent || store.steps.length > 0 || byStem(detail, "transcript") !== null;
}

function steps(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  return panel(html`<agent-steps .detail=${detail} .store=${store} .version=${store.heard}></agent-steps>`);
}

function prompt(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  const found = byStem(detail, "prompt");
  if (!found) return panel(said(store, "prompt", "No prompt yet", "It is stored when the attempt has run."));
  return panel(
    html`<prompt-artifact .attemptId=${detail.attempt.attempt_id} .name=${found.name} .ref=${found.ref}></prompt-artifact>`,
  );
}

function response(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  const found = byStem(detail, "response");
  if (!found)
    return panel(
      said(store, "model", "No response", "What the model says is shown here as it comes, and kept afterwards."),
    );
  return panel(plain(detail, found));
}

function patch(detail: AttemptDetail): TemplateResult {
  const found = byStem(detail, "patch");
  if (!found) return panel(empty("No patch", html`<p>This attempt handed in no changes to files.</p>`));
  return panel(
    html`<patch-artifact .attemptId=${detail.attempt.attempt_id} .name=${found.name} .ref=${found.ref}></patch-artifact>`,
  );
}

function logsTab(detail: AttemptDetail, store: AttemptStore): TemplateResult {
  const kept = logs(detail);
  const working = detail.attempt.state !== "done";
  if (!kept.length && !working && !store.lines.length)
    return panel(empty("No logs", html`<p>Nothing was printed.</p>`));
  return html`
    ${working || (!kept.length && store.lines.length) ? panel(html`<live-tail .lines=${store.lines} .version=${store.heard} .lost=${store.lost}></live-tail>`) : nothing}
    ${kept.map(
      ({ name, ref }) => html`<section class="panel"><header><h2 class="mono">${name}</h2></header>
      <log-artifact .attemptId=${detail.attempt.attempt_id} .name=${name} .ref=${ref}></log-artifact></section>`,
    )}`;
}

function artifactsTab(detail: AttemptDetail): TemplateResult {
  return panel(artifactsTable(detail));
}

function callsTab(detail: AttemptDetail): TemplateResult {
  return panel(callsTable(detail.calls));
}

function panel(content: TemplateResult): TemplateResult {
  return html`<section class="panel">${content}</section>`;
}

function plain(detail: AttemptDetail, { name, ref }: Named): TemplateResult {
  return html`<plain-artifact .attemptId=${detail.attempt.attempt_id} .name=${name} .ref=${ref}></plain-artifact>`;
}

/** What was heard of one kind so far, while the artifact is not there. */
function said(store: AttemptStore, kind: TailLine["kind"], title: string, why: string): TemplateResult {
  const text = store.lines
    .filter((line) => line.kind === kind)
    .map((line) => line.text)
    .join("");
  return text ? html`<pre class="plain">${visible(text)}</pre>` : empty(title, html`<p>${why}</p>`);
}

export const tabStyle = css`
  .good { color: var(--good); }
  .bad { color: var(--danger); }
  .why { max-width: 560px; overflow-wrap: anywhere; unicode-bidi: plaintext; }
  .name { overflow-wrap: anywhere; min-width: 150px; }
  .links a + a { margin-left: 10px; }
  .digest { font-size: 12.5px !important; font-weight: 400 !important; overflow-wrap: anywhere; }
`;
