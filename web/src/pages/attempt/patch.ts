/** The attempt's patch, side by side or line by line. */

import { html as drawDiff } from "diff2html";
import diffStyle from "diff2html/bundles/css/diff2html.min.css?inline";
import { ColorSchemeType } from "diff2html/lib-esm/types.js";
import DOMPurify from "dompurify";
import { css, html, unsafeCSS } from "lit";
import { customElement } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { visible } from "../../parts/plain.ts";
import { Address, queryValue, setQuery } from "../../router.ts";
import { isDark } from "../../shell/theme.ts";
import { ArtifactText } from "./artifact-text.ts";

/** Beyond this a drawn diff would hold up the page, so the text itself is shown. */
const MOST_CHARACTERS = 400_000;
/** What scrolls sideways in a drawn diff must be reachable by keyboard. */
const BOX = '<div class="d2h-code-wrapper">';
const LONGEST_LINE = 5_000;

@customElement("patch-artifact")
export class PatchArtifact extends ArtifactText {
  static override styles = [
    ...ArtifactText.styles,
    unsafeCSS(diffStyle),
    css`
      .bar { display: flex; gap: 8px; padding: 10px 14px; }
      .d2h-file-wrapper { border: 0; border-top: 1px solid var(--line); border-radius: 0; margin: 0; }
      .d2h-file-header { background: var(--sunken); border-color: var(--line); font-family: var(--mono); }
      .d2h-file-name, .d2h-code-line-ctn { font-family: var(--mono); }
      .d2h-diff-table { font-family: var(--mono); font-size: 12.5px; }
      .d2h-code-wrapper { overflow-x: auto; }
      .d2h-code-linenumber, .d2h-code-side-linenumber { position: static; display: table-cell; color: var(--quiet) !important; }
      .d2h-code-linenumber { white-space: nowrap; width: 7em; }
      .line-num1, .line-num2 { display: inline-block; float: none; width: 3em; padding: 0 4px; text-align: right; }
      .d2h-code-line, .d2h-code-side-line { padding: 0 8px; }
      .d2h-tag { background: var(--surface); }
      .d2h-changed-tag, .d2h-added-tag, .d2h-deleted-tag, .d2h-moved-tag { color: var(--text); border-color: var(--line-strong); }
      .d2h-info { color: var(--quiet) !important; }
    `,
  ];

  constructor() {
    super();
    new Address(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("assay-theme", this.themed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("assay-theme", this.themed);
  }

  private themed = () => this.requestUpdate();

  protected renderText(text: string) {
    const large = text.length > MOST_CHARACTERS || text.split("\n").some((line) => line.length > LONGEST_LINE);
    if (large) return html`<pre class="plain">${visible(text)}</pre>`;
    const side = (queryValue("diff") || (window.innerWidth < 700 ? "lines" : "sides")) === "sides";
    return html`<div class="bar" role="group" aria-label="Layout">
        <button class="tool" aria-pressed=${side} @click=${() => setQuery({ diff: "sides" })}>Side by side</button>
        <button class="tool" aria-pressed=${!side} @click=${() => setQuery({ diff: "lines" })}>Line by line</button>
      </div>
      ${unsafeHTML(draw(text, side))}`;
  }
}

/** diff2html escapes what it shows; DOMPurify goes over the result again, since the patch is a model's. */
function draw(text: string, side: boolean): string {
  const drawn = drawDiff(text, {
    outputFormat: side ? "side-by-side" : "line-by-line",
    drawFileList: false,
    matching: "lines",
    colorScheme: isDark() ? ColorSchemeType.DARK : ColorSchemeType.LIGHT,
  });
  const reachable = drawn.replaceAll(BOX, `${BOX.slice(0, -1)} tabindex="0" role="region" aria-label="Changed lines">`);
  return DOMPurify.sanitize(reachable, { FORBID_TAGS: ["style", "img", "form", "input"], FORBID_ATTR: ["style"] });
}
