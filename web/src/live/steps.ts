/** An agent's steps, as the tail tells them and as `transcript.jsonl` keeps them. Nothing of either is trusted. */

import { type AgentStep, type Instant, STEP_KINDS, type StepKind, type TailLine, type Usage } from "../contracts.ts";

/** `text` may be the beginning of what was said; `characters` and `lines` are those of the whole. */
export interface Step {
  number: number;
  turn: number;
  kind: StepKind;
  time: Instant;
  tool: string;
  failed: boolean;
  toolCalls: number;
  tokens: number;
  costNanousd: number;
  text: string;
  characters: number;
  lines: number;
  /** Where the step is in the transcript; null when it was heard live. */
  bytes: { first: number; last: number } | null;
  /** Lines left out before `text`: the tail tells the end of what is long. */
  missing: number;
}

function step(raw: Partial<AgentStep>, text: string): Step {
  const usage: Partial<Usage> = raw.usage ?? {};
  return {
    number: natural(raw.number),
    turn: natural(raw.turn),
    kind: STEP_KINDS.find((kind) => kind === raw.kind) ?? "result",
    time: typeof raw.time === "string" ? raw.time : "",
    tool: typeof raw.tool === "string" ? raw.tool : "",
    failed: raw.failed === true,
    toolCalls: natural(raw.tool_calls),
    tokens: natural(usage.input_tokens) + natural(usage.output_tokens),
    costNanousd: natural(raw.cost_nanousd),
    text,
    characters: text.length,
    lines: linesOf(text),
    bytes: null,
    missing: 0,
  };
}

/** What was heard live; null for a line that is no step. */
export function heardStep(line: TailLine): Step | null {
  if (!line.step) return null;
  const { tool = "", kind } = line.step;
  const before = kind === "call" ? `${tool}: ` : "";
  const text = line.text.startsWith(before) ? line.text.slice(before.length) : line.text;
  return { ...step(line.step, text), missing: line.dropped };
}

/** A line of the transcript; null for what is none. */
export function keptStep(line: string): Step | null {
  try {
    const raw: unknown = JSON.parse(line);
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return null;
    const { text } = raw as Partial<AgentStep>;
    return step(raw as Partial<AgentStep>, typeof text === "string" ? text : "");
  } catch {
    return null;
  }
}

function natural(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}

function linesOf(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < text.length - 1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

/** Where the step with this number is among `steps`, whose numbers rise; -1 when it is not there. */
export function placeOf(steps: readonly Step[], number: number): number {
  let low = 0;
  let high = steps.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = steps[middle]?.number ?? 0;
    if (found === number) return middle;
    if (found < number) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
