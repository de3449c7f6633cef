/** Asks what the run in the making would cost, a moment after the last change, and keeps the newest answer. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { asProblem, quoteRun } from "../../api.ts";
import type { NewRun, Problem, Quote } from "../../contracts.ts";

const PAUSE_MS = 350;

export class Quoting implements ReactiveController {
  quote: Quote | null = null;
  problem: Problem | null = null;
  /** An answer to the newest question is on its way. */
  asking = false;
  private body = "";
  private timer = 0;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    window.clearTimeout(this.timer);
  }

  /** Why it cannot be started, with the figures; empty when it can, or when nobody knows. */
  get refusal(): string {
    if (this.problem?.code === "over_limit") return this.problem.detail || this.problem.title;
    return this.quote?.refusal ?? "";
  }

  /** The run as it is wished now; null while it is not whole. */
  wish(request: NewRun | null): void {
    const body = request ? JSON.stringify(request) : "";
    if (body === this.body) return;
    this.body = body;
    window.clearTimeout(this.timer);
    if (!request) {
      this.answer(null, null);
      return;
    }
    this.asking = true;
    this.timer = window.setTimeout(() => void this.ask(request, body), PAUSE_MS);
    this.host.requestUpdate();
  }

  private async ask(request: NewRun, body: string): Promise<void> {
    try {
      const quote = await quoteRun(request);
      if (body === this.body) this.answer(quote, null);
    } catch (error) {
      if (body === this.body) this.answer(null, asProblem(error));
    }
  }

  private answer(quote: Quote | null, problem: Problem | null): void {
    this.quote = quote;
    this.problem = problem;
    this.asking = false;
    this.host.requestUpdate();
  }
}
