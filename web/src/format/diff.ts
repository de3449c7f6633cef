/** Unified diffs as data: files, hunks and lines. Whatever it is given, every line of it is in the result. */

export type Sign = " " | "+" | "-";

export interface DiffLine {
  sign: Sign;
  text: string;
  /** Line numbers before and after; null on the side that has no such line. */
  old: number | null;
  new: number | null;
}

export interface Hunk {
  /** What follows the second `@@`: where in the file it is. */
  about: string;
  lines: DiffLine[];
}

export interface DiffFile {
  from: string;
  to: string;
  /** Lines of the head that are not names: modes, renames, `Binary files differ`. */
  notes: string[];
  hunks: Hunk[];
  added: number;
  removed: number;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;
const NOWHERE = "/dev/null";

export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  const lines = text.replace(/\n$/, "").split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const plain = line.startsWith("--- ") && lines[at + 1]?.startsWith("+++ ");
    const head = files.at(-1);
    if (line.startsWith("diff --git ")) files.push(named(line));
    else if (plain && (!head || head.hunks.length > 0)) files.push(file("", ""));
    const current = files.at(-1) ?? first(files);
    const hunk = HUNK.exec(line);
    if (hunk) at = takeHunk(current, lines, at, hunk);
    else {
      takeHead(current, line);
      at += 1;
    }
  }
  return files;
}

/** How a file is called, and what became of it. */
export function nameOf({ from, to }: DiffFile): string {
  if (to && to !== NOWHERE) return from && from !== NOWHERE && from !== to ? `${from} → ${to}` : to;
  return from && from !== NOWHERE ? from : "patch";
}

export function fateOf({ from, to, notes }: DiffFile): "new" | "deleted" | "renamed" | "binary" | "" {
  if (notes.some((line) => /^(Binary files|GIT binary patch)/.test(line))) return "binary";
  if (from === NOWHERE || notes.some((line) => line.startsWith("new file"))) return "new";
  if (to === NOWHERE || notes.some((line) => line.startsWith("deleted file"))) return "deleted";
  return notes.some((line) => line.startsWith("rename ")) ? "renamed" : "";
}

function file(from: string, to: string): DiffFile {
  return { from, to, notes: [], hunks: [], added: 0, removed: 0 };
}

function first(files: DiffFile[]): DiffFile {
  const made = file("", "");
  files.push(made);
  return made;
}

function named(line: string): DiffFile {
  const names = /^diff --git a\/(.*) b\/(.*)$/.exec(line);
  return file(names?.[1] ?? "", names?.[2] ?? "");
}

function takeHead(current: DiffFile, line: string): void {
  if (line.startsWith("--- ")) current.from = path(line.slice(4));
  else if (line.startsWith("+++ ")) current.to = path(line.slice(4));
  else if (!line.startsWith("diff --git ") && !line.startsWith("index ") && line !== "") current.notes.push(line);
}

function path(name: string): string {
  return name.replace(/\t.*$/, "").replace(/^[ab]\//, "");
}

/** Until the numbers of the hunk's head are met and no more lines look like its own; the next line's place. */
function takeHunk(current: DiffFile, lines: string[], at: number, head: RegExpExecArray): number {
  const hunk: Hunk = { about: head[5] ?? "", lines: [] };
  current.hunks.push(hunk);
  let [old, fresh] = [Number(head[1]), Number(head[3])];
  let [olds, news] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    const due = olds > 0 || news > 0;
    if (line.startsWith("\\")) continue;
    if (!/^[ +-]/.test(line) && !(line === "" && due)) break;
    if (!due && (line.startsWith("--- ") || line.startsWith("-- "))) break;
    const sign = (line[0] ?? " ") as Sign;
    hunk.lines.push({ sign, text: line.slice(1), old: sign === "+" ? null : old, new: sign === "-" ? null : fresh });
    if (sign === "+") current.added += 1;
    if (sign === "-") current.removed += 1;
    if (sign !== "+") [old, olds] = [old + 1, olds - 1];
    if (sign !== "-") [fresh, news] = [fresh + 1, news - 1];
  }
  return next;
}

/** A line of one side beside the one it became; null where there is none. */
export type Pair = [DiffLine | null, DiffLine | null];

/** Lines taken away stand beside those that came in their place. */
export function pairs(lines: readonly DiffLine[]): Pair[] {
  const found: Pair[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line?.sign === " ") {
      found.push([line, line]);
      at += 1;
      continue;
    }
    const gone = run(lines, at, "-");
    const came = run(lines, at + gone.length, "+");
    for (let row = 0; row < Math.max(gone.length, came.length); row += 1)
      found.push([gone[row] ?? null, came[row] ?? null]);
    at += gone.length + came.length;
  }
  return found;
}

function run(lines: readonly DiffLine[], from: number, sign: Sign): DiffLine[] {
  let end = from;
  while (lines[end]?.sign === sign) end += 1;
  return lines.slice(from, end);
}

/** Where two lines differ: what they begin and end with alike is left out. Null when they have too little in common. */
export function difference(before: string, after: string): { start: number; ends: [number, number] } | null {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < most - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const ends: [number, number] = [before.length - tail, after.length - tail];
  return start + tail < most * 0.4 || (ends[0] === start && ends[1] === start) ? null : { start, ends };
}
