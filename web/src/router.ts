/** Where we are: the path chooses a page, the query holds its filters and tabs. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

const MOVED = "assay-moved";

export function go(url: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  window.dispatchEvent(new Event(MOVED));
}

export function queryValue(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? "";
}

/** Sets query values (an empty one is removed). Filters replace the entry, so that Back leaves the page. */
export function setQuery(values: Record<string, string>, how: "push" | "replace" = "replace"): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  go(location.pathname + (text ? `?${text}` : ""), how);
}

/** Renders its host again whenever the address changes. */
export class Address implements ReactiveController {
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly moved: () => void = () => {},
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener(MOVED, this.changed);
    window.addEventListener("popstate", this.changed);
  }

  hostDisconnected(): void {
    window.removeEventListener(MOVED, this.changed);
    window.removeEventListener("popstate", this.changed);
  }

  private changed = (): void => {
    this.moved();
    this.host.requestUpdate();
  };
}

/** Follows our own links without loading the page again; everything else is the browser's. */
export function followLinks(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
