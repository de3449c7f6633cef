/** The estimated cost of a run, and whether the budgets cover it. */

import { css, html, nothing } from "lit";
import { fact } from "../../components/fact.ts";
import { money } from "../../components/money.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { AccountView, Quote } from "../../contracts.ts";
import { dollars, parseNano } from "../../format/money.ts";
import { count, plural } from "../../format/number.ts";
import type { QuoteController } from "./quote-controller.ts";

const ACCOUNT_NAMES: Partial<Record<string, string>> = {
  run: "This run",
  day: "Today",
  project: "Project",
  judge: "Judges",
};

export function renderQuotePanel(controller: QuoteController, partial: boolean) {
  const { quote, refusal, pending } = controller;
  return html`<section class="quote" id="quote" aria-label="Estimated cost" aria-busy=${pending} aria-live="polite">
    ${quote ? renderQuote(quote) : html`<p class="hint">${hint(controller)}</p>`}
    ${refusal ? renderRefusal(refusal, partial) : nothing}
  </section>`;
}

function hint({ problem, refusal, pending }: QuoteController) {
  if (problem && !refusal) return html`No estimate: ${showControlCharacters(problem.detail || problem.title)}`;
  return pending ? "Estimating…" : "Select tasks and models to estimate the cost.";
}

function renderQuote(quote: Quote) {
  const basis = quote.from_history
    ? "Estimated from earlier attempts."
    : "Estimated without history: a quarter of the maximum output tokens.";
  const reused = html` <small>${plural(quote.reused, "result")} reused</small>`;
  const accounts = html`<p class="hint">${basis}</p>
    <ul>${quote.accounts.map((account) => renderAccount(account, quote))}</ul>`;
  return html`
    <dl>
      ${fact("Attempts", html`${count(quote.attempts)}${quote.reused ? reused : nothing}`)}
      ${fact("Estimated", html`<span id="estimated">${money(quote.estimated_usd)}</span>`)}
      ${fact("Worst case", html`<span id="worst">${money(quote.worst_usd)}</span>`)}
      ${parseNano(quote.worst_judging_usd) > 0n ? fact("Judges", renderJudging(quote)) : nothing}
    </dl>
    ${parseNano(quote.worst_usd) > 0n ? accounts : html`<p class="hint">These models are free.</p>`}
  `;
}

/** Grading by models is booked apart, so it is not part of the other sums. */
function renderJudging({ judging_usd, worst_judging_usd }: Quote) {
  return html`<span id="judging">${money(judging_usd)}
    <small>booked apart, at worst ${money(worst_judging_usd)}</small></span>`;
}

function renderAccount({ kind, limit_usd, left_usd }: AccountView, quote: Quote) {
  const name = ACCOUNT_NAMES[kind] ?? kind;
  if (limit_usd === null || left_usd === null)
    return html`<li data-account=${kind}><span>${name}</span><span>no limit</span></li>`;
  const left = parseNano(left_usd);
  const [estimated, worst] =
    kind === "judge" ? [quote.judging_usd, quote.worst_judging_usd] : [quote.estimated_usd, quote.worst_usd];
  const fits = parseNano(estimated) <= left;
  const covered = fits ? "covers the estimate" : "not enough";
  const verdict = parseNano(worst) <= left ? "covers the worst case" : covered;
  return html`<li data-account=${kind} class=${fits ? "" : "short"}>
    <span>${name}</span>
    <span><b>${dollars(left_usd)}</b> left of ${dollars(limit_usd)}: ${verdict}</span>
  </li>`;
}

const PARTIAL_HINT = "Attempts that the budget does not cover end with outcome “limit”.";
const REFUSED_HINT = "Raise the limit, reduce the run, or select “Run until the budget is used up”.";

function renderRefusal(refusal: string, partial: boolean) {
  return html`<div class=${partial ? "caution" : "refusal"} id="refusal" role="alert">
    <p>${showControlCharacters(refusal)}</p>
    <p>${partial ? PARTIAL_HINT : REFUSED_HINT}</p>
  </div>`;
}

export const quoteStyle = css`
  .quote {
    border-radius: var(--radius); background: var(--sunken); border: 1px solid var(--line); padding: 10px 14px;
    display: grid; gap: 8px;
  }
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
  .estimate { color: var(--quiet); font-size: 13px; }
  @media (max-width: 640px) { .estimate { display: block; } }
`;
