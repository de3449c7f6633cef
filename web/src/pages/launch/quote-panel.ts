/** What a run would cost, and what the limits leave for it. */

import { css, html, nothing } from "lit";
import type { AccountView, Quote } from "../../contracts.ts";
import { dollars, nano } from "../../format/money.ts";
import { count, plural } from "../../format/number.ts";
import { money } from "../../components/money.ts";
import { visible } from "../../components/untrusted-text.ts";
import type { Quoting } from "./quote-controller.ts";

const NAMES: Partial<Record<string, string>> = { run: "This run's limit", day: "Today", project: "The project" };

export function quotePanel(quoting: Quoting, partial: boolean) {
  const { quote, problem, refusal, asking } = quoting;
  return html`<section class="quote" id="quote" aria-label="What it would cost" aria-busy=${asking} aria-live="polite">
    ${quote ? renderQuote(quote) : html`<p class="hint">${problem && !refusal ? html`No estimate: ${visible(problem.detail || problem.title)}` : asking ? "Estimating…" : "Choose what to run and models, and the cost is estimated here."}</p>`}
    ${refusal ? renderRefusal(refusal, partial) : nothing}
  </section>`;
}

function renderQuote(quote: Quote) {
  const basis = quote.from_history
    ? "from what such attempts used before"
    : "a guess: no such attempt was made yet, so a quarter of the tokens they may write";
  return html`
    <dl>
      <div><dt>Attempts</dt><dd>${count(quote.attempts)}${quote.reused ? html` <small>${plural(quote.reused, "result")} taken over</small>` : nothing}</dd></div>
      <div><dt>Estimated</dt><dd id="estimated">${money(quote.estimated_usd)}</dd></div>
      <div><dt>At worst</dt><dd id="worst">${money(quote.worst_usd)}</dd></div>
    </dl>
    ${nano(quote.worst_usd) > 0n ? html`<p class="hint">Estimated ${basis}.</p><ul>${quote.accounts.map((account) => renderAccount(account, quote))}</ul>` : html`<p class="hint">These models cost nothing.</p>`}
  `;
}

function renderAccount({ kind, limit_usd, left_usd }: AccountView, quote: Quote) {
  const name = NAMES[kind] ?? kind;
  if (limit_usd === null || left_usd === null)
    return html`<li data-account=${kind}><span>${name}</span><span>no limit</span></li>`;
  const [fits, surely] = [nano(quote.estimated_usd) <= nano(left_usd), nano(quote.worst_usd) <= nano(left_usd)];
  const verdict = surely ? "covers the worst case" : fits ? "covers the estimate" : "is not enough";
  return html`<li data-account=${kind} class=${fits ? "" : "short"}><span>${name}</span><span><b>${dollars(left_usd)}</b> left of ${dollars(limit_usd)} ${verdict}</span></li>`;
}

function renderRefusal(refusal: string, partial: boolean) {
  return html`<div class=${partial ? "caution" : "refusal"} id="refusal" role="alert">
    <p>${visible(refusal)}</p>
    <p>${partial ? "As much of it as fits will be done; the rest ends as “limit”." : "Raise a limit, ask for less, or allow a part of it."}</p>
  </div>`;
}

export const quoteStyle = css`
  .quote { border-radius: var(--radius); background: var(--sunken); border: 1px solid var(--line); padding: 10px 14px; display: grid; gap: 8px; }
  .quote[aria-busy="true"] dl, .quote[aria-busy="true"] ul { opacity: 0.6; }
  .quote .hint { margin: 0; color: var(--quiet); }
  .quote dl { display: flex; flex-wrap: wrap; gap: 6px 28px; margin: 0; }
  .quote dt { color: var(--quiet); font-size: 12px; }
  .quote dd { margin: 0; font-weight: 560; font-variant-numeric: tabular-nums; }
  .quote dd small { font-weight: 400; color: var(--quiet); }
  .quote ul { list-style: none; margin: 0; padding: 0; font-size: 13px; display: grid; gap: 2px; }
  .quote li { display: grid; grid-template-columns: 9em 1fr; gap: 8px; }
  .quote li > :first-child { color: var(--quiet); }
  .quote li.short > :last-child { color: var(--danger); font-weight: 560; }
  .refusal, .caution { border-radius: 5px; padding: 8px 11px; overflow-wrap: anywhere; font-size: 13.5px; }
  .refusal { background: var(--danger-soft); color: var(--danger); }
  .caution { background: var(--warn-soft); color: var(--warn); }
  .checks { display: grid; gap: 6px; margin-top: 12px; }
  .checks label { display: flex; align-items: baseline; gap: 8px; cursor: pointer; }
  .checks input { position: relative; top: 1px; flex: none; }
  .checks small { display: block; color: var(--quiet); font-size: 12px; }
  .about { color: var(--quiet); font-size: 13px; }
  @media (max-width: 640px) { .about { display: block; } }
`;
