/** A budget as a bar: money spent, held for requests in flight, and left, with a mark at 80 %. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Usd } from "../contracts.ts";
import { base } from "../design/styles.ts";
import { dollars, ratio, remainder, sum } from "../format/money.ts";
import { percent } from "../format/number.ts";

/** The share of a limit at which warnings start. */
export const WARN_AT = 0.8;

export interface Budget {
  limit_usd: Usd | null;
  spent_usd: Usd;
  held_usd: Usd;
}

/** `near` from 80 % of the limit on, `full` when nothing more can be held. */
export function budgetLevel({ limit_usd, spent_usd, held_usd }: Budget): "" | "near" | "full" {
  if (limit_usd === null) return "";
  const used = ratio(sum(spent_usd, held_usd), limit_usd);
  return used >= 1 ? "full" : used >= WARN_AT ? "near" : "";
}

@customElement("budget-bar")
export class BudgetBar extends LitElement {
  static override styles = [
    base,
    css`
      .bar {
        position: relative; height: var(--bar-height, 12px); border-radius: 4px; background: var(--sunken);
        box-shadow: inset 0 0 0 1px var(--line); display: flex; overflow: hidden; --fill: var(--accent);
      }
      .near { --fill: var(--timeout); }
      .full { --fill: var(--failed); }
      .bar i { display: block; height: 100%; transition: width 0.25s; }
      .spent { background: var(--fill); }
      .held {
        --pale: color-mix(in oklab, var(--fill) 35%, var(--sunken));
        background: repeating-linear-gradient(-45deg, var(--fill) 0 3px, var(--pale) 3px 6px);
      }
      .mark {
        position: absolute; left: 80%; top: 0; bottom: 0; width: 0; border-left: 2px dotted var(--text);
        opacity: 0.55;
      }
      ul {
        display: flex; flex-wrap: wrap; gap: 3px 16px; margin: 8px 0 0; padding: 0; list-style: none;
        font-size: 12.5px; color: var(--quiet);
      }
      li { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
      li::before { content: ""; width: 9px; height: 9px; border-radius: 2px; }
      li.spent-key::before { background: var(--fill, var(--accent)); }
      li.held-key::before { background: repeating-linear-gradient(-45deg, var(--accent) 0 2px, var(--sunken) 2px 4px); }
      li.left-key::before { background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line-strong); }
      @media (forced-colors: active) {
        .bar, .bar *, li::before { forced-color-adjust: none; }
        .bar { outline: 1px solid CanvasText; }
      }
      b { color: var(--text); font-weight: 560; font-variant-numeric: tabular-nums; }
    `,
  ];

  @property({ attribute: false }) budget: Budget | null = null;
  /** Whose budget it is, for screen readers. */
  @property() name = "";
  @property({ type: Boolean }) legend = false;

  override render() {
    if (!this.budget) return nothing;
    const { limit_usd: limit, spent_usd: spent, held_usd: held } = this.budget;
    return html`
      ${limit === null ? nothing : this.renderBar(limit, spent, held)}
      ${this.legend ? this.renderLegend(limit, spent, held) : nothing}
    `;
  }

  private renderBar(limit: Usd, spent: Usd, held: Usd) {
    const spentShare = ratio(spent, limit);
    const heldShare = Math.min(ratio(held, limit), Math.max(0, 1 - spentShare));
    const used = percent(ratio(sum(spent, held), limit));
    const amounts = `${dollars(spent)} spent and ${dollars(held)} held of ${dollars(limit)}, ${used}`;
    const text = this.name ? `${this.name}: ${amounts}` : amounts;
    const level = this.budget ? budgetLevel(this.budget) : "";
    return html`<div class="bar ${level}" role="img" aria-label=${text} title=${text}>
      <i class="spent" .style=${`width: ${barWidth(spentShare)}`}></i>
      <i class="held" .style=${`width: ${barWidth(heldShare)}`}></i>
      <span class="mark"></span>
    </div>`;
  }

  private renderLegend(limit: Usd | null, spent: Usd, held: Usd) {
    const left = limit === null ? null : remainder(limit, sum(spent, held));
    return html`<ul>
      <li class="spent-key">spent <b title="$${spent}">${dollars(spent)}</b></li>
      <li class="held-key">held <b title="$${held}">${dollars(held)}</b></li>
      <li class="left-key">${left === null ? "no limit" : html`left <b title="$${left}">${dollars(left)}</b>`}</li>
    </ul>`;
  }
}

/** At least 2px, so that a small share stays visible. */
function barWidth(share: number): string {
  if (share <= 0) return "0";
  return `max(2px, ${Math.min(100, share * 100)}%)`;
}
