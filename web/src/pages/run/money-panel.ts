/** A run's money: its limit with what is spent, held and left, and what it will come to. */

import { css, html, nothing } from "lit";
import type { RunView } from "../../contracts.ts";
import { nano, sum } from "../../format/money.ts";
import { money } from "../../components/money.ts";
import "../../components/budget-bar.ts";
import { ended } from "./run-progress.ts";
import type { Outlook } from "./cost-forecast.ts";

/** Nothing for a run that is free and has no limit. */
export function moneyPanel(run: RunView, { about, most }: Outlook) {
  const { cost_usd: spent, held_usd: held } = run.progress;
  const limit = run.limits.cost_usd;
  const open = !ended(run);
  return html`<section class="panel padded money" aria-label="Money">
    <div class="told">
      <h2>Money</h2>
      <span>${limit === null ? "no limit of its own" : html`limit <b>${money(limit)}</b>`}</span>
      <span class="spring"></span>
      <a href="/costs?${new URLSearchParams({ run: run.run_id, by: "task" })}">Costs of this run</a>
    </div>
    <money-bar legend name="This run" .purse=${{ limit_usd: limit, spent_usd: spent, held_usd: held }}></money-bar>
    ${
      open
        ? html`<p class="outlook">
          ${about === null ? nothing : html`<span title="What done attempts of each model cost on average, for all">In the end about <b>${money(about)}</b></span>`}
          ${most === null ? nothing : html`<span title="If every attempt still to come costs all that is held for one; never above the limit">at worst <b>${money(most)}</b></span>`}
          ${nano(held) > 0n ? html`<span title="What is spent, and all that requests under way may still cost">at most now <b>${money(sum(spent, held))}</b></span>` : nothing}
        </p>`
        : nothing
    }
  </section>`;
}

export const moneyStyle = css`
  .money .told { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; margin-bottom: 9px; color: var(--quiet); font-size: 13px; }
  .money .told h2 { color: var(--text); }
  .money b { color: var(--text); font-weight: 560; }
  .outlook { display: flex; flex-wrap: wrap; gap: 3px 18px; margin-top: 8px; color: var(--quiet); font-size: 13px; }
`;
