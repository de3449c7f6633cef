/** Fetches a value for its host, and again when what it depends on changes or after a failure, at most every few
 * seconds. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { asProblem } from "../api.ts";

export class ThrottledFetch<T> implements ReactiveController {
  /** The value of the present subject; null until it is there. */
  value: T | null = null;
  problem = "";
  private subject = "";
  private version = "";
  private fetched = "";
  private timer = 0;
  private fetchedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly fetchValue: (subject: string) => Promise<T>,
    private readonly minMs: number,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  /** Of `subject`, such as a run; nothing is fetched if `version` is empty or was fetched before. */
  want(subject: string, version: string): void {
    if (subject !== this.subject) [this.value, this.problem] = [null, ""];
    [this.subject, this.version] = [subject, version];
    if (!version || this.timer || this.fetched === `${subject} ${version}`) return;
    const wait = Math.max(0, this.fetchedAt + this.minMs - performance.now());
    this.timer = window.setTimeout(() => void this.fetch(), wait);
  }

  private async fetch(): Promise<void> {
    const { subject, version } = this;
    this.fetched = `${subject} ${version}`;
    this.fetchedAt = performance.now();
    try {
      const value = await this.fetchValue(subject);
      if (subject === this.subject) [this.value, this.problem] = [value, ""];
    } catch (error) {
      const { title, detail } = asProblem(error);
      if (subject === this.subject) [this.problem, this.fetched] = [detail || title, ""];
    }
    this.timer = 0;
    this.host.requestUpdate();
  }
}
