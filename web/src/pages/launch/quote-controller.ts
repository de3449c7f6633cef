/** Fetches the quote of the current draft, debounced, and keeps the newest one. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { asProblem, quoteRun } from "../../api.ts";
import type { NewRun, Problem, Quote } from "../../contracts.ts";

const DEBOUNCE_MS = 350;

export class QuoteController implements ReactiveController {
  quote: Quote | null = null;
  problem: Problem | null = null;
  /** The quote of the current draft is being fetched. */
  pending = false;
  private body = "";
  private timer = 0;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    window.clearTimeout(this.timer);
  }

  /** Why the run would be refused; empty if it would not, or if that is unknown. */
  get refusal(): string {
    if (this.problem?.code === "over_limit") return this.problem.detail || this.problem.title;
    return this.quote?.refusal ?? "";
  }

  /** Sets the current request; null while it is incomplete. */
  update(request: NewRun | null): void {
    const body = request ? JSON.stringify(request) : "";
    if (body === this.body) return;
    this.body = body;
    window.clearTimeout(this.timer);
    if (!request) {
      this.setResult(null, null);
      return;
    }
    this.pending = true;
    this.timer = window.setTimeout(() => void this.fetchQuote(request, body), DEBOUNCE_MS);
    this.host.requestUpdate();
  }

  private async fetchQuote(request: NewRun, body: string): Promise<void> {
    try {
      const quote = await quoteRun(request);
      if (body === this.body) this.setResult(quote, null);
    } catch (error) {
      if (body === this.body) this.setResult(null, asProblem(error));
    }
  }

  private setResult(quote: Quote | null, problem: Problem | null): void {
    this.quote = quote;
    this.problem = problem;
    this.pending = false;
    this.host.requestUpdate();
  }
}
