/** A state, status or outcome as a coloured dot and its word. */

import { css, html } from "lit";

/** `needs_review` is read as `needs review`. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

export function badge(name: string) {
  return html`<span class="badge ${name}"><i .style=${`--colour: var(--${COLOURS[name] ?? name})`}></i>${words(name)}</span>`;
}

const COLOURS: Record<string, string> = { finished: "passed" };

export const badgeStyle = css`
  .badge { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
  .badge i { width: 9px; height: 9px; border-radius: 50%; background: var(--colour); flex: none; }
  .badge.waiting i, .badge.queued i { box-shadow: inset 0 0 0 1.5px var(--line-strong); }
  .badge.paused i { border-radius: 0; background: linear-gradient(90deg, var(--colour) 0 35%, transparent 35% 65%, var(--colour) 65%); }
  .badge.running i, .badge.cancelling i { animation: pulse 1.2s ease-in-out infinite alternate; }
  @keyframes pulse { to { opacity: 0.35; } }
`;
