/** A notice that stays where it is for as long as it holds. */

import { css, html, type TemplateResult } from "lit";

export type Tone = "quiet" | "warn" | "danger";

const ICONS: Record<Tone, string> = { quiet: "info", warn: "warning", danger: "warning" };

/** `name` is what the notice is found by. */
export function note(name: string, tone: Tone, body: TemplateResult | (string | TemplateResult)[]) {
  return html`<p class="note ${tone}" role="status" data-note=${name}><wa-icon name=${ICONS[tone]}></wa-icon><span>${body}</span></p>`;
}

export const noteStyle = css`
  .note { display: flex; align-items: flex-start; gap: 9px; padding: 8px 12px; border-radius: var(--radius); border: 1px solid var(--line); background: var(--surface); margin-bottom: 10px; overflow-wrap: anywhere; }
  .note span { min-width: 0; unicode-bidi: plaintext; }
  .note wa-icon { flex: none; margin-top: 2px; font-size: 16px; }
  .note.warn { background: var(--warn-soft); border-color: var(--warn); color: var(--warn); }
  .note.danger { background: var(--danger-soft); border-color: var(--danger); color: var(--danger); }
  .note a { color: inherit; text-decoration: underline; }
  .note time, .note .number { white-space: nowrap; }
`;
