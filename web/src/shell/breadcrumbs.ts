/** Breadcrumbs: set by each page, shown by the shell, and used as the title of the window. */

import { html, nothing } from "lit";

export interface Breadcrumb {
  name: string;
  href?: string;
}

const CHANGED = "assay-breadcrumbs";

let trail: Breadcrumb[] = [];

export function setBreadcrumbs(crumbs: Breadcrumb[]): void {
  if (JSON.stringify(crumbs) === JSON.stringify(trail)) return;
  trail = crumbs;
  document.title = [...crumbs.map((crumb) => crumb.name).reverse(), "Assay"].join(" · ");
  window.dispatchEvent(new Event(CHANGED));
}

export function onBreadcrumbsChanged(listener: () => void): void {
  window.addEventListener(CHANGED, listener);
}

/** Nothing on a top-level page. */
export function renderBreadcrumbs() {
  if (trail.length < 2) return nothing;
  return html`<nav aria-label="Breadcrumb" class="crumbs"><ol>
    ${trail.map((crumb) => html`<li>${renderBreadcrumb(crumb)}</li>`)}
  </ol></nav>`;
}

function renderBreadcrumb(crumb: Breadcrumb) {
  const current = crumb === trail.at(-1);
  if (crumb.href && !current) return html`<a href=${crumb.href}>${crumb.name}</a>`;
  return html`<span aria-current="page">${crumb.name}</span>`;
}
