/** An inline notice. */

import { css, html, type TemplateResult } from "lit";

export type Tone = "quiet" | "warn" | "danger";

const ICONS: Record<Tone, string> = { quiet: "info", warn: "warning", danger: "warning" };

/** `name` identifies the notice in the page. */
export function notice(name: string, tone: Tone, body: TemplateResult | (string | TemplateResult)[]) {
  return html`<p class="notice ${tone}" role="status" data-notice=${name}>
    <wa-icon name=${ICONS[tone]}></wa-icon><span>${body}</span>
  </p>`;
}

export const noticeStyle = css`
  .notice {
    display: flex; align-items: flex-start; gap: 9px; padding: 8px 12px; border-radius: var(--radius);
    border: 1px solid var(--line); background: var(--surface); margin-bottom: 10px; overflow-wrap: anywhere;
  }
  .notice span { min-width: 0; unicode-bidi: plaintext; }
  .notice wa-icon { flex: none; margin-top: 2px; font-size: 16px; }
  .notice.warn { background: var(--warn-soft); border-color: var(--warn); color: var(--warn); }
  .notice.danger { background: var(--danger-soft); border-color: var(--danger); color: var(--danger); }
  .notice a { color: inherit; text-decoration: underline; }
  .notice time, .notice .number { white-space: nowrap; }
`;
