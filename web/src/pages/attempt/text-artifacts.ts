/** Artifacts as plain text, as a conversation, and as a coloured log. */

import { css, html } from "lit";
import { customElement } from "lit/decorators.js";
import { ansiStyle, renderPieces, Terminal } from "../../components/ansi.ts";
import { cutLine, visible } from "../../components/untrusted-text.ts";
import { ArtifactText } from "./artifact-text.ts";
import { messages } from "./artifacts.ts";

const CHUNK_LINES = 200;

/** Long texts are laid out in pieces, and only those in view. */
function chunks(text: string): string[] {
  const lines = text.split("\n").map(cutLine);
  const found: string[] = [];
  for (let at = 0; at < lines.length; at += CHUNK_LINES) found.push(lines.slice(at, at + CHUNK_LINES).join("\n"));
  return found;
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
    const parts = chunks(text);
    return parts.map((part) => html`<pre class="plain ${parts.length === 1 ? "short" : ""}">${visible(part)}</pre>`);
  }
}

@customElement("prompt-artifact")
export class PromptArtifact extends ArtifactText {
  static override styles = [
    ...ArtifactText.styles,
    css`
      .said { border-bottom: 1px solid var(--line); }
      .said h3 { font-size: 12px; font-weight: 620; color: var(--accent); padding: 10px 14px 0; }
      .said .plain { padding-top: 4px; }
    `,
  ];

  protected renderText(text: string) {
    const said = messages(text);
    if (!said)
      return html`<pre class="plain">${text
        .split("\n")
        .map(cutLine)
        .map((line, at) => [at ? "\n" : "", visible(line)])}</pre>`;
    return said.map(
      ({ role, text }) =>
        html`<section class="said"><h3>${role}</h3><pre class="plain">${visible(text)}</pre></section>`,
    );
  }
}

@customElement("log-artifact")
export class LogArtifact extends ArtifactText {
  static override styles = [...ArtifactText.styles, chunkStyle, ansiStyle];

  protected renderText(text: string) {
    const terminal = new Terminal();
    const parts = chunks(text);
    return html`${parts.map((part) => html`<pre class="plain ${parts.length === 1 ? "short" : ""}">${renderPieces(terminal.read(`${part}\n`))}</pre>`)}`;
  }
}
