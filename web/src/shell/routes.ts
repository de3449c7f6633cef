/** Maps paths to pages, which are loaded when first visited. */

import { html, type TemplateResult } from "lit";
import { notifyFailure } from "./toast.ts";

interface Route {
  path: RegExp;
  load(): Promise<unknown>;
  render(id: string): TemplateResult;
}

const ROUTES: Route[] = [
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
  {
    path: /^\/models\/?$/,
    load: () => import("../pages/models/page.ts"),
    render: () => html`<models-page></models-page>`,
  },
];

const NOT_FOUND: Route = {
  path: /./,
  load: () => import("../pages/not-found.ts"),
  render: () => html`<not-found-page></not-found-page>`,
};

export function renderRoute(path: string): TemplateResult {
  const page = ROUTES.find((candidate) => candidate.path.test(path)) ?? NOT_FOUND;
  page.load().catch((error) => notifyFailure("Cannot load the page", error));
  return page.render(page.path.exec(path)?.[1] ?? "");
}
