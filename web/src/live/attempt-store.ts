/** Topic `attempt:<id>`: one attempt in full, and the lines it says while it works. */

import type { AttemptDetail, FactFrame, Snapshot, TailFrame, TailLine } from "../contracts.ts";
import { heardStep, type Step } from "./steps.ts";
import type { Store, Taken } from "./store.ts";

const KEPT_LINES = 5_000;
const KEPT_SAID = 4_000;

export class AttemptStore implements Store {
  readonly cursor = null;
  detail: AttemptDetail | null = null;
  /** Newest lines; consecutive parts of the same stream are one entry. */
  lines: TailLine[] = [];
  lost = 0;
  /** The steps of an agent in its newest try, as far as they were heard. */
  steps: Step[] = [];
  /** What the model has said since its last step. */
  saying = "";
  /** What the runner does now, in its words. */
  doing = "";
  private token = 0;
  /** Counts frames of lines, so that who shows them knows that there are new ones. */
  heard = 0;
  /** Why the attempt waits again, until it moves on. */
  recalled: string | null = null;
  /** The sequence of the newest fact whose details (tries, calls, artifacts) are not here yet; 0 when none is missing. */
  behind = 0;

  snapshot(frame: Snapshot): void {
    this.take(frame.data as AttemptDetail);
  }

  /** Takes a detail read elsewhere, unless it is older than what is known. */
  take(detail: AttemptDetail): void {
    if (this.detail && detail.sequence < this.detail.sequence) return;
    this.detail = detail;
    if (detail.sequence >= this.behind) this.behind = 0;
  }

  fact(frame: FactFrame): Taken {
    const { sequence, data } = frame.event;
    if (!this.detail || "run" in data) return this.missed(sequence);
    if (sequence <= this.detail.sequence) return "stale";
    this.recalled = data.type === "attempt.recalled" ? data.cause : null;
    const verdict = data.type === "attempt.finished" ? data.verdict : this.detail.verdict;
    this.detail = { ...this.detail, attempt: data.attempt, verdict };
    return this.missed(sequence);
  }

  tail(frame: TailFrame): void {
    this.heard += 1;
    this.lost += frame.dropped;
    for (const line of frame.lines) {
      this.say(line);
      this.follow(line);
    }
    if (this.lines.length > KEPT_LINES) {
      this.lost += this.lines.length - KEPT_LINES;
      this.lines = this.lines.slice(-KEPT_LINES);
    }
  }

  private say(line: TailLine): void {
    this.lost += line.dropped;
    const last = this.lines.at(-1);
    const joins = last && last.kind === line.kind && last.token === line.token && line.kind !== "step";
    if (joins && !last.text.endsWith("\n")) {
      this.lines[this.lines.length - 1] = { ...last, text: last.text + line.text };
    } else {
      this.lines.push(line);
    }
  }

  /** A newer try begins anew; what is late from an older one is only a line. */
  private follow(line: TailLine): void {
    if (line.token < this.token) return;
    if (line.token > this.token) {
      this.token = line.token;
      this.steps = [];
      this.saying = "";
    }
    const step = heardStep(line);
    if (line.kind === "model") this.saying = (this.saying + line.text).slice(-KEPT_SAID);
    if (line.kind === "step") this.doing = step ? "" : line.text;
    if (!step || step.number <= (this.steps.at(-1)?.number ?? 0)) return;
    if (step.kind === "message") this.saying = "";
    this.steps.push(step);
    if (this.steps.length > KEPT_LINES) this.steps = this.steps.slice(-KEPT_LINES);
  }

  private missed(sequence: number): Taken {
    this.behind = Math.max(this.behind, sequence);
    return "applied";
  }
}
