/** The state of the live connection: a status bar on every page, and a banner when data may be out of date. */

import { css, html, LitElement, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { base } from "../design/styles.ts";
import { live } from "../live/connection.ts";

const STATE_TEXT = { connecting: "connecting", live: "live", lost: "connection lost, reconnecting" };

@customElement("assay-status-bar")
export class StatusBar extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex; align-items: center; gap: 14px; padding: 4px 20px; font-size: 12px; color: var(--quiet);
        background: var(--surface); border-top: 1px solid var(--line); min-height: var(--status-bar-height);
      }
      .connection { display: inline-flex; align-items: center; gap: 6px; }
      .dot { width: 8px; height: 8px; border-radius: 50%; background: var(--quiet); }
      .live .dot { background: var(--passed); }
      .lost .dot { background: var(--failed); animation: blink 1s infinite alternate; }
      .degraded .dot { background: var(--timeout); }
      .spring { flex: 1; }
      @media (forced-colors: active) { .dot { forced-color-adjust: none; } }
      @keyframes blink { to { opacity: 0.3; } }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    live().addEventListener("status", this.onStatus);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    live().removeEventListener("status", this.onStatus);
  }

  private onStatus = () => this.requestUpdate();

  override render() {
    const { state, degraded, latency_ms } = live().status;
    const delayed = state === "live" && degraded !== "";
    return html`
      <span class="connection ${delayed ? "degraded" : state}" role="status" data-connection=${state}>
        <span class="dot"></span>${delayed ? `delayed: ${degraded}` : STATE_TEXT[state]}
      </span>
      ${latency_ms === null ? nothing : renderLatency(latency_ms)}
      <span class="spring"></span>
      <a href="/docs" target="_blank" rel="noopener">API</a>
    `;
  }
}

function renderLatency(milliseconds: number) {
  const text = `${Math.max(1, Math.round(milliseconds))} ms`;
  return html`<span class="number" title="Round trip of the last ping">${text}</span>`;
}

@customElement("assay-banner")
export class Banner extends LitElement {
  static override styles = [
    base,
    css`
      .banner {
        display: flex; align-items: center; gap: 10px; padding: 8px 20px; background: var(--danger-soft);
        color: var(--danger); border-bottom: 1px solid var(--danger); font-weight: 540;
      }
      .banner.degraded { background: var(--warn-soft); color: var(--warn); border-color: var(--warn); }
      button {
        font: inherit; font-weight: 560; color: inherit; background: none; border: 1px solid currentColor;
        border-radius: 5px; padding: 2px 10px; cursor: pointer; margin-left: auto;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    live().addEventListener("status", this.onStatus);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    live().removeEventListener("status", this.onStatus);
  }

  private onStatus = () => this.requestUpdate();

  override render() {
    const { state, degraded } = live().status;
    if (state === "lost") {
      return html`<div class="banner" role="alert">
        <span>Connection lost, reconnecting. This page may be out of date.</span>
        <button @click=${() => live().retry()}>Try now</button>
      </div>`;
    }
    if (state === "live" && degraded) {
      return html`<div class="banner degraded" role="alert">
        <span>Live updates are delayed (${degraded}). This page may be out of date.</span>
      </div>`;
    }
    return nothing;
  }
}
