/** The text of a step: a call's arguments by name, long lines truncated, always rendered as text. */

import { css, html, type TemplateResult } from "lit";
import { showControlCharacters, truncateLine } from "../../../components/untrusted-text.ts";
import type { Step } from "../../../live/steps.ts";

/** How much of a step is shown: summary line, beginning, most, all. */
export type Depth = 0 | 1 | 2 | 3;

type Rendered = TemplateResult | TemplateResult[];

const MAX_CHARACTERS: Record<Depth, number> = { 0: 0, 1: 1_200, 2: 20_000, 3: Number.POSITIVE_INFINITY };
const MAX_LINES: Record<Depth, number> = { 0: 0, 1: 12, 2: 2_000, 3: Number.POSITIVE_INFINITY };
const CHUNK_LINES = 200;
const SUMMARY_CHARACTERS = 200;

/** The part of `text` shown at a depth; `more` if that is not all. */
function truncateAt(depth: Depth, text: string): { text: string; more: boolean } {
  let shown = text.slice(0, MAX_CHARACTERS[depth]);
  const lines = shown.split("\n");
  if (lines.length > MAX_LINES[depth]) shown = lines.slice(0, MAX_LINES[depth]).join("\n");
  return { text: shown, more: shown.length < text.length };
}

/** The first line of a step's text. */
export function summary(step: Step): string {
  const values = step.kind === "call" ? parseArguments(step.text)?.map(([, value]) => value) : null;
  const lines = (values?.join(" ") ?? step.text).slice(0, 4 * SUMMARY_CHARACTERS).split("\n");
  return (lines.find((line) => line.trim()) ?? "").trim().slice(0, SUMMARY_CHARACTERS);
}

/** Renders the text of a step up to `depth`; `more` if something is left out. */
export function renderText(step: Step, text: string, depth: Depth): { body: Rendered; more: boolean } {
  const parts = step.kind === "call" ? parseArguments(text) : null;
  if (!parts || parts.length < 2) {
    const shown = truncateAt(depth, parts?.[0]?.[1] ?? text);
    return { body: renderBlock(shown.text), more: shown.more };
  }
  const shown = parts.map(([name, value]) => ({ name, ...truncateAt(depth, value) }));
  const entries = shown.map(
    ({ name, text }) => html`<div><dt>${showControlCharacters(name)}</dt><dd>${renderBlock(text)}</dd></div>`,
  );
  return { body: html`<dl class="arguments">${entries}</dl>`, more: shown.some(({ more }) => more) };
}

/** The arguments of a call by name; null if they are not a complete JSON object. */
function parseArguments(text: string): [string, string][] | null {
  if (!text.startsWith("{")) return null;
  try {
    const parsed: Record<string, unknown> = JSON.parse(text);
    const parts = Object.entries(parsed).map(([name, value]): [string, string] => [name, argumentText(value)]);
    return parts.length ? parts : null;
  } catch {
    return null;
  }
}

function argumentText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** A long text is split into chunks, so that only those in view are laid out. */
function renderBlock(text: string): Rendered {
  const lines = text.replace(/\n$/, "").split("\n").map(truncateLine);
  if (lines.length <= CHUNK_LINES) return html`<pre class="plain">${showControlCharacters(lines.join("\n"))}</pre>`;
  const parts: TemplateResult[] = [];
  for (let index = 0; index < lines.length; index += CHUNK_LINES)
    parts.push(
      html`<pre class="plain chunk">${showControlCharacters(lines.slice(index, index + CHUNK_LINES).join("\n"))}</pre>`,
    );
  return parts;
}

export const stepTextStyle = css`
  .plain { padding: 6px 14px 8px; }
  .chunk { padding-block: 0; content-visibility: auto; contain-intrinsic-height: auto 3800px; }
  .arguments { margin: 0; display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); }
  .arguments > div { display: contents; }
  .arguments dt { padding: 6px 0 0 14px; color: var(--quiet); font: 12px/1.6 var(--mono); overflow-wrap: anywhere; }
  .arguments dd { margin: 0; }
  .arguments .plain { padding-block: 5px 3px; }
`;
