/** The attempt's patch by files, side by side or line by line. It is a model's, so it is drawn as text and nothing else. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import {
  type DiffFile,
  type DiffLine,
  difference,
  fateOf,
  type Hunk,
  nameOf,
  pairs,
  parseDiff,
} from "../../format/diff.ts";
import { count, plural } from "../../format/number.ts";
import { cutLine, visible } from "../../components/untrusted-text.ts";
import { Address, queryValue, setQuery } from "../../router.ts";
import { ArtifactText } from "./artifact-text.ts";

/** Files beyond these are folded until somebody wants to see them. */
const OPEN_LINES = 600;
const OPEN_FILES = 30;
/** A file is drawn so far at first: no page stands still for a generated one. */
const DRAWN_LINES = 3_000;

@customElement("patch-artifact")
export class PatchArtifact extends ArtifactText {
  static override styles = [
    ...ArtifactText.styles,
    css`
      .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 10px 14px; font-size: 13px; color: var(--quiet); }
      .bar .sum { margin-left: auto; }
      details { border-top: 1px solid var(--line); }
      summary { cursor: pointer; padding: 8px 14px; background: var(--sunken); font: 13px var(--mono); overflow-wrap: anywhere; position: sticky; top: 0; z-index: 1; }
      summary .fate { font: 12px var(--sans); color: var(--quiet); border: 1px solid var(--line-strong); border-radius: 4px; padding: 0 5px; margin-left: 8px; }
      .plus { color: var(--good); margin-left: 10px; font-variant-numeric: tabular-nums; }
      .minus { color: var(--danger); margin-left: 6px; font-variant-numeric: tabular-nums; }
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font: 12.5px/1.55 var(--mono); }
      tbody { content-visibility: auto; contain-intrinsic-height: auto 400px; }
      col.at { width: 52px; }
      td { padding: 0 8px 0 0; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; tab-size: 4; }
      td.at { color: var(--quiet); text-align: right; user-select: none; font-size: 11.5px; line-height: 1.7; }
      td.sign { padding: 0 4px 0 8px; user-select: none; width: 22px; }
      .came { background: var(--good-soft); }
      .gone { background: var(--danger-soft); }
      .none { background: var(--sunken); }
      .came b, .gone b { font-weight: inherit; border-radius: 2px; }
      .came b { background: color-mix(in oklab, var(--passed) 32%, transparent); }
      .gone b { background: color-mix(in oklab, var(--failed) 30%, transparent); }
      .hunk td { background: var(--sunken); color: var(--quiet); padding: 2px 14px; border-block: 1px solid var(--line); }
      .note { padding: 4px 14px; color: var(--quiet); font: 12.5px var(--mono); overflow-wrap: anywhere; }
      .more { padding: 8px 14px; }
      @media (max-width: 700px) { col.at { width: 36px; } td.at { padding-right: 4px; font-size: 10.5px; } }
    `,
  ];

  private parsed: { text: string; files: DiffFile[] } = { text: "", files: [] };
  private readonly folded = new Map<number, boolean>();
  private readonly drawn = new Set<number>();

  constructor() {
    super();
    new Address(this);
  }

  protected renderText(text: string) {
    if (this.parsed.text !== text) this.parsed = { text, files: parseDiff(text) };
    const { files } = this.parsed;
    const side = (queryValue("diff") || (window.innerWidth < 700 ? "lines" : "sides")) === "sides";
    return html`<div class="bar" role="group" aria-label="Layout">
        <button class="tool" aria-pressed=${side} @click=${() => setQuery({ tab: "patch", diff: "sides" })}>Side by side</button>
        <button class="tool" aria-pressed=${!side} @click=${() => setQuery({ tab: "patch", diff: "lines" })}>Line by line</button>
        <button class="tool" @click=${() => this.foldAll(false)}>Expand all</button>
        <button class="tool" @click=${() => this.foldAll(true)}>Fold all</button>
        <span class="sum">${plural(files.length, "file")}${changes(sum(files, "added"), sum(files, "removed"))}</span>
      </div>
      ${files.map((file, at) => this.renderFile(file, at, side))}`;
  }

  private renderFile(file: DiffFile, at: number, side: boolean) {
    const lines = file.hunks.reduce((total, hunk) => total + hunk.lines.length, 0);
    const folded = this.folded.get(at) ?? (lines > OPEN_LINES || at >= OPEN_FILES);
    const fate = fateOf(file);
    return html`<details data-file=${at} .open=${!folded} @toggle=${(event: Event) => this.turned(at, !(event.target as HTMLDetailsElement).open)}>
      <summary>${visible(nameOf(file))}${fate ? html`<span class="fate">${fate}</span>` : nothing}${changes(file.added, file.removed)}</summary>
      ${folded ? nothing : html`${file.notes.map((line) => html`<p class="note">${visible(cutLine(line))}</p>`)}${this.renderHunks(file, at, side, lines)}`}
    </details>`;
  }

  private renderHunks(file: DiffFile, at: number, side: boolean, lines: number) {
    if (lines === 0) return nothing;
    const whole = this.drawn.has(at) || lines <= DRAWN_LINES;
    return html`<table class=${side ? "sides" : "lines"} aria-label="Changes to ${nameOf(file)}">
      <colgroup>${side ? html`<col class="at" /><col /><col class="at" /><col />` : html`<col class="at" /><col class="at" /><col style="width: 22px" /><col />`}</colgroup>
      ${(whole ? file.hunks : beginning(file.hunks)).map((hunk) => renderHunk(hunk, side))}
    </table>
    ${whole ? nothing : html`<p class="more"><button class="tool" @click=${() => this.drawWhole(at)}>Show all ${count(lines)} lines</button></p>`}`;
  }

  private turned(at: number, folded: boolean): void {
    if (this.folded.get(at) === folded) return;
    this.folded.set(at, folded);
    this.requestUpdate();
  }

  private foldAll(folded: boolean): void {
    this.parsed.files.forEach((_, at) => {
      this.folded.set(at, folded);
    });
    this.requestUpdate();
  }

  private drawWhole(at: number): void {
    this.drawn.add(at);
    this.requestUpdate();
  }
}

function sum(files: DiffFile[], what: "added" | "removed"): number {
  return files.reduce((total, file) => total + file[what], 0);
}

function changes(added: number, removed: number) {
  return html`${added ? html`<span class="plus">+${count(added)}</span>` : nothing}${removed ? html`<span class="minus">−${count(removed)}</span>` : nothing}`;
}

function beginning(hunks: Hunk[]): Hunk[] {
  let left = DRAWN_LINES;
  return hunks.flatMap((hunk) => {
    const lines = hunk.lines.slice(0, Math.max(0, left));
    left -= lines.length;
    return lines.length ? [{ ...hunk, lines }] : [];
  });
}

function renderHunk(hunk: Hunk, side: boolean): TemplateResult {
  const first = hunk.lines[0];
  const where = `@@ ${first?.old ?? first?.new ?? 0}`;
  return html`<tbody>
    <tr class="hunk"><td colspan="4">${where} ${visible(cutLine(hunk.about))}</td></tr>
    ${side ? pairs(hunk.lines).map(([before, after]) => renderPair(before, after)) : renderLines(hunk.lines)}
  </tbody>`;
}

/** Line by line, as the patch has them. */
function renderLines(lines: readonly DiffLine[]): TemplateResult[] {
  const texts = new Map<DiffLine, Words>();
  for (const [before, after] of pairs(lines)) {
    const [gone, came] = marked(before, after);
    if (before) texts.set(before, gone);
    if (after) texts.set(after, came);
  }
  return lines.map((line) => renderLine(line, texts.get(line) ?? []));
}

function renderPair(before: DiffLine | null, after: DiffLine | null): TemplateResult {
  const [gone, came] = marked(before, after);
  const old = before?.sign === "-" ? "gone" : before ? "" : "none";
  const fresh = after?.sign === "+" ? "came" : after ? "" : "none";
  return html`<tr><td class="at ${old}">${before?.old ?? ""}</td><td class=${old}>${gone}</td><td class="at ${fresh}">${after?.new ?? ""}</td><td class=${fresh}>${came}</td></tr>`;
}

function renderLine(line: DiffLine, text: Words): TemplateResult {
  const kind = { " ": "", "-": "gone", "+": "came" }[line.sign];
  return html`<tr class=${kind}><td class="at">${line.old ?? ""}</td><td class="at">${line.new ?? ""}</td><td class="sign">${line.sign === "-" ? "−" : line.sign}</td><td>${text}</td></tr>`;
}

type Words = ReturnType<typeof visible> | TemplateResult;

/** Both lines as text; where one became the other, what is different in them is marked. */
function marked(before: DiffLine | null, after: DiffLine | null): [Words, Words] {
  const [gone, came] = [cutLine(before?.text ?? ""), cutLine(after?.text ?? "")];
  const found = before && after && before !== after ? difference(gone, came) : null;
  if (!found) return [visible(gone), visible(came)];
  const part = (text: string, end: number) =>
    html`${visible(text.slice(0, found.start))}<b>${visible(text.slice(found.start, end))}</b>${visible(text.slice(end))}`;
  return [part(gone, found.ends[0]), part(came, found.ends[1])];
}
