/**
 * Untrusted text. Control and direction characters are shown as marks, so that they cannot hide or reorder anything.
 * Always rendered as text, never as HTML.
 */

import { css, html, type TemplateResult } from "lit";

// biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for control characters.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const MAX_LINE_CHARACTERS = 4_000;
/** Later marks are plain text, because an element for each of them would block the page. */
const MAX_MARKS = 20_000;

/** `U+202E` for a right-to-left override, `U+0000` for a NUL. */
function codePointName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The text with control characters replaced by visible marks. */
export function showControlCharacters(text: string): (string | TemplateResult)[] {
  const parts: (string | TemplateResult)[] = [];
  let end = 0;
  for (const match of text.replaceAll("\r\n", "\n").matchAll(INVISIBLE)) {
    if (parts.length > 2 * MAX_MARKS) break;
    if (match.index > end) parts.push(match.input.slice(end, match.index));
    parts.push(html`<span class="mark">${codePointName(match[0])}</span>`);
    end = match.index + match[0].length;
  }
  const rest = text.replaceAll("\r\n", "\n").slice(end);
  if (rest) parts.push(rest.replace(INVISIBLE, codePointName));
  return parts;
}

/** A sentence in which text between backticks is a command. */
export function withCommands(text: string) {
  const shown = (part: string, index: number) =>
    index % 2 ? html`<code>${showControlCharacters(part)}</code>` : showControlCharacters(part);
  const sentence = text.slice(0, 1).toUpperCase() + text.slice(1);
  return sentence.split("`").map(shown);
}

/** Text of a service with a capital letter at the start, unless it starts with a name, and a full stop at the end. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const isName = /^\S*[/_.\d]\S/.test(trimmed);
  const first = isName ? trimmed.charAt(0) : trimmed.charAt(0).toUpperCase();
  return `${first}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? "" : "."}`;
}

/** Truncates a line that is too long to lay out, and says by how much. */
export function truncateLine(line: string): string {
  if (line.length <= MAX_LINE_CHARACTERS) return line;
  return `${line.slice(0, MAX_LINE_CHARACTERS)} … ${line.length - MAX_LINE_CHARACTERS} more characters in this line`;
}

export const plainStyle = css`
  .plain {
    margin: 0; padding: 12px 14px; font: 12.5px/1.55 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere;
    unicode-bidi: plaintext; tab-size: 4;
  }
  .mark {
    color: var(--warn); background: var(--warn-soft); border-radius: 3px; font-size: 0.85em; padding: 0 2px;
    unicode-bidi: isolate;
  }
`;
