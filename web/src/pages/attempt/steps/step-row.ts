/** One step in the list: what it is, what was said, what was spent so far, and a link to it. */

import { css, html, nothing } from "lit";
import { dollars, exact } from "../../../format/money.ts";
import { bytes, count, plural } from "../../../format/number.ts";
import { absolute, clock } from "../../../format/time.ts";
import type { Step } from "../../../live/steps.ts";
import { visible } from "../../../components/untrusted-text.ts";
import { type Depth, summary, words } from "./step-text.ts";

/** How a step is shown now, and what may be done with it. */
export interface Shown {
  depth: Depth;
  /** The whole text, once it was asked for. */
  whole: string | undefined;
  target: boolean;
  href: string;
  fold(): void;
  showAll(): void;
  copy(): void;
}

export function renderStep(step: Step, shown: Shown) {
  const { number, kind, tool, failed } = step;
  return html`<li class="step ${kind} ${failed ? "failed" : ""} ${shown.target ? "target" : ""}" id="step-${number}" data-step=${number} tabindex="-1">
    <div class="line">
      <button class="fold" aria-expanded=${shown.depth > 0} @click=${shown.fold}>
        <wa-icon name=${shown.depth ? "chevron-down" : "chevron-right"}></wa-icon><span class="visually-hidden">Step ${number}, </span><span class="kind">${kind}</span>
        ${tool ? html`<span class="used">${visible(tool)}</span>` : nothing}${failed ? html`<span class="fault">failed</span>` : nothing}
      </button>
      <span class="summary">${shown.depth ? nothing : visible(summary(step))}</span>
      <span class="spent" title="All tokens and money of the attempt up to here">${count(step.tokens)} tok · ${dollars(exact(BigInt(step.costNanousd)))}</span>
      ${step.time ? html`<time datetime=${step.time} title=${absolute(step.time)}>${clock(step.time)}</time>` : nothing}
      <a class="number" href=${shown.href} aria-label="Link to step ${number}">#${number}</a>
      <button class="copy" aria-label="Copy the link to step ${number}" title="Copy the link" @click=${shown.copy}><wa-icon name="copy"></wa-icon></button>
    </div>
    ${shown.depth ? renderBody(step, shown) : nothing}
  </li>`;
}

function renderBody(step: Step, { depth, whole, showAll }: Shown) {
  const text = whole ?? step.text;
  const { body, more } = words(step, text, depth);
  const kept = whole !== undefined || step.text.length === step.characters;
  return html`${step.missing ? html`<p class="aside">${plural(step.missing, "line")} before this are not sent while the attempt works; the transcript has them.</p>` : nothing}
    ${text ? body : html`<p class="aside">Nothing was said.</p>`}
    ${more || !kept ? html`<p class="aside"><button class="more" @click=${showAll}>Show all: ${sizeOf(step)}</button></p>` : nothing}`;
}

function sizeOf(step: Step): string {
  return step.lines > 12 ? plural(step.lines, "line") : bytes(step.characters);
}

/** Where a turn of the model begins: what this turn cost. */
export function renderTurn(step: Step, before: Step | undefined) {
  const tokens = step.tokens - (before?.tokens ?? 0);
  const cost = Math.max(0, step.costNanousd - (before?.costNanousd ?? 0));
  return html`<li class="turn"><span>Turn ${count(step.turn)}</span>${tokens > 0 ? html`<small>${count(tokens)} tok${cost ? ` · ${dollars(exact(BigInt(cost)))}` : ""}</small>` : nothing}</li>`;
}

export const rowStyle = css`
  ol { list-style: none; margin: 0; padding: 0; }
  .turn { display: flex; align-items: baseline; gap: 10px; padding: 10px 14px 3px; font-size: 12px; font-weight: 620; color: var(--quiet); }
  .turn small { font-weight: 400; font-variant-numeric: tabular-nums; }
  .step { border-left: 3px solid var(--edge, var(--line-strong)); margin: 0 0 1px; scroll-margin: 8px; }
  .step.message { --edge: var(--accent); }
  .step.call { --edge: var(--needs_review); }
  .step.failed { --edge: var(--danger); }
  .step.end { --edge: var(--limit); }
  .step.target { background: var(--select); }
  .step:focus { outline: none; }
  .step:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  .line { display: flex; align-items: center; gap: 4px 10px; padding: 3px 10px 3px 6px; min-height: 32px; }
  .fold { all: unset; cursor: pointer; display: inline-flex; align-items: center; gap: 6px; padding: 3px 6px; border-radius: 4px; flex: none; max-width: 60%; }
  .fold:hover { background: var(--sunken); }
  .fold:focus-visible, .more:focus-visible, .copy:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .fold wa-icon { color: var(--quiet); font-size: 14px; }
  .kind { font-weight: 620; font-size: 13px; color: var(--text); }
  .step.message .kind { color: var(--accent); }
  .fault { color: var(--danger); font-weight: 620; font-size: 13px; }
  .used { font: 12.5px var(--mono); color: var(--text); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
  .summary { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--quiet); font: 12.5px var(--mono); unicode-bidi: isolate; }
  .spent, .line time { color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; }
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
    .line time, .spent { display: none; }
  }
`;
