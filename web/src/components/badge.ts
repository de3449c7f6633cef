/** A state, status or outcome as a coloured dot and a label. */

import { css, html } from "lit";

/** `needs_review` is shown as `needs review`. */
export function label(name: string): string {
  return name.replaceAll("_", " ");
}

export function badge(name: string) {
  const colour = `--colour: var(--${COLOUR_TOKENS[name] ?? name})`;
  return html`<span class="badge ${name}"><i .style=${colour}></i>${label(name)}</span>`;
}

const COLOUR_TOKENS: Record<string, string> = { finished: "passed" };

export const badgeStyle = css`
  .badge { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
  .badge i { width: 9px; height: 9px; border-radius: 50%; background: var(--colour); flex: none; }
  .badge.waiting i, .badge.queued i { box-shadow: inset 0 0 0 1.5px var(--line-strong); }
  .badge.paused i {
    border-radius: 0;
    background: linear-gradient(90deg, var(--colour) 0 35%, transparent 35% 65%, var(--colour) 65%);
  }
  .badge.running i, .badge.cancelling i { animation: pulse 1.2s ease-in-out infinite alternate; }
  @keyframes pulse { to { opacity: 0.35; } }
`;
