/**
 * `transcript.jsonl`, parsed while it is downloaded: the first of 300,000 steps are shown immediately, and the page is
 * never blocked. Only the beginning of a long text is kept in memory; the rest is fetched by its byte range.
 */

import { artifactUrl, readArtifactRange, streamArtifact } from "../../../api.ts";
import { type Step, stepFromTranscript } from "../../../live/steps.ts";

/** Characters kept of each text; fewer once all texts together exceed the total. */
const MAX_TEXT_CHARACTERS = 2_000;
const MAX_TOTAL_CHARACTERS = 40_000_000;
const MAX_TEXT_CHARACTERS_WHEN_FULL = 160;
/** Parsing yields to the page after this time. */
const YIELD_AFTER_MS = 24;
const NEWLINE = 10;

export class Transcript {
  readonly steps: Step[] = [];
  /** Bytes read so far. */
  bytesRead = 0;
  done = false;
  /** Lines that are not valid steps. */
  unreadable = 0;
  private readonly url: string;
  private readonly abortController = new AbortController();
  private storedCharacters = 0;
  private partialLine: Uint8Array[] = [];
  private lineStart = 0;
  private yieldedAt = performance.now();

  constructor(
    attemptId: string,
    readonly name: string,
    readonly sha256: string,
    private readonly onChange: () => void,
  ) {
    this.url = artifactUrl(attemptId, name);
  }

  stop(): void {
    this.abortController.abort();
  }

  /** Reads to the end. If it throws, the steps read before stay. */
  async load(): Promise<void> {
    const reader = await streamArtifact(this.url, this.abortController.signal);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await this.parseChunk(value);
      this.onChange();
    }
    this.parseLine(new Uint8Array(), this.bytesRead);
    this.done = true;
    this.onChange();
  }

  /** The complete text of a step. */
  async fullText(step: Step): Promise<string> {
    if (!step.byteRange || step.text.length === step.totalCharacters) return step.text;
    return (
      stepFromTranscript(await readArtifactRange(this.url, step.byteRange.first, step.byteRange.last))?.text ??
      step.text
    );
  }

  private async parseChunk(chunk: Uint8Array): Promise<void> {
    let from = 0;
    for (let index = chunk.indexOf(NEWLINE); index !== -1; index = chunk.indexOf(NEWLINE, from)) {
      this.parseLine(chunk.subarray(from, index), this.bytesRead + index);
      from = index + 1;
      if (performance.now() - this.yieldedAt > YIELD_AFTER_MS) await this.yieldToPage();
    }
    if (from < chunk.length) this.partialLine.push(chunk.slice(from));
    this.bytesRead += chunk.length;
  }

  private async yieldToPage(): Promise<void> {
    this.onChange();
    await new Promise((go) => setTimeout(go));
    this.abortController.signal.throwIfAborted();
    this.yieldedAt = performance.now();
  }

  private parseLine(rest: Uint8Array, end: number): void {
    const line = this.partialLine.length ? concat([...this.partialLine, rest]) : rest;
    const first = this.lineStart;
    this.partialLine = [];
    this.lineStart = end + 1;
    if (line.length === 0) return;
    const step = stepFromTranscript(new TextDecoder().decode(line));
    if (!step || step.number <= (this.steps.at(-1)?.number ?? 0)) this.unreadable += 1;
    else this.steps.push(this.truncate({ ...step, byteRange: { first, last: end - 1 } }));
  }

  private truncate(step: Step): Step {
    const limit = this.storedCharacters < MAX_TOTAL_CHARACTERS ? MAX_TEXT_CHARACTERS : MAX_TEXT_CHARACTERS_WHEN_FULL;
    const text = step.text.length > limit ? copyPrefix(step.text, limit) : step.text;
    this.storedCharacters += text.length;
    return { ...step, text };
  }
}

/** A copy, because a substring would keep the whole string in memory. */
function copyPrefix(text: string, length: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, length)));
}

function concat(parts: Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
