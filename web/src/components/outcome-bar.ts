/** A run's progress as one bar: finished attempts by outcome, then those in progress, then those waiting. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { OUTCOMES, type Progress, STATES } from "../contracts.ts";
import { base } from "../design/styles.ts";
import { count } from "../format/number.ts";
import { label } from "./badge.ts";

const IN_PROGRESS = STATES.filter((state) => state !== "done").reverse();

interface Segment {
  name: string;
  count: number;
}

/** The bar's segments in order, without empty ones. */
export function segments(progress: Progress): Segment[] {
  const done = OUTCOMES.map((name) => ({ name, count: progress.outcomes[name] ?? 0 }));
  const open = IN_PROGRESS.map((name) => ({ name, count: progress[name] }));
  return [...done, ...open].filter((segment) => segment.count > 0);
}

@customElement("outcome-bar")
export class OutcomeBar extends LitElement {
  static override styles = [
    base,
    css`
      .bar {
        display: flex; gap: 1px; height: var(--bar-height, 8px); border-radius: 4px; overflow: hidden;
        background: var(--waiting);
      }
      .bar span { min-width: 2px; transition: flex-grow 0.25s; background: var(--colour); }
      .running {
        background-image: repeating-linear-gradient(-45deg, transparent 0 4px, rgb(255 255 255 / 30%) 4px 8px);
        background-size: 11.3px 100%; animation: move 1s linear infinite;
      }
      @media (forced-colors: active) {
        .bar, .bar span, li::before { forced-color-adjust: none; }
        .bar { outline: 1px solid CanvasText; }
      }
      @keyframes move { to { background-position: 11.3px 0; } }
      ul {
        display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 10px 0 0; padding: 0; list-style: none;
        font-size: 12.5px; color: var(--quiet);
      }
      li { display: inline-flex; align-items: center; gap: 6px; }
      li::before { content: ""; width: 9px; height: 9px; border-radius: 2px; background: var(--colour); }
      b { color: var(--text); font-weight: 560; font-variant-numeric: tabular-nums; }
    `,
  ];

  @property({ attribute: false }) progress: Progress | null = null;
  @property({ type: Boolean }) legend = false;

  override render() {
    if (!this.progress) return nothing;
    const parts = segments(this.progress);
    const text = parts.map((part) => `${count(part.count)} ${label(part.name)}`).join(", ") || "no attempts yet";
    return html`
      <div class="bar" role="img" aria-label=${text} title=${text}>
        ${repeat(parts, (part) => part.name, renderSegment)}
      </div>
      ${this.legend ? html`<ul>${parts.map(renderKey)}</ul>` : nothing}
    `;
  }
}

function renderSegment({ name, count }: Segment) {
  return html`<span class=${name} .style=${`flex: ${count} 1 0; --colour: var(--${name})`}></span>`;
}

function renderKey({ name, count: attempts }: Segment) {
  return html`<li .style=${`--colour: var(--${name})`}>${label(name)} <b>${count(attempts)}</b></li>`;
}
