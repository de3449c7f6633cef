/** A step's text as it is shown: a call's arguments by name, long lines cut, all of it as text. */

import { css, html, type TemplateResult } from "lit";
import type { Step } from "../../../live/steps.ts";
import { cutLine, visible } from "../../../components/untrusted-text.ts";

/** How much of a step is shown: its line alone, its beginning, what a reader can take in, everything. */
export type Depth = 0 | 1 | 2 | 3;

type Words = TemplateResult | TemplateResult[];

const MOST_CHARACTERS: Record<Depth, number> = { 0: 0, 1: 1_200, 2: 20_000, 3: Number.POSITIVE_INFINITY };
const MOST_LINES: Record<Depth, number> = { 0: 0, 1: 12, 2: 2_000, 3: Number.POSITIVE_INFINITY };
const CHUNK_LINES = 200;
const SUMMARY_CHARACTERS = 200;

/** What of `text` a depth shows; `more` when that is not all. */
function shownAt(depth: Depth, text: string): { text: string; more: boolean } {
  let shown = text.slice(0, MOST_CHARACTERS[depth]);
  const lines = shown.split("\n");
  if (lines.length > MOST_LINES[depth]) shown = lines.slice(0, MOST_LINES[depth]).join("\n");
  return { text: shown, more: shown.length < text.length };
}

/** One line that tells what a step is about. */
export function summary(step: Step): string {
  const text =
    step.kind === "call"
      ? (named(step.text)
          ?.map(([, value]) => value)
          .join(" ") ?? step.text)
      : step.text;
  const line =
    text
      .slice(0, 4 * SUMMARY_CHARACTERS)
      .split("\n")
      .find((one) => one.trim()) ?? "";
  return line.trim().slice(0, SUMMARY_CHARACTERS);
}

/** The words of a step whose `text` is known, as far as `depth` goes; `more` when something is left out. */
export function words(step: Step, text: string, depth: Depth): { body: Words; more: boolean } {
  const parts = step.kind === "call" ? named(text) : null;
  if (!parts || parts.length < 2) {
    const shown = shownAt(depth, parts?.[0]?.[1] ?? text);
    return { body: block(shown.text), more: shown.more };
  }
  const shown = parts.map(([name, value]) => ({ name, ...shownAt(depth, value) }));
  const body = html`<dl class="arguments">${shown.map(({ name, text }) => html`<div><dt>${visible(name)}</dt><dd>${block(text)}</dd></div>`)}</dl>`;
  return { body, more: shown.some(({ more }) => more) };
}

/** The arguments of a call by name; null when they are not an object, or not the whole of it. */
function named(text: string): [string, string][] | null {
  if (!text.startsWith("{")) return null;
  try {
    const parsed: Record<string, unknown> = JSON.parse(text);
    const parts = Object.entries(parsed).map(([name, value]): [string, string] => [name, worded(value)]);
    return parts.length ? parts : null;
  } catch {
    return null;
  }
}

function worded(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Long texts are laid out in pieces, and only those in view. */
function block(text: string): Words {
  const lines = text.replace(/\n$/, "").split("\n").map(cutLine);
  if (lines.length <= CHUNK_LINES) return html`<pre class="plain">${visible(lines.join("\n"))}</pre>`;
  const parts: TemplateResult[] = [];
  for (let at = 0; at < lines.length; at += CHUNK_LINES)
    parts.push(html`<pre class="plain chunk">${visible(lines.slice(at, at + CHUNK_LINES).join("\n"))}</pre>`);
  return parts;
}

export const wordsStyle = css`
  .plain { padding: 6px 14px 8px; }
  .chunk { padding-block: 0; content-visibility: auto; contain-intrinsic-height: auto 3800px; }
  .arguments { margin: 0; display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); }
  .arguments > div { display: contents; }
  .arguments dt { padding: 6px 0 0 14px; color: var(--quiet); font: 12px/1.6 var(--mono); overflow-wrap: anywhere; }
  .arguments dd { margin: 0; }
  .arguments .plain { padding-block: 5px 3px; }
`;
