/** Which page an address shows. Pages are loaded when first visited. */

import { html, type TemplateResult } from "lit";
import { notifyFailure } from "./toast.ts";

interface Page {
  path: RegExp;
  load(): Promise<unknown>;
  render(id: string): TemplateResult;
}

const PAGES: Page[] = [
  {
    path: /^\/(?:runs\/?)?$/,
    load: () => import("../pages/runs/page.ts"),
    render: () => html`<runs-page></runs-page>`,
  },
  {
    path: /^\/runs\/([a-z0-9-]+)\/?$/,
    load: () => import("../pages/run/page.ts"),
    render: (id) => html`<run-page .runId=${id}></run-page>`,
  },
  {
    path: /^\/attempts\/([a-z0-9-]+)\/?$/,
    load: () => import("../pages/attempt/page.ts"),
    render: (id) => html`<attempt-page .attemptId=${id}></attempt-page>`,
  },
  {
    path: /^\/leaderboard\/?$/,
    load: () => import("../pages/leaderboard/page.ts"),
    render: () => html`<leaderboard-page></leaderboard-page>`,
  },
  {
    path: /^\/costs\/?$/,
    load: () => import("../pages/costs/page.ts"),
    render: () => html`<costs-page></costs-page>`,
  },
];

const MISSING: Page = {
  path: /./,
  load: () => import("../pages/not-found.ts"),
  render: () => html`<missing-page></missing-page>`,
};

export function pageAt(path: string): TemplateResult {
  const page = PAGES.find((candidate) => candidate.path.test(path)) ?? MISSING;
  page.load().catch((error) => notifyFailure("The page could not be loaded", error));
  return page.render(page.path.exec(path)?.[1] ?? "");
}
