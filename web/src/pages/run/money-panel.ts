/** The run's budget and cost forecast. */

import { css, html, nothing } from "lit";
import { money } from "../../components/money.ts";
import type { RunView, Usd } from "../../contracts.ts";
import { parseNano, sum } from "../../format/money.ts";
import "../../components/budget-bar.ts";
import type { CostForecast } from "./cost-forecast.ts";
import { hasEnded } from "./run-progress.ts";

export function renderMoneyPanel(run: RunView, forecast: CostForecast) {
  if (run.imported) return nothing;
  const { cost_usd: spent, held_usd: held } = run.progress;
  const limit = run.limits.cost_usd;
  return html`<section class="panel padded money" aria-label="Money">
    <div class="title">
      <h2>Money</h2>
      <span>${limit === null ? "no run limit" : html`limit <b>${money(limit)}</b>`}</span>
      <span class="spring"></span>
      <a href="/costs?${new URLSearchParams({ run: run.run_id, by: "task" })}">Costs of this run</a>
    </div>
    <budget-bar legend name="This run" .budget=${{ limit_usd: limit, spent_usd: spent, held_usd: held }}></budget-bar>
    ${hasEnded(run) ? nothing : renderForecast(forecast, spent, held)}
  </section>`;
}

function renderForecast({ expected, worstCase }: CostForecast, spent: Usd, held: Usd) {
  const committed = parseNano(held) > 0n ? sum(spent, held) : null;
  if (expected === null && worstCase === null && committed === null) return nothing;
  return html`<p class="forecast">
    ${renderAmount("Projected", "Extrapolated from the mean cost of each model's finished attempts", expected)}
    ${renderAmount("Worst case", "If every open attempt costs the amount held for it; at most the limit", worstCase)}
    ${renderAmount("Committed", "Spent, plus the amount held for requests in flight", committed)}
  </p>`;
}

function renderAmount(name: string, title: string, amount: Usd | null) {
  return amount === null ? nothing : html`<span title=${title}>${name} <b>${money(amount)}</b></span>`;
}

export const moneyStyle = css`
  .money .title {
    display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; margin-bottom: 9px; color: var(--quiet);
    font-size: 13px;
  }
  .money .title h2 { color: var(--text); }
  .money b { color: var(--text); font-weight: 560; }
  .forecast { display: flex; flex-wrap: wrap; gap: 3px 18px; margin-top: 8px; color: var(--quiet); font-size: 13px; }
`;
