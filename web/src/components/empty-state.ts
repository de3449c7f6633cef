/** Placeholders where there is nothing to show: empty, failed or loading. */

import { css, html, type TemplateResult } from "lit";
import type { Problem } from "../contracts.ts";

export function emptyState(title: string, body: TemplateResult) {
  return html`<section class="empty-state"><h2>${title}</h2>${body}</section>`;
}

/** Takes the place of a whole page, so its title is the page's heading. */
export function errorPage(problem: Problem) {
  return renderError(problem, html`<h1>${problem.title}</h1>`);
}

/** Takes the place of a part of a page. */
export function errorState(problem: Problem) {
  return renderError(problem, html`<h2>${problem.title}</h2>`);
}

function renderError(problem: Problem, heading: TemplateResult) {
  return html`<section class="empty-state" role="alert">
    ${heading}
    ${
      problem.detail
        ? html`<p>${problem.detail}</p>`
        : problem.errors.map((error) => html`<p><code>${error.where}</code> ${error.message}</p>`)
    }
    <p><a href="/runs">All runs</a></p>
  </section>`;
}

export function loadingRows(rows: number) {
  const lines = Array.from({ length: rows }, () => html`<span></span>`);
  return html`<div class="skeletons" role="status" aria-label="Loading">${lines}</div>`;
}

export const emptyStateStyle = css`
  .empty-state { padding: 44px 20px; text-align: center; color: var(--quiet); }
  .empty-state :is(h1, h2) { color: var(--text); font-size: 16px; margin-bottom: 6px; }
  .empty-state p { margin: 6px auto; max-width: 60ch; }
  .empty-state code, .empty-state pre {
    background: var(--sunken); border: 1px solid var(--line); border-radius: 5px; padding: 2px 7px;
    color: var(--text);
  }
  .empty-state pre {
    display: inline-block; text-align: left; padding: 9px 14px; margin: 8px 0; max-width: 100%; overflow-x: auto;
  }
  .skeletons { display: grid; gap: 12px; padding: 16px 14px; }
  .skeletons span {
    height: 20px; border-radius: 4px;
    background: linear-gradient(90deg, var(--sunken) 25%, var(--line) 50%, var(--sunken) 75%);
    background-size: 300% 100%; animation: sheen 1.6s linear infinite;
  }
  .skeletons span:nth-child(3n + 1) { width: 92%; }
  .skeletons span:nth-child(3n + 2) { width: 78%; }
  @keyframes sheen { from { background-position: 100% 0; } to { background-position: -50% 0; } }
`;
