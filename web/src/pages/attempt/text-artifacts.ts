/** Artifacts as plain text, as a conversation, or as a coloured log. */

import { css, html } from "lit";
import { customElement } from "lit/decorators.js";
import { AnsiParser, ansiStyle, renderStyledText } from "../../components/ansi.ts";
import { showControlCharacters, truncateLine } from "../../components/untrusted-text.ts";
import { ArtifactText } from "./artifact-text.ts";
import { parsePrompt } from "./artifacts.ts";

const CHUNK_LINES = 200;

/** Splits a long text, so that only the chunks in view are laid out. */
function splitIntoChunks(text: string): string[] {
  const lines = text.split("\n").map(truncateLine);
  const chunks: string[] = [];
  for (let index = 0; index < lines.length; index += CHUNK_LINES)
    chunks.push(lines.slice(index, index + CHUNK_LINES).join("\n"));
  return chunks;
}

const chunkStyle = css`
  .plain { padding-block: 0; content-visibility: auto; contain-intrinsic-height: auto 3800px; }
  .plain:first-of-type { padding-top: 12px; }
  .plain:last-of-type { padding-bottom: 12px; }
  .short { contain-intrinsic-height: auto none; content-visibility: visible; }
`;

@customElement("plain-artifact")
export class PlainArtifact extends ArtifactText {
  static override styles = [...ArtifactText.styles, chunkStyle];

  protected renderText(text: string) {
    const parts = splitIntoChunks(text);
    return parts.map(
      (part) => html`<pre class="plain ${parts.length === 1 ? "short" : ""}">${showControlCharacters(part)}</pre>`,
    );
  }
}

@customElement("prompt-artifact")
export class PromptArtifact extends ArtifactText {
  static override styles = [
    ...ArtifactText.styles,
    css`
      .turn { border-bottom: 1px solid var(--line); }
      .turn h3 { font-size: 12px; font-weight: 620; color: var(--accent); padding: 10px 14px 0; }
      .turn .plain { padding-top: 4px; }
    `,
  ];

  protected renderText(text: string) {
    const messages = parsePrompt(text);
    if (!messages) {
      const plain = text.split("\n").map(truncateLine).join("\n");
      return html`<pre class="plain">${showControlCharacters(plain)}</pre>`;
    }
    return messages.map(
      ({ role, text }) =>
        html`<section class="turn"><h3>${role}</h3><pre class="plain">${showControlCharacters(text)}</pre></section>`,
    );
  }
}

@customElement("log-artifact")
export class LogArtifact extends ArtifactText {
  static override styles = [...ArtifactText.styles, chunkStyle, ansiStyle];

  protected renderText(text: string) {
    const parser = new AnsiParser();
    const parts = splitIntoChunks(text);
    const size = parts.length === 1 ? "short" : "";
    return parts.map((part) => html`<pre class="plain ${size}">${renderStyledText(parser.parse(`${part}\n`))}</pre>`);
  }
}
