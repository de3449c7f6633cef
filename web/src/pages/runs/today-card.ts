/** Today's spending against the daily limit, with a link to the costs page. */

import { css, html, nothing } from "lit";
import type { AccountView } from "../../contracts.ts";
import { dollars } from "../../format/money.ts";
import "../../components/budget-bar.ts";

export function renderTodayCard(account: AccountView | null) {
  if (!account) return nothing;
  const { spent_usd: spent, limit_usd: limit } = account;
  return html`<a class="today" id="today" href="/costs">
    <span>
      <span class="quiet">Today</span> <b>${dollars(spent)}</b>
      <span class="quiet">${limit === null ? "spent" : `of ${dollars(limit)}`}</span>
    </span>
    <budget-bar name="Today" .budget=${account}></budget-bar>
  </a>`;
}

export const todayStyle = css`
  .today {
    flex: 0 1 210px; min-width: 160px; display: grid; gap: 4px; padding: 6px 12px; border: 1px solid var(--line);
    border-radius: var(--radius); background: var(--surface); color: var(--text); font-size: 13px;
    font-variant-numeric: tabular-nums; --bar-height: 6px;
  }
  .today:hover { border-color: var(--line-strong); text-decoration: none; }
  .today b { font-weight: 560; }
`;
