/** Where a page stands: each page tells its trail, the shell shows it and names the window after it. */

import { html, nothing } from "lit";

export interface Crumb {
  name: string;
  href?: string;
}

const TOLD = "assay-crumbs";

let trail: Crumb[] = [];

export function tellCrumbs(crumbs: Crumb[]): void {
  if (JSON.stringify(crumbs) === JSON.stringify(trail)) return;
  trail = crumbs;
  document.title = [...crumbs.map((crumb) => crumb.name).reverse(), "Assay"].join(" · ");
  window.dispatchEvent(new Event(TOLD));
}

export function onCrumbs(listener: () => void): void {
  window.addEventListener(TOLD, listener);
}

/** Nothing on a page that stands by itself. */
export function renderCrumbs() {
  if (trail.length < 2) return nothing;
  return html`<nav aria-label="Breadcrumb" class="crumbs"><ol>
    ${trail.map(
      (crumb, at) => html`<li>
      ${crumb.href && at < trail.length - 1 ? html`<a href=${crumb.href}>${crumb.name}</a>` : html`<span aria-current="page">${crumb.name}</span>`}
    </li>`,
    )}
  </ol></nav>`;
}
