/** Test requests to models, and their results. */

import { css, html, nothing, type ReactiveController, type ReactiveControllerHost } from "lit";
import { asProblem, testModel } from "../../api.ts";
import { badge, label } from "../../components/badge.ts";
import { fact } from "../../components/fact.ts";
import { asSentence, showControlCharacters } from "../../components/untrusted-text.ts";
import type { ModelProbe, Problem } from "../../contracts.ts";
import { nanoDollars } from "../../format/money.ts";
import { count } from "../../format/number.ts";
import { duration } from "../../format/time.ts";

type TestResult = "pending" | { probe: ModelProbe } | { problem: Problem };

export class ModelTests implements ReactiveController {
  private readonly results = new Map<string, TestResult>();

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {}

  result(model: string): TestResult | undefined {
    return this.results.get(model);
  }

  renderButton(model: string) {
    const pending = this.result(model) === "pending";
    return html`<button class="tool" ?disabled=${pending} aria-label="Test ${model}"
      title="Sends a one-word request" @click=${() => this.test(model)}>${pending ? "Testing…" : "Test"}</button>`;
  }

  private async test(model: string): Promise<void> {
    this.set(model, "pending");
    try {
      this.set(model, { probe: await testModel(model) });
    } catch (error) {
      this.set(model, { problem: asProblem(error) });
    }
  }

  private set(model: string, result: TestResult): void {
    this.results.set(model, result);
    this.host.requestUpdate();
  }
}

export function renderTestResult(model: string, result: Exclude<TestResult, "pending">) {
  const body = "probe" in result ? renderProbe(result.probe) : renderProblem(result.problem);
  return html`<div class="test-result" role="status" aria-label="Test of ${model}">${body}</div>`;
}

function renderProbe(probe: ModelProbe) {
  const message = html`<p class="message">${showControlCharacters(probe.message)}</p>`;
  if (!probe.ok) {
    const why = html`<p class="message">${showControlCharacters(asSentence(probe.message))}</p>`;
    return html`${badge("failed", probe.fault ? `failed: ${label(probe.fault)}` : "failed")}${why}`;
  }
  return html`${badge("passed", "answered")} ${renderMeasurements(probe)} ${message}`;
}

function renderMeasurements(probe: ModelProbe) {
  const { usage, first_token_seconds: first, tokens_per_second: speed, price } = probe;
  const tokens = usage ? `${count(usage.input_tokens)} in, ${count(usage.output_tokens)} out` : "not reported";
  return html`<dl class="facts">
    ${fact("Latency", duration(probe.latency_seconds))}
    ${first === null ? nothing : fact("First token", duration(first))}
    ${speed === null ? nothing : fact("Tokens per second", speed.toFixed(1))}
    ${fact("Tokens", tokens)}
    ${price ? fact("Cost", price.local ? "local" : nanoDollars(probe.cost_nanousd)) : nothing}
    ${probe.served_model ? fact("Served model", html`<span class="served">${probe.served_model}</span>`) : nothing}
  </dl>`;
}

function renderProblem({ title, detail }: Problem) {
  return html`${badge("failed", "not tested")}<p class="message">${title}. ${showControlCharacters(detail)}</p>`;
}

export const testResultStyle = css`
  .test-result { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 20px; padding: 2px 0 4px; }
  .test-result dl.facts { gap: 4px 20px; }
  .test-result dl.facts dd { font-size: 14px; }
  .test-result .served { overflow-wrap: anywhere; }
  .test-result .message {
    flex: 1 1 100%; max-width: 110ch; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
    color: var(--quiet);
  }
`;
