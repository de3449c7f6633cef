/** Client-side routing: the path selects a page, the query holds its filters and tabs. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

const NAVIGATED = "assay-navigated";

export function navigate(url: string, mode: "push" | "replace" = "push"): void {
  if (mode === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  window.dispatchEvent(new Event(NAVIGATED));
}

export function queryParam(name: string): string {
  return new URLSearchParams(location.search).get(name) ?? "";
}

/** Sets query parameters and removes empty ones. Replaces the history entry, so that Back leaves the page. */
export function setQueryParams(values: Record<string, string>, mode: "push" | "replace" = "replace"): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), mode);
}

/** Updates its host whenever the URL changes. */
export class UrlController implements ReactiveController {
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly onChange: () => void = () => {},
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener(NAVIGATED, this.changed);
    window.addEventListener("popstate", this.changed);
  }

  hostDisconnected(): void {
    window.removeEventListener(NAVIGATED, this.changed);
    window.removeEventListener("popstate", this.changed);
  }

  private changed = (): void => {
    this.onChange();
    this.host.requestUpdate();
  };
}

/** Handles links within the dashboard without a page load; all other links are left to the browser. */
export function interceptLinks(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}
