/** Steps of an agent, from the live tail or from `transcript.jsonl`. Both are untrusted. */

import { type AgentStep, type Instant, STEP_KINDS, type StepKind, type TailLine, type Usage } from "../contracts.ts";

/** `text` may be truncated; `totalCharacters` and `totalLines` are those of the complete text. */
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
  totalCharacters: number;
  totalLines: number;
  /** Position in the transcript; null for a live step. */
  byteRange: { first: number; last: number } | null;
  /** Lines omitted before `text`: the tail sends only the end of a long text. */
  omittedLines: number;
}

function toStep(raw: Partial<AgentStep>, text: string): Step {
  const usage: Partial<Usage> = raw.usage ?? {};
  return {
    number: nonNegativeInteger(raw.number),
    turn: nonNegativeInteger(raw.turn),
    kind: STEP_KINDS.find((kind) => kind === raw.kind) ?? "result",
    time: typeof raw.time === "string" ? raw.time : "",
    tool: typeof raw.tool === "string" ? raw.tool : "",
    failed: raw.failed === true,
    toolCalls: nonNegativeInteger(raw.tool_calls),
    tokens: nonNegativeInteger(usage.input_tokens) + nonNegativeInteger(usage.output_tokens),
    costNanousd: nonNegativeInteger(raw.cost_nanousd),
    text,
    totalCharacters: text.length,
    totalLines: countLines(text),
    byteRange: null,
    omittedLines: 0,
  };
}

/** A step received live; null for other lines. */
export function stepFromTail(line: TailLine): Step | null {
  if (!line.step) return null;
  const { tool = "", kind } = line.step;
  const prefix = kind === "call" ? `${tool}: ` : "";
  const text = line.text.startsWith(prefix) ? line.text.slice(prefix.length) : line.text;
  return { ...toStep(line.step, text), omittedLines: line.dropped };
}

/** A step from a line of the transcript; null if the line is not a JSON object. */
export function stepFromTranscript(line: string): Step | null {
  try {
    const raw: unknown = JSON.parse(line);
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return null;
    const { text } = raw as Partial<AgentStep>;
    return toStep(raw as Partial<AgentStep>, typeof text === "string" ? text : "");
  } catch {
    return null;
  }
}

function nonNegativeInteger(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}

function countLines(text: string): number {
  let lines = 1;
  for (let index = text.indexOf("\n"); index !== -1 && index < text.length - 1; index = text.indexOf("\n", index + 1))
    lines += 1;
  return lines;
}

/** Index of the step with this number in `steps`, which are sorted by number; -1 if there is none. */
export function indexOfStep(steps: readonly Step[], number: number): number {
  let low = 0;
  let high = steps.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const middleNumber = steps[middle]?.number ?? 0;
    if (middleNumber === number) return middle;
    if (middleNumber < number) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
