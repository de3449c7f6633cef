/** Topic `attempt:<id>`: one attempt in full, and its live output. */

import type { AttemptDetail, FactFrame, Snapshot, TailFrame } from "../contracts.ts";
import { type Step, stepFromTail } from "./steps.ts";
import type { FactResult, Store } from "./store.ts";
import { type OutputLine, TailPosition } from "./tail-position.ts";

const MAX_LINES = 5_000;
const MAX_PARTIAL_CHARACTERS = 4_000;

export class AttemptStore implements Store {
  readonly cursor = null;
  detail: AttemptDetail | null = null;
  /** Newest lines; consecutive parts of the same stream are one entry. */
  lines: OutputLine[] = [];
  droppedLines = 0;
  /** Steps of the agent in its newest try, as far as they were received live. */
  steps: Step[] = [];
  /** Text the model has streamed since its last step. */
  partialMessage = "";
  partialReasoning = "";
  /** What the runner is doing, in its own words. */
  activity = "";
  private tryToken = 0;
  private readonly position = new TailPosition();
  /** Changes with every tail frame, so that elements that show `lines` or `steps` update. */
  tailVersion = 0;
  /** Why the attempt was recalled to waiting, until it is queued again. */
  recallCause: string | null = null;
  /** Sequence of the newest fact whose details (tries, calls, artifacts) have not been fetched; 0 if there is none. */
  missingDetailSequence = 0;

  snapshot(frame: Snapshot): void {
    this.setDetail(frame.data as AttemptDetail);
  }

  /** Sets a detail fetched over HTTP, unless it is older than the current one. */
  setDetail(detail: AttemptDetail): void {
    if (this.detail && detail.sequence < this.detail.sequence) return;
    this.detail = detail;
    if (detail.sequence >= this.missingDetailSequence) this.missingDetailSequence = 0;
  }

  fact(frame: FactFrame): FactResult {
    const { sequence, data } = frame.event;
    if (!this.detail || "run" in data) return this.detailsMissing(sequence);
    if (sequence <= this.detail.sequence) return "stale";
    this.recallCause = data.type === "attempt.recalled" ? data.cause : null;
    const graded = data.type === "attempt.finished" || data.type === "attempt.revised";
    const verdict = graded ? data.verdict : this.detail.verdict;
    this.detail = { ...this.detail, attempt: data.attempt, verdict };
    return this.detailsMissing(sequence);
  }

  tail(frame: TailFrame): void {
    this.tailVersion += 1;
    this.droppedLines += frame.dropped;
    for (const received of frame.lines) {
      const line = this.position.newPart(received);
      if (!line) continue;
      this.appendLine(line);
      this.updateSteps(line);
    }
    if (this.lines.length > MAX_LINES) {
      this.droppedLines += this.lines.length - MAX_LINES;
      this.lines = this.lines.slice(-MAX_LINES);
    }
  }

  private appendLine(line: OutputLine): void {
    this.droppedLines += line.dropped;
    const last = this.lines.at(-1);
    const joins = last && last.kind === line.kind && last.token === line.token && line.kind !== "step";
    if (joins && !line.missing && !last.text.endsWith("\n")) {
      this.lines[this.lines.length - 1] = { ...last, text: last.text + line.text };
    } else {
      this.lines.push(line);
    }
  }

  /** A newer try starts an empty list; late lines of an older try are output only. */
  private updateSteps(line: OutputLine): void {
    if (line.token < this.tryToken) return;
    if (line.token > this.tryToken) {
      this.tryToken = line.token;
      this.steps = [];
      this.clearPartialTexts();
    }
    const step = stepFromTail(line);
    if (line.kind === "model") this.partialMessage = (this.partialMessage + line.text).slice(-MAX_PARTIAL_CHARACTERS);
    if (line.kind === "reasoning")
      this.partialReasoning = (this.partialReasoning + line.text).slice(-MAX_PARTIAL_CHARACTERS);
    if (line.kind === "step") this.activity = step ? "" : line.text;
    if (!step || step.number <= (this.steps.at(-1)?.number ?? 0)) return;
    if (step.kind === "message") this.clearPartialTexts();
    this.steps.push(step);
    if (this.steps.length > MAX_LINES) this.steps = this.steps.slice(-MAX_LINES);
  }

  private clearPartialTexts(): void {
    this.partialMessage = "";
    this.partialReasoning = "";
  }

  private detailsMissing(sequence: number): FactResult {
    this.missingDetailSequence = Math.max(this.missingDetailSequence, sequence);
    return "applied";
  }
}
