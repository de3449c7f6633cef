/**
 * Text that nobody vouches for, made visible: control and direction characters become marks, so that what is read is
 * what is there. Always rendered as text; nothing here makes HTML.
 */

import { css, html, type TemplateResult } from "lit";

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const LONGEST_LINE = 4_000;
/** After so many marks the rest are words: an element for each would hold up the page. */
const MOST_MARKS = 20_000;

/** A right-to-left override is shown as `U+202E`, a NUL as `U+0000`. */
function mark(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The text in pieces: what is plain, and marks for what would hide. */
export function visible(text: string): (string | TemplateResult)[] {
  const pieces: (string | TemplateResult)[] = [];
  let at = 0;
  for (const match of text.replaceAll("\r\n", "\n").matchAll(HIDDEN)) {
    if (pieces.length > 2 * MOST_MARKS) break;
    if (match.index > at) pieces.push(match.input.slice(at, match.index));
    pieces.push(html`<span class="mark">${mark(match[0])}</span>`);
    at = match.index + match[0].length;
  }
  const rest = text.replaceAll("\r\n", "\n").slice(at);
  if (rest) pieces.push(rest.replace(HIDDEN, mark));
  return pieces;
}

/** What others worded, begun and ended as a sentence is. */
export function sentence(text: string): string {
  const whole = text.trim();
  if (!whole) return "";
  const first = whole[0]?.toUpperCase() ?? "";
  return `${first}${whole.slice(1)}${/[.!?…]$/.test(whole) ? "" : "."}`;
}

/** A line too long to lay out is cut, saying by how much. */
export function cutLine(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, LONGEST_LINE)} … ${line.length - LONGEST_LINE} more characters in this line`;
}

export const plainStyle = css`
  .plain { margin: 0; padding: 12px 14px; font: 12.5px/1.55 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; tab-size: 4; }
  .mark { color: var(--warn); background: var(--warn-soft); border-radius: 3px; font-size: 0.85em; padding: 0 2px; unicode-bidi: isolate; }
`;
