/** An artifact's text, fetched when shown: its beginning first, the whole on request, as file always. */

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { artifactUrl, asProblem, readArtifact } from "../../api.ts";
import type { ArtifactRef, Problem } from "../../contracts.ts";
import { controls, ground } from "../../design/sheets.ts";
import { bytes } from "../../format/number.ts";
import { failed, noticeStyle, skeletons } from "../../parts/notice.ts";
import { plainStyle } from "../../parts/plain.ts";

const FIRST_BYTES = 200_000;
const MOST_BYTES = 8_000_000;

/** Elements that show one artifact in their own way extend this and say how in `renderText`. */
export abstract class ArtifactText extends LitElement {
  static override styles = [
    ground,
    controls,
    noticeStyle,
    plainStyle,
    css`
      .box { max-height: max(420px, 72vh); overflow: auto; }
      .foot { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; padding: 8px 14px; border-top: 1px solid var(--line); font-size: 13px; color: var(--quiet); }
      .foot .cut { color: var(--warn); }
    `,
  ];

  @property() attemptId = "";
  @property() name = "";
  @property({ attribute: false }) ref: ArtifactRef | null = null;
  @state() protected text: string | null = null;
  @state() private complete = true;
  @state() private problem: Problem | null = null;
  private reading = "";

  protected abstract renderText(text: string): TemplateResult | TemplateResult[];

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("ref") || changed.has("name")) void this.read(FIRST_BYTES);
  }

  override render() {
    if (this.problem) return failed(this.problem);
    if (this.text === null) return skeletons(5);
    return html`<div class="box" tabindex="0" role="region" aria-label=${this.name}>${this.text ? this.renderText(this.text) : html`<p class="plain quiet">empty</p>`}</div>
      ${this.renderFoot()}`;
  }

  private renderFoot() {
    const size = this.ref?.size_bytes ?? 0;
    return html`<div class="foot">
      <span>${this.name}, ${bytes(size)}</span>
      ${this.ref?.truncated ? html`<span class="cut">Cut when it was stored: more was produced.</span>` : nothing}
      ${this.complete ? nothing : html`<span class="cut">Only the beginning is shown.</span>`}
      ${this.complete || size > MOST_BYTES ? nothing : html`<button class="tool" @click=${() => this.read(MOST_BYTES)}>Show all</button>`}
      <a href=${artifactUrl(this.attemptId, this.name)} download=${this.name}>Download</a>
    </div>`;
  }

  private async read(limitBytes: number): Promise<void> {
    const url = artifactUrl(this.attemptId, this.name);
    const wanted = `${url} ${this.ref?.sha256} ${limitBytes}`;
    if (wanted === this.reading) return;
    this.reading = wanted;
    try {
      const { text, complete } = await readArtifact(url, limitBytes);
      if (this.reading !== wanted) return;
      this.text = text;
      this.complete = complete;
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }
}
