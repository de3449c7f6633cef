/** A run's progress as one bar: done attempts by outcome, then those under way, then those to come. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { OUTCOMES, type Progress, STATES } from "../contracts.ts";
import { ground } from "../design/styles.ts";
import { count } from "../format/number.ts";
import { words } from "./badge.ts";

const UNDER_WAY = STATES.filter((state) => state !== "done").reverse();

interface Segment {
  name: string;
  attempts: number;
}

/** What the bar is made of, in order, without empty parts. */
export function segments(progress: Progress): Segment[] {
  const done = OUTCOMES.map((name) => ({ name, attempts: progress.outcomes[name] ?? 0 }));
  const open = UNDER_WAY.map((name) => ({ name, attempts: progress[name] }));
  return [...done, ...open].filter((segment) => segment.attempts > 0);
}

@customElement("outcome-bar")
export class OutcomeBar extends LitElement {
  static override styles = [
    ground,
    css`
      .bar { display: flex; gap: 1px; height: var(--bar-height, 8px); border-radius: 4px; overflow: hidden; background: var(--waiting); }
      .bar span { min-width: 2px; transition: flex-grow 0.25s; background: var(--colour); }
      .running { background-image: repeating-linear-gradient(-45deg, transparent 0 4px, rgb(255 255 255 / 30%) 4px 8px); background-size: 11.3px 100%; animation: move 1s linear infinite; }
      @keyframes move { to { background-position: 11.3px 0; } }
      ul { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 10px 0 0; padding: 0; list-style: none; font-size: 12.5px; color: var(--quiet); }
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
    const told = parts.map((part) => `${count(part.attempts)} ${words(part.name)}`).join(", ") || "nothing yet";
    return html`
      <div class="bar" role="img" aria-label=${told} title=${told}>
        ${parts.map((part) => html`<span class=${part.name} .style=${`flex: ${part.attempts} 1 0; --colour: var(--${part.name})`}></span>`)}
      </div>
      ${this.legend ? html`<ul>${parts.map((part) => html`<li .style=${`--colour: var(--${part.name})`}>${words(part.name)} <b>${count(part.attempts)}</b></li>`)}</ul>` : nothing}
    `;
  }
}
