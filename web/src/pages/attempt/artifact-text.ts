/** The text of an artifact: a preview, all of it on request, and a download. */

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { artifactUrl, asProblem, readArtifact } from "../../api.ts";
import { emptyStateStyle, errorState, loadingRows } from "../../components/empty-state.ts";
import { plainStyle } from "../../components/untrusted-text.ts";
import type { ArtifactRef, Problem } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { bytes } from "../../format/number.ts";

const PREVIEW_BYTES = 200_000;
const MAX_BYTES = 8_000_000;

/** Base of elements that show one artifact; subclasses implement `renderText`. */
export abstract class ArtifactText extends LitElement {
  static override styles = [
    base,
    controls,
    emptyStateStyle,
    plainStyle,
    css`
      .box { max-height: max(420px, 72vh); overflow: auto; }
      .footer {
        display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; padding: 8px 14px;
        border-top: 1px solid var(--line); font-size: 13px; color: var(--quiet);
      }
      .footer .cut { color: var(--warn); }
    `,
  ];

  @property() attemptId = "";
  @property() name = "";
  @property({ attribute: false }) ref: ArtifactRef | null = null;
  @state() protected text: string | null = null;
  @state() private complete = true;
  @state() private problem: Problem | null = null;
  private currentRequest = "";

  protected abstract renderText(text: string): TemplateResult | TemplateResult[];

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("ref") || changed.has("name")) void this.load(PREVIEW_BYTES);
  }

  override render() {
    if (this.problem) return errorState(this.problem);
    if (this.text === null) return loadingRows(5);
    const content = this.text ? this.renderText(this.text) : html`<p class="plain quiet">empty</p>`;
    return html`<div class="box" tabindex="0" role="region" aria-label=${this.name}>${content}</div>
      ${this.renderFooter()}`;
  }

  private renderFooter() {
    const size = this.ref?.size_bytes ?? 0;
    const showAll = html`<button class="tool" @click=${() => this.load(MAX_BYTES)}>Show all</button>`;
    return html`<div class="footer">
      <span>${this.name}, ${bytes(size)}</span>
      ${this.ref?.truncated ? html`<span class="cut">Truncated when stored: the output was longer.</span>` : nothing}
      ${this.complete ? nothing : html`<span class="cut">Only the beginning is shown.</span>`}
      ${this.complete || size > MAX_BYTES ? nothing : showAll}
      <a href=${artifactUrl(this.attemptId, this.name)} download=${this.name}>Download</a>
    </div>`;
  }

  private async load(limitBytes: number): Promise<void> {
    const url = artifactUrl(this.attemptId, this.name);
    const request = `${url} ${this.ref?.sha256} ${limitBytes}`;
    if (request === this.currentRequest) return;
    this.currentRequest = request;
    try {
      const { text, complete } = await readArtifact(url, limitBytes);
      if (this.currentRequest !== request) return;
      this.text = text;
      this.complete = complete;
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }
}
