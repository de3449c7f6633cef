/**
 * `transcript.jsonl`, read as it comes: a page of 300,000 steps shows its first ones at once, and never stands still.
 * Of long texts only the beginning is kept; the rest is asked for by its place in the file when it is opened.
 */

import { artifactUrl, readArtifactRange, streamArtifact } from "../../../api.ts";
import { keptStep, type Step } from "../../../live/steps.ts";

/** Kept of each text, until all of them together have this many characters. */
const KEPT_CHARACTERS = 2_000;
const KEPT_IN_ALL = 40_000_000;
const KEPT_BEYOND = 160;
/** Longer than this the page is not kept waiting at a time. */
const SLICE_MS = 24;
const NEWLINE = 10;

export class Transcript {
  readonly steps: Step[] = [];
  /** Bytes read so far. */
  read = 0;
  done = false;
  /** Lines that are no steps. */
  unreadable = 0;
  private readonly url: string;
  private readonly stopping = new AbortController();
  private kept = 0;
  private pieces: Uint8Array[] = [];
  private lineStart = 0;
  private pausedAt = performance.now();

  constructor(
    attemptId: string,
    readonly name: string,
    readonly sha256: string,
    private readonly changed: () => void,
  ) {
    this.url = artifactUrl(attemptId, name);
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Until the end. What goes wrong is thrown; the steps before it stay. */
  async load(): Promise<void> {
    const reader = await streamArtifact(this.url, this.stopping.signal);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await this.take(value);
      this.changed();
    }
    this.lineEnds(new Uint8Array(), this.read);
    this.done = true;
    this.changed();
  }

  /** The whole text of a step of which only the beginning is kept. */
  async whole(step: Step): Promise<string> {
    if (!step.bytes || step.text.length === step.characters) return step.text;
    return keptStep(await readArtifactRange(this.url, step.bytes.first, step.bytes.last))?.text ?? step.text;
  }

  private async take(chunk: Uint8Array): Promise<void> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.lineEnds(chunk.subarray(from, at), this.read + at);
      from = at + 1;
      if (performance.now() - this.pausedAt > SLICE_MS) await this.pause();
    }
    if (from < chunk.length) this.pieces.push(chunk.slice(from));
    this.read += chunk.length;
  }

  private async pause(): Promise<void> {
    this.changed();
    await new Promise((go) => setTimeout(go));
    this.stopping.signal.throwIfAborted();
    this.pausedAt = performance.now();
  }

  private lineEnds(rest: Uint8Array, end: number): void {
    const line = this.pieces.length ? joined([...this.pieces, rest]) : rest;
    const first = this.lineStart;
    this.pieces = [];
    this.lineStart = end + 1;
    if (line.length === 0) return;
    const found = keptStep(new TextDecoder().decode(line));
    if (!found || found.number <= (this.steps.at(-1)?.number ?? 0)) this.unreadable += 1;
    else this.steps.push(this.shortened({ ...found, bytes: { first, last: end - 1 } }));
  }

  private shortened(step: Step): Step {
    const most = this.kept < KEPT_IN_ALL ? KEPT_CHARACTERS : KEPT_BEYOND;
    const text = step.text.length > most ? cut(step.text, most) : step.text;
    this.kept += text.length;
    return { ...step, text };
  }
}

/** A copy: a part of a string would keep the whole of it in memory. */
function cut(text: string, most: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, most)));
}

function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
