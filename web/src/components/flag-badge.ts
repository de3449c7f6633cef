/** A mark for audit flags: what looks like cheating. It stands beside a score and says nothing of it. */

import { css, html, nothing, type TemplateResult } from "lit";
import { plural } from "../format/number.ts";

/** Nothing without flags. */
export function flagBadge(count: number, title = `${plural(count, "audit flag")}: for information`) {
  if (!count) return nothing;
  return html`<span class="flags" title=${title}>
    ${icon}<span aria-hidden="true">${count}</span><span class="visually-hidden">${title}</span>
  </span>`;
}

const icon: TemplateResult = html`<svg viewBox="0 0 12 12" aria-hidden="true">
  <path d="M3 11V1.5h6.5L8 4l1.5 2.5H3" />
</svg>`;

export const flagStyle = css`
  .flags {
    position: relative; display: inline-flex; align-items: center; gap: 3px; padding: 0 5px; border-radius: 4px;
    font-size: 12px;
    line-height: 18px; font-weight: 560; color: var(--warn); background: var(--warn-soft); white-space: nowrap;
  }
  .flags .visually-hidden { left: 0; }
  .flags svg {
    width: 11px; height: 11px; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linejoin: round;
    stroke-linecap: round;
  }
`;
