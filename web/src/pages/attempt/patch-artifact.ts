/** The attempt's patch by file, side by side or line by line. It is untrusted and rendered as text only. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { showControlCharacters, truncateLine } from "../../components/untrusted-text.ts";
import {
  changedRange,
  type DiffFile,
  type DiffLine,
  fileChange,
  fileName,
  type Hunk,
  pairLines,
  parseDiff,
} from "../../format/diff.ts";
import { count, plural } from "../../format/number.ts";
import { queryParam, setQueryParams, UrlController } from "../../router.ts";
import { ArtifactText } from "./artifact-text.ts";

/** Larger files, and files after the first ones, start collapsed. */
const MAX_EXPANDED_LINES = 600;
const MAX_EXPANDED_FILES = 30;
/** Lines of a file that are rendered at first, so that a generated file does not block the page. */
const MAX_RENDERED_LINES = 3_000;

@customElement("patch-artifact")
export class PatchArtifact extends ArtifactText {
  static override styles = [
    ...ArtifactText.styles,
    css`
      .bar {
        display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 10px 14px; font-size: 13px;
        color: var(--quiet);
      }
      .bar .sum { margin-left: auto; }
      details { border-top: 1px solid var(--line); }
      summary {
        cursor: pointer; padding: 8px 14px; background: var(--sunken); font: 13px var(--mono);
        overflow-wrap: anywhere; position: sticky; top: 0; z-index: 1;
      }
      summary .change {
        font: 12px var(--sans); color: var(--quiet); border: 1px solid var(--line-strong); border-radius: 4px;
        padding: 0 5px; margin-left: 8px;
      }
      .plus { color: var(--good); margin-left: 10px; font-variant-numeric: tabular-nums; }
      .minus { color: var(--danger); margin-left: 6px; font-variant-numeric: tabular-nums; }
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font: 12.5px/1.55 var(--mono); }
      tbody { content-visibility: auto; contain-intrinsic-height: auto 400px; }
      col.line-number { width: 52px; }
      col.sign { width: 22px; }
      td {
        padding: 0 8px 0 0; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere;
        unicode-bidi: plaintext; tab-size: 4;
      }
      td.line-number { color: var(--quiet); text-align: right; user-select: none; font-size: 11.5px; line-height: 1.7; }
      td.sign { padding: 0 4px 0 8px; user-select: none; width: 22px; }
      .added { background: var(--good-soft); }
      .removed { background: var(--danger-soft); }
      .none { background: var(--sunken); }
      .added b, .removed b { font-weight: inherit; border-radius: 2px; }
      .added b { background: color-mix(in oklab, var(--passed) 32%, transparent); }
      .removed b { background: color-mix(in oklab, var(--failed) 30%, transparent); }
      .hunk td {
        background: var(--sunken); color: var(--quiet); padding: 2px 14px; border-block: 1px solid var(--line);
      }
      .note { padding: 4px 14px; color: var(--quiet); font: 12.5px var(--mono); overflow-wrap: anywhere; }
      .more { padding: 8px 14px; }
      @media (max-width: 700px) {
        col.line-number { width: 36px; }
        td.line-number { padding-right: 4px; font-size: 10.5px; }
      }
    `,
  ];

  private parsed: { text: string; files: DiffFile[] } = { text: "", files: [] };
  private readonly collapsed = new Map<number, boolean>();
  private readonly fullyRendered = new Set<number>();

  constructor() {
    super();
    new UrlController(this);
  }

  protected renderText(text: string) {
    if (this.parsed.text !== text) this.parsed = { text, files: parseDiff(text) };
    const { files } = this.parsed;
    const sideBySide = (queryParam("diff") || (window.innerWidth < 700 ? "lines" : "sides")) === "sides";
    const layout = (diff: string, label: string, pressed: boolean) => {
      const choose = () => setQueryParams({ tab: "patch", diff });
      return html`<button class="tool" aria-pressed=${pressed} @click=${choose}>${label}</button>`;
    };
    return html`<div class="bar" role="group" aria-label="Layout">
        ${layout("sides", "Side by side", sideBySide)}${layout("lines", "Line by line", !sideBySide)}
        <button class="tool" @click=${() => this.setAllCollapsed(false)}>Expand all</button>
        <button class="tool" @click=${() => this.setAllCollapsed(true)}>Collapse all</button>
        <span class="sum">
          ${plural(files.length, "file")}${renderLineCounts(sum(files, "added"), sum(files, "removed"))}
        </span>
      </div>
      ${files.map((file, index) => this.renderFile(file, index, sideBySide))}`;
  }

  private renderFile(file: DiffFile, index: number, sideBySide: boolean) {
    const lines = file.hunks.reduce((total, hunk) => total + hunk.lines.length, 0);
    const collapsed = this.collapsed.get(index) ?? (lines > MAX_EXPANDED_LINES || index >= MAX_EXPANDED_FILES);
    const name = showControlCharacters(fileName(file));
    const change = fileChange(file);
    const badge = html`<span class="change">${change}</span>`;
    const onToggle = (event: Event) => this.setCollapsed(index, !(event.target as HTMLDetailsElement).open);
    return html`<details data-file=${index} .open=${!collapsed} @toggle=${onToggle}>
      <summary>${name}${change ? badge : nothing}${renderLineCounts(file.added, file.removed)}</summary>
      ${collapsed ? nothing : file.headerLines.map(renderHeaderLine)}
      ${collapsed ? nothing : this.renderHunks(file, index, sideBySide, lines)}
    </details>`;
  }

  private renderHunks(file: DiffFile, index: number, sideBySide: boolean, lines: number) {
    if (lines === 0) return nothing;
    const complete = this.fullyRendered.has(index) || lines <= MAX_RENDERED_LINES;
    const showAll = html`<p class="more">
      <button class="tool" @click=${() => this.renderFully(index)}>Show all ${count(lines)} lines</button>
    </p>`;
    return html`<table class=${sideBySide ? "sides" : "lines"} aria-label="Changes to ${fileName(file)}">
      <colgroup>${
        sideBySide
          ? html`<col class="line-number" /><col /><col class="line-number" /><col />`
          : html`<col class="line-number" /><col class="line-number" /><col class="sign" /><col />`
      }</colgroup>
      ${(complete ? file.hunks : firstLines(file.hunks)).map((hunk) => renderHunk(hunk, sideBySide))}
    </table>
    ${complete ? nothing : showAll}`;
  }

  private setCollapsed(index: number, collapsed: boolean): void {
    if (this.collapsed.get(index) === collapsed) return;
    this.collapsed.set(index, collapsed);
    this.requestUpdate();
  }

  private setAllCollapsed(collapsed: boolean): void {
    this.parsed.files.forEach((_, index) => {
      this.collapsed.set(index, collapsed);
    });
    this.requestUpdate();
  }

  private renderFully(index: number): void {
    this.fullyRendered.add(index);
    this.requestUpdate();
  }
}

function renderHeaderLine(line: string) {
  return html`<p class="note">${showControlCharacters(truncateLine(line))}</p>`;
}

function sum(files: DiffFile[], kind: "added" | "removed"): number {
  return files.reduce((total, file) => total + file[kind], 0);
}

function renderLineCounts(added: number, removed: number) {
  const plus = added ? html`<span class="plus">+${count(added)}</span>` : nothing;
  const minus = removed ? html`<span class="minus">−${count(removed)}</span>` : nothing;
  return html`${plus}${minus}`;
}

function firstLines(hunks: Hunk[]): Hunk[] {
  let left = MAX_RENDERED_LINES;
  return hunks.flatMap((hunk) => {
    const lines = hunk.lines.slice(0, Math.max(0, left));
    left -= lines.length;
    return lines.length ? [{ ...hunk, lines }] : [];
  });
}

function renderHunk(hunk: Hunk, sideBySide: boolean): TemplateResult {
  const first = hunk.lines[0];
  const where = `@@ ${first?.old ?? first?.new ?? 0}`;
  return html`<tbody>
    <tr class="hunk"><td colspan="4">${where} ${showControlCharacters(truncateLine(hunk.context))}</td></tr>
    ${sideBySide ? pairLines(hunk.lines).map(([before, after]) => renderPair(before, after)) : renderLines(hunk.lines)}
  </tbody>`;
}

/** Line by line, in the order of the patch. */
function renderLines(lines: readonly DiffLine[]): TemplateResult[] {
  const texts = new Map<DiffLine, LineText>();
  for (const [before, after] of pairLines(lines)) {
    const [removed, added] = highlightChange(before, after);
    if (before) texts.set(before, removed);
    if (after) texts.set(after, added);
  }
  return lines.map((line) => renderLine(line, texts.get(line) ?? []));
}

function renderPair(before: DiffLine | null, after: DiffLine | null): TemplateResult {
  const [removed, added] = highlightChange(before, after);
  const old = before?.sign === "-" ? "removed" : before ? "" : "none";
  const fresh = after?.sign === "+" ? "added" : after ? "" : "none";
  const left = html`<td class="line-number ${old}">${before?.old ?? ""}</td><td class=${old}>${removed}</td>`;
  const right = html`<td class="line-number ${fresh}">${after?.new ?? ""}</td><td class=${fresh}>${added}</td>`;
  return html`<tr>${left}${right}</tr>`;
}

function renderLine(line: DiffLine, text: LineText): TemplateResult {
  const kind = { " ": "", "-": "removed", "+": "added" }[line.sign];
  const sign = line.sign === "-" ? "−" : line.sign;
  const numbers = html`<td class="line-number">${line.old ?? ""}</td><td class="line-number">${line.new ?? ""}</td>`;
  return html`<tr class=${kind}>${numbers}<td class="sign">${sign}</td><td>${text}</td></tr>`;
}

type LineText = ReturnType<typeof showControlCharacters> | TemplateResult;

/** Both lines as text; if one replaces the other, the part that differs is highlighted. */
function highlightChange(before: DiffLine | null, after: DiffLine | null): [LineText, LineText] {
  const [removed, added] = [truncateLine(before?.text ?? ""), truncateLine(after?.text ?? "")];
  const show = showControlCharacters;
  const range = before && after && before !== after ? changedRange(removed, added) : null;
  if (!range) return [show(removed), show(added)];
  const highlight = (text: string, end: number) =>
    html`${show(text.slice(0, range.start))}<b>${show(text.slice(range.start, end))}</b>${show(text.slice(end))}`;
  return [highlight(removed, range.ends[0]), highlight(added, range.ends[1])];
}
