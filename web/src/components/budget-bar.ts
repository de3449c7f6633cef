/** A limit as a bar: what is spent, what is held for requests under way, what is left; a mark stands at 80 %. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Usd } from "../contracts.ts";
import { ground } from "../design/styles.ts";
import { dollars, less, share, sum } from "../format/money.ts";
import { percent } from "../format/number.ts";

/** Spending is warned of from here on. */
export const WARN_AT = 0.8;

export interface Purse {
  limit_usd: Usd | null;
  spent_usd: Usd;
  held_usd: Usd;
}

/** How near a limit is: `near` from 80 %, `full` when nothing more can be held. */
export function pressure({ limit_usd, spent_usd, held_usd }: Purse): "" | "near" | "full" {
  if (limit_usd === null) return "";
  const used = share(sum(spent_usd, held_usd), limit_usd);
  return used >= 1 ? "full" : used >= WARN_AT ? "near" : "";
}

@customElement("money-bar")
export class MoneyBar extends LitElement {
  static override styles = [
    ground,
    css`
      .bar { position: relative; height: var(--bar-height, 12px); border-radius: 4px; background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line); display: flex; overflow: hidden; --fill: var(--accent); }
      .near { --fill: var(--timeout); }
      .full { --fill: var(--failed); }
      .bar i { display: block; height: 100%; transition: width 0.25s; }
      .spent { background: var(--fill); }
      .held { background: repeating-linear-gradient(-45deg, var(--fill) 0 3px, color-mix(in oklab, var(--fill) 35%, var(--sunken)) 3px 6px); }
      .mark { position: absolute; left: 80%; top: 0; bottom: 0; width: 0; border-left: 2px dotted var(--text); opacity: 0.55; }
      ul { display: flex; flex-wrap: wrap; gap: 3px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 12.5px; color: var(--quiet); }
      li { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
      li::before { content: ""; width: 9px; height: 9px; border-radius: 2px; }
      li.spent-key::before { background: var(--fill, var(--accent)); }
      li.held-key::before { background: repeating-linear-gradient(-45deg, var(--accent) 0 2px, var(--sunken) 2px 4px); }
      li.left-key::before { background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line-strong); }
      b { color: var(--text); font-weight: 560; font-variant-numeric: tabular-nums; }
    `,
  ];

  @property({ attribute: false }) purse: Purse | null = null;
  /** Whose limit it is, for those who do not see the bar. */
  @property() name = "";
  @property({ type: Boolean }) legend = false;

  override render() {
    if (!this.purse) return nothing;
    const { limit_usd: limit, spent_usd: spent, held_usd: held } = this.purse;
    return html`
      ${limit === null ? nothing : this.renderBar(limit, spent, held)}
      ${this.legend ? this.renderLegend(limit, spent, held) : nothing}
    `;
  }

  private renderBar(limit: Usd, spent: Usd, held: Usd) {
    const used = share(spent, limit);
    const kept = Math.min(share(held, limit), Math.max(0, 1 - used));
    const told = `${this.name ? `${this.name}: ` : ""}${dollars(spent)} spent and ${dollars(held)} held of ${dollars(limit)}, ${percent(share(sum(spent, held), limit))}`;
    return html`<div class="bar ${this.purse ? pressure(this.purse) : ""}" role="img" aria-label=${told} title=${told}>
      <i class="spent" .style=${`width: ${width(used)}`}></i><i class="held" .style=${`width: ${width(kept)}`}></i><span class="mark"></span>
    </div>`;
  }

  private renderLegend(limit: Usd | null, spent: Usd, held: Usd) {
    return html`<ul>
      <li class="spent-key">spent <b title="$${spent}">${dollars(spent)}</b></li>
      <li class="held-key">held <b title="$${held}">${dollars(held)}</b></li>
      ${limit === null ? html`<li class="left-key">no limit</li>` : html`<li class="left-key">left <b title="$${less(limit, sum(spent, held))}">${dollars(less(limit, sum(spent, held)))}</b></li>`}
    </ul>`;
  }
}

/** A part that is not nothing is seen, however small. */
function width(part: number): string {
  if (part <= 0) return "0";
  return `max(2px, ${Math.min(100, part * 100)}%)`;
}
