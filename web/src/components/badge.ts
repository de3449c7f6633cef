/** A state, status or outcome as a coloured dot and a label. */

import { css, html } from "lit";
import type { Progress, RunStatus } from "../contracts.ts";

/** `needs_review` is shown as `needs review`. */
export function label(name: string): string {
  return name.replaceAll("_", " ");
}

export function badge(name: string, text = label(name), colour = name) {
  return html`<span class="badge ${name}"><i .style=${`--colour: var(--${colour})`}></i>${text}</span>`;
}

/** A finished run is green only if attempts passed and none ended as an error. */
export function runBadge({ status, progress }: { status: RunStatus; progress: Progress }) {
  if (status !== "finished") return badge(status);
  const { passed = 0, infra_error: errors = 0 } = progress.outcomes;
  if (errors === 0) return badge(status, "finished", passed ? "passed" : "done");
  return badge(status, "finished with errors", passed === 0 || errors >= progress.total / 2 ? "failed" : "timeout");
}

export const badgeStyle = css`
  .badge { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
  .badge i { width: 9px; height: 9px; border-radius: 50%; background: var(--colour); flex: none; }
  .badge.waiting i, .badge.queued i { box-shadow: inset 0 0 0 1.5px var(--line-strong); }
  .badge.paused i {
    border-radius: 0;
    background: linear-gradient(90deg, var(--colour) 0 35%, transparent 35% 65%, var(--colour) 65%);
  }
  @media (forced-colors: active) { .badge i { forced-color-adjust: none; } }
  .badge.running i, .badge.cancelling i { animation: pulse 1.2s ease-in-out infinite alternate; }
  @keyframes pulse { to { opacity: 0.35; } }
`;
