/** One step in the list: kind, text, usage so far, and a link. */

import { css, html, nothing } from "lit";
import { showControlCharacters } from "../../../components/untrusted-text.ts";
import type { Instant } from "../../../contracts.ts";
import { dollars, formatNano } from "../../../format/money.ts";
import { bytes, count, plural } from "../../../format/number.ts";
import { absoluteTime, clockTime } from "../../../format/time.ts";
import type { Step } from "../../../live/steps.ts";
import { type Depth, renderText, summary } from "./step-text.ts";

/** How a step is shown, and its actions. */
export interface StepPresentation {
  depth: Depth;
  /** The complete text, once it is loaded. */
  fullText: string | undefined;
  target: boolean;
  href: string;
  toggle(): void;
  showAll(): void;
  copyLink(): void;
}

export function renderStep(step: Step, shown: StepPresentation) {
  const { number, kind, tool, failed } = step;
  const classes = `step ${kind} ${failed ? "failed" : ""} ${shown.target ? "target" : ""}`;
  const label = `Copy the link to step ${number}`;
  return html`<li class=${classes} id="step-${number}" data-step=${number} tabindex="-1">
    <div class="line">
      <button class="fold" aria-expanded=${shown.depth > 0} @click=${shown.toggle}>
        <wa-icon name=${shown.depth ? "chevron-down" : "chevron-right"}></wa-icon>
        <span class="visually-hidden">Step ${number}, </span><span class="kind">${kind}</span>
        ${tool ? html`<span class="tool-name">${showControlCharacters(tool)}</span>` : nothing}
        ${failed ? html`<span class="error">failed</span>` : nothing}
      </button>
      <span class="summary">${shown.depth ? nothing : showControlCharacters(summary(step))}</span>
      <span class="usage" title="Tokens and cost of the attempt up to this step">${usage(step)}</span>
      ${step.time ? renderTime(step.time) : nothing}
      <a class="number" href=${shown.href} aria-label="Link to step ${number}">#${number}</a>
      <button class="copy" aria-label=${label} title="Copy link" @click=${shown.copyLink}>
        <wa-icon name="copy"></wa-icon>
      </button>
    </div>
    ${shown.depth ? renderBody(step, shown) : nothing}
  </li>`;
}

function usage({ tokens, costNanousd }: Step): string {
  return `${count(tokens)} tok · ${dollars(formatNano(BigInt(costNanousd)))}`;
}

function renderTime(time: Instant) {
  return html`<time datetime=${time} title=${absoluteTime(time)}>${clockTime(time)}</time>`;
}

function renderBody(step: Step, { depth, fullText, showAll }: StepPresentation) {
  const text = fullText ?? step.text;
  const { body, more } = renderText(step, text, depth);
  const isComplete = fullText !== undefined || step.text.length === step.totalCharacters;
  const omitted = html`<p class="aside">${plural(step.omittedLines, "earlier line")} omitted; see the transcript.</p>`;
  const button = html`<button class="more" @click=${showAll}>Show all: ${sizeText(step)}</button>`;
  return html`${step.omittedLines ? omitted : nothing} ${text ? body : html`<p class="aside">No text.</p>`}
    ${more || !isComplete ? html`<p class="aside">${button}</p>` : nothing}`;
}

function sizeText(step: Step): string {
  return step.totalLines > 12 ? plural(step.totalLines, "line") : bytes(step.totalCharacters);
}

/** The start of a model's turn, with its tokens and cost. */
export function renderTurn(step: Step, before: Step | undefined) {
  const tokens = step.tokens - (before?.tokens ?? 0);
  const cost = Math.max(0, step.costNanousd - (before?.costNanousd ?? 0));
  const spent = `${count(tokens)} tok${cost ? ` · ${dollars(formatNano(BigInt(cost)))}` : ""}`;
  return html`<li class="turn">
    <span>Turn ${count(step.turn)}</span>${tokens > 0 ? html`<small>${spent}</small>` : nothing}
  </li>`;
}

export const stepRowStyle = css`
  ol { list-style: none; margin: 0; padding: 0; }
  .turn {
    display: flex; align-items: baseline; gap: 10px; padding: 10px 14px 3px; font-size: 12px; font-weight: 620;
    color: var(--quiet);
  }
  .turn small { font-weight: 400; font-variant-numeric: tabular-nums; }
  .step { border-left: 3px solid var(--edge, var(--line-strong)); margin: 0 0 1px; scroll-margin: 8px; }
  .step.message { --edge: var(--accent); }
  .step.reasoning .plain { color: var(--quiet); }
  .step.call { --edge: var(--needs_review); }
  .step.failed { --edge: var(--danger); }
  .step.end { --edge: var(--limit); }
  .step.target { background: var(--select); }
  .step:focus { outline: none; }
  .step:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  .line { display: flex; align-items: center; gap: 4px 10px; padding: 3px 10px 3px 6px; min-height: 32px; }
  .fold {
    all: unset; cursor: pointer; display: inline-flex; align-items: center; gap: 6px; padding: 3px 6px;
    border-radius: 4px; flex: none; max-width: 60%;
  }
  .fold:hover { background: var(--sunken); }
  .fold:focus-visible, .more:focus-visible, .copy:focus-visible {
    outline: 2px solid var(--accent); outline-offset: 1px;
  }
  .fold wa-icon { color: var(--quiet); font-size: 14px; }
  .kind { font-weight: 620; font-size: 13px; color: var(--text); }
  .step.message .kind { color: var(--accent); }
  .error { color: var(--danger); font-weight: 620; font-size: 13px; }
  .tool-name {
    font: 12.5px var(--mono); color: var(--text); overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
    unicode-bidi: isolate;
  }
  .summary {
    flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--quiet);
    font: 12.5px var(--mono); unicode-bidi: isolate;
  }
  .usage, .line time { color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .line .number { font-size: 12.5px; min-width: 34px; text-align: right; }
  .copy { all: unset; cursor: pointer; color: var(--quiet); padding: 4px 5px; border-radius: 4px; line-height: 0; }
  .copy:hover { background: var(--sunken); color: var(--text); }
  .aside { padding: 2px 14px 8px; color: var(--quiet); font-size: 12.5px; }
  .more { all: unset; cursor: pointer; color: var(--accent); font-size: 12.5px; }
  .more:hover { text-decoration: underline; }
  .step .plain, .step .aside { padding-left: 33px; }
  .step .arguments .plain { padding-left: 14px; }
  .step .arguments dt { padding-left: 33px; }
  @media (max-width: 720px) {
    .line { flex-wrap: wrap; padding-right: 4px; }
    .summary { order: 9; flex: 1 0 100%; padding: 0 6px 4px 26px; }
    .summary:empty { display: none; }
    .line .number { margin-left: auto; }
    .line time, .usage { display: none; }
  }
`;
