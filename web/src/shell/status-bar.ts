/** The bar at the foot of every page that tells how the connection is, and the banner when it is not. */

import { css, html, LitElement, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { ground } from "../design/styles.ts";
import { live } from "../live/connection.ts";

const WORDS = { connecting: "connecting", live: "live", lost: "connection lost, reconnecting" };

@customElement("assay-status-bar")
export class StatusBar extends LitElement {
  static override styles = [
    ground,
    css`
      :host { display: flex; align-items: center; gap: 14px; padding: 4px 20px; font-size: 12px; color: var(--quiet); background: var(--surface); border-top: 1px solid var(--line); min-height: 27px; }
      .line { display: inline-flex; align-items: center; gap: 6px; }
      .lamp { width: 8px; height: 8px; border-radius: 50%; background: var(--quiet); }
      .live .lamp { background: var(--passed); }
      .lost .lamp { background: var(--failed); animation: blink 1s infinite alternate; }
      .held .lamp { background: var(--timeout); }
      .spring { flex: 1; }
      @keyframes blink { to { opacity: 0.3; } }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    live().addEventListener("status", this.heard);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    live().removeEventListener("status", this.heard);
  }

  private heard = () => this.requestUpdate();

  override render() {
    const { line, degraded, latency_ms } = live().status;
    const held = line === "live" && degraded !== "";
    return html`
      <span class="line ${held ? "held" : line}" role="status" data-line=${line}>
        <span class="lamp"></span>${held ? `held up: ${degraded}` : WORDS[line]}
      </span>
      ${latency_ms === null ? nothing : html`<span class="number" title="Round trip of the last ping">${Math.max(1, Math.round(latency_ms))} ms</span>`}
      <span class="spring"></span>
      <a href="/api/v1/openapi.json" target="_blank" rel="noopener">API</a>
    `;
  }
}

@customElement("assay-banner")
export class Banner extends LitElement {
  static override styles = [
    ground,
    css`
      .banner { display: flex; align-items: center; gap: 10px; padding: 8px 20px; background: var(--danger-soft); color: var(--danger); border-bottom: 1px solid var(--danger); font-weight: 540; }
      .banner.held { background: var(--warn-soft); color: var(--warn); border-color: var(--warn); }
      button { font: inherit; font-weight: 560; color: inherit; background: none; border: 1px solid currentColor; border-radius: 5px; padding: 2px 10px; cursor: pointer; margin-left: auto; }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    live().addEventListener("status", this.heard);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    live().removeEventListener("status", this.heard);
  }

  private heard = () => this.requestUpdate();

  override render() {
    const { line, degraded } = live().status;
    if (line === "lost") {
      return html`<div class="banner" role="alert">
        <span>Connection lost, reconnecting. What is shown may be old.</span>
        <button @click=${() => live().retry()}>Try now</button>
      </div>`;
    }
    if (line === "live" && degraded) {
      return html`<div class="banner held" role="alert"><span>Live updates are held up (${degraded}). What is shown may be old.</span></div>`;
    }
    return nothing;
  }
}
