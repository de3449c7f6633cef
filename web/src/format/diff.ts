/** Unified diffs as data: files, hunks and lines. Every line of the input is in the result, even if it is no diff. */

export type Sign = " " | "+" | "-";

export interface DiffLine {
  sign: Sign;
  text: string;
  /** Line numbers before and after; null on the side that has no such line. */
  old: number | null;
  new: number | null;
}

export interface Hunk {
  /** The text after the second `@@`, usually the enclosing function. */
  context: string;
  lines: DiffLine[];
}

export interface DiffFile {
  from: string;
  to: string;
  /** Header lines other than file names: modes, renames, `Binary files differ`. */
  headerLines: string[];
  hunks: Hunk[];
  added: number;
  removed: number;
}

const HUNK_HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;
const NO_FILE = "/dev/null";

export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  const lines = text.replace(/\n$/, "").split("\n");
  for (let index = 0; index < lines.length; ) {
    const line = lines[index] ?? "";
    const isPlainHeader = line.startsWith("--- ") && lines[index + 1]?.startsWith("+++ ");
    const previous = files.at(-1);
    if (line.startsWith("diff --git ")) files.push(fileFromHeader(line));
    else if (isPlainHeader && (!previous || previous.hunks.length > 0)) files.push(emptyFile("", ""));
    const current = files.at(-1) ?? addUnnamedFile(files);
    const hunk = HUNK_HEADER.exec(line);
    if (hunk) index = readHunk(current, lines, index, hunk);
    else {
      readHeaderLine(current, line);
      index += 1;
    }
  }
  return files;
}

/** The current name of a file, or both names if it was renamed. */
export function fileName({ from, to }: DiffFile): string {
  if (to && to !== NO_FILE) return from && from !== NO_FILE && from !== to ? `${from} → ${to}` : to;
  return from && from !== NO_FILE ? from : "patch";
}

export function fileChange({ from, to, headerLines: notes }: DiffFile): "new" | "deleted" | "renamed" | "binary" | "" {
  if (notes.some((line) => /^(Binary files|GIT binary patch)/.test(line))) return "binary";
  if (from === NO_FILE || notes.some((line) => line.startsWith("new file"))) return "new";
  if (to === NO_FILE || notes.some((line) => line.startsWith("deleted file"))) return "deleted";
  return notes.some((line) => line.startsWith("rename ")) ? "renamed" : "";
}

function emptyFile(from: string, to: string): DiffFile {
  return { from, to, headerLines: [], hunks: [], added: 0, removed: 0 };
}

function addUnnamedFile(files: DiffFile[]): DiffFile {
  const added = emptyFile("", "");
  files.push(added);
  return added;
}

function fileFromHeader(line: string): DiffFile {
  const names = /^diff --git a\/(.*) b\/(.*)$/.exec(line);
  return emptyFile(names?.[1] ?? "", names?.[2] ?? "");
}

function readHeaderLine(current: DiffFile, line: string): void {
  if (line.startsWith("--- ")) current.from = path(line.slice(4));
  else if (line.startsWith("+++ ")) current.to = path(line.slice(4));
  else if (!line.startsWith("diff --git ") && !line.startsWith("index ") && line !== "") current.headerLines.push(line);
}

function path(name: string): string {
  return name.replace(/\t.*$/, "").replace(/^[ab]\//, "");
}

/** Reads a hunk until its line counts are used up and the next line does not look like part of it. Returns the index of
 * the next line. */
function readHunk(current: DiffFile, lines: string[], index: number, head: RegExpExecArray): number {
  const hunk: Hunk = { context: head[5] ?? "", lines: [] };
  current.hunks.push(hunk);
  let [oldLine, newLine] = [Number(head[1]), Number(head[3])];
  let [oldLeft, newLeft] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
  let next = index + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    const expected = oldLeft > 0 || newLeft > 0;
    if (line.startsWith("\\")) continue;
    if (!/^[ +-]/.test(line) && !(line === "" && expected)) break;
    if (!expected && (line.startsWith("--- ") || line.startsWith("-- "))) break;
    const sign = (line[0] ?? " ") as Sign;
    const numbers = { old: sign === "+" ? null : oldLine, new: sign === "-" ? null : newLine };
    hunk.lines.push({ sign, text: line.slice(1), ...numbers });
    if (sign === "+") current.added += 1;
    if (sign === "-") current.removed += 1;
    if (sign !== "+") [oldLine, oldLeft] = [oldLine + 1, oldLeft - 1];
    if (sign !== "-") [newLine, newLeft] = [newLine + 1, newLeft - 1];
  }
  return next;
}

/** A removed line and the added line that replaces it; null on a side without a line. */
export type LinePair = [DiffLine | null, DiffLine | null];

/** Pairs removed lines with the added lines that follow them, for a side-by-side view. */
export function pairLines(lines: readonly DiffLine[]): LinePair[] {
  const pairs: LinePair[] = [];
  for (let index = 0; index < lines.length; ) {
    const line = lines[index];
    if (line?.sign === " ") {
      pairs.push([line, line]);
      index += 1;
      continue;
    }
    const removed = takeWhileSigned(lines, index, "-");
    const added = takeWhileSigned(lines, index + removed.length, "+");
    for (let row = 0; row < Math.max(removed.length, added.length); row += 1)
      pairs.push([removed[row] ?? null, added[row] ?? null]);
    index += removed.length + added.length;
  }
  return pairs;
}

function takeWhileSigned(lines: readonly DiffLine[], from: number, sign: Sign): DiffLine[] {
  let end = from;
  while (lines[end]?.sign === sign) end += 1;
  return lines.slice(from, end);
}

/** The range in which two lines differ, between their common prefix and suffix; null if they have little in common. */
export function changedRange(before: string, after: string): { start: number; ends: [number, number] } | null {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const ends: [number, number] = [before.length - tail, after.length - tail];
  return start + tail < shorter * 0.4 || (ends[0] === start && ends[1] === start) ? null : { start, ends };
}
