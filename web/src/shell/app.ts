/** The application shell: header, banner, breadcrumbs, the current page, status bar. */

import "@awesome.me/webawesome/dist/components/icon/icon.js";
import { css, html, LitElement } from "lit";
import { customElement } from "lit/decorators.js";
import { listRuns, SIGN_IN_REQUIRED } from "../api.ts";
import { base } from "../design/styles.ts";
import { live } from "../live/connection.ts";
import { UrlController } from "../router.ts";
import { onBreadcrumbsChanged, renderBreadcrumbs } from "./breadcrumbs.ts";
import { renderRoute } from "./routes.ts";
import "./status-bar.ts";
import { chooseTheme, chosenTheme, THEMES } from "./theme.ts";

const THEME_ICONS = { system: "screen", light: "sun", dark: "moon" };

@customElement("assay-app")
export class App extends LitElement {
  static override styles = [
    base,
    css`
      :host { display: grid; grid-template-rows: auto auto 1fr auto; min-height: 100%; }
      .top {
        display: flex; align-items: center; gap: 6px 20px; flex-wrap: wrap; padding: 8px 20px;
        background: var(--surface); border-bottom: 1px solid var(--line);
      }
      .brand {
        display: flex; align-items: center; gap: 9px; color: var(--text); font-weight: 640; font-size: 16px;
        letter-spacing: -0.01em;
      }
      .brand:hover { text-decoration: none; }
      .main-nav { display: flex; gap: 2px; }
      .main-nav a { color: var(--quiet); padding: 5px 10px; border-radius: 5px; font-weight: 530; }
      .main-nav a:hover { background: var(--sunken); text-decoration: none; }
      .main-nav a[data-here] { color: var(--accent); background: var(--accent-soft); }
      .theme {
        margin-left: auto; background: none; border: 1px solid transparent; border-radius: 5px; color: var(--quiet);
        cursor: pointer; width: 32px; height: 32px; font-size: 17px; display: grid; place-items: center;
      }
      .theme:hover { background: var(--sunken); color: var(--text); }
      main { padding: 14px 20px 28px; width: 100%; max-width: 1480px; margin: 0 auto; min-width: 0; }
      main:focus { outline: none; }
      .crumbs ol {
        display: flex; flex-wrap: wrap; gap: 4px; margin: 0 0 10px; padding: 0; list-style: none; font-size: 12.5px;
        color: var(--quiet);
      }
      .crumbs li { min-width: 0; overflow-wrap: break-word; }
      .crumbs li + li::before { content: "/"; padding: 0 5px 0 1px; color: var(--line-strong); }
      .skip { position: absolute; left: -999px; }
      .skip:focus { left: 8px; top: 8px; background: var(--surface); padding: 8px 12px; z-index: 10; }
      assay-status-bar { position: sticky; bottom: 0; z-index: 3; }
      assay-banner { position: sticky; top: 0; z-index: 4; }
      @media (max-width: 640px) {
        main { padding: 12px 12px 24px; }
        .top { padding: 8px 12px; gap: 6px; }
        .main-nav a { padding: 5px 7px; }
      }
      @media (max-width: 440px) { .brand span { position: absolute; clip-path: inset(50%); } }
    `,
  ];

  constructor() {
    super();
    new UrlController(this, () => this.focusPage());
    onBreadcrumbsChanged(() => this.requestUpdate());
    window.addEventListener(SIGN_IN_REQUIRED, () => void this.showSignIn(), { once: true });
    live().addEventListener("status", () => this.onStatus());
  }

  private connectionState = "";
  private path = location.pathname;

  /** Scrolls to the top of a new page and moves the focus there, for screen readers. */
  private focusPage(): void {
    if (this.path === location.pathname) return;
    this.path = location.pathname;
    window.scrollTo(0, 0);
    this.renderRoot.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
  }

  override render() {
    const theme = chosenTheme();
    return html`
      <a class="skip" href="#main" @click=${this.skipToContent}>Skip to content</a>
      <header class="top">
        <a class="brand" href="/runs"><img src="/favicon.svg" alt="" width="26" height="26" /><span>Assay</span></a>
        <nav class="main-nav" aria-label="Main">
          ${this.renderNav("/runs", "Runs")} ${this.renderNav("/leaderboard", "Leaderboard")}
          ${this.renderNav("/costs", "Costs")} ${this.renderNav("/models", "Models")}
        </nav>
        <button class="theme" @click=${this.nextTheme}
          title="Theme: ${theme}" aria-label="Theme: ${theme}. Change theme">
          <wa-icon name=${THEME_ICONS[theme]}></wa-icon>
        </button>
      </header>
      <assay-banner></assay-banner>
      <main id="main" tabindex="-1">${renderBreadcrumbs()}${renderRoute(location.pathname)}</main>
      <assay-status-bar></assay-status-bar>
    `;
  }

  /** A refused WebSocket does not say why. An HTTP request does, and asks for the token if one is needed. */
  private onStatus(): void {
    const { state } = live().status;
    if (state === "lost" && this.connectionState !== "lost") listRuns({}, "", 1).catch(() => {});
    this.connectionState = state;
  }

  private async showSignIn(): Promise<void> {
    await import("./sign-in.ts");
    this.renderRoot.append(document.createElement("sign-in"));
  }

  private renderNav(href: string, name: string) {
    const other = ["/leaderboard", "/costs", "/models"].some((path) => location.pathname.startsWith(path));
    const here = location.pathname.startsWith(href) || (href === "/runs" && !other);
    return html`<a href=${href} aria-current=${here ? "page" : "false"} ?data-here=${here}>${name}</a>`;
  }

  private skipToContent(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>("main")?.focus();
  }

  private nextTheme(): void {
    const next = THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length] ?? "system";
    chooseTheme(next);
    this.requestUpdate();
  }
}
