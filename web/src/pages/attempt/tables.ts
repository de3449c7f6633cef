/** The tables of an attempt: checks, metrics, tries, calls, artifacts. */

import { html, nothing } from "lit";
import { artifactUrl } from "../../api.ts";
import { label } from "../../components/badge.ts";
import { emptyState } from "../../components/empty-state.ts";
import { fact } from "../../components/fact.ts";
import { money } from "../../components/money.ts";
import { timestamp } from "../../components/timestamp.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { ArtifactRef, AttemptDetail, Call, CheckResult, TryView } from "../../contracts.ts";
import { formatNano } from "../../format/money.ts";
import { bytes, count, formatMetric, formatScore } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { listArtifacts, type NamedArtifact } from "./artifacts.ts";

export function checksTable(checks: CheckResult[]) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Checks"><table>
    <thead><tr>
      <th>Check</th><th>Kind</th><th>Result</th><th class="right">Score</th><th class="right">Weight</th>
      <th>Message</th>
    </tr></thead>
    <tbody>${checks.map(
      (check) => html`<tr>
      <td>${check.name || check.kind}</td><td class="quiet">${check.kind}</td>
      <td class=${check.passed ? "good" : "bad"}>${check.passed ? "passed" : "failed"}</td>
      <td class="right">${formatScore(check.score)}</td><td class="right">${check.weight}</td>
      <td class="message">${showControlCharacters(check.message)}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

export function metricsList(metrics: Record<string, number>) {
  const entries = Object.entries(metrics);
  if (entries.length === 0) return nothing;
  return html`<section class="panel padded"><dl class="facts">
    ${entries.map(([name, value]) => fact(name, formatMetric(value)))}
  </dl></section>`;
}

export function triesTable(tries: TryView[]) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tries"><table>
    <thead><tr>
      <th>Try</th><th>Worker</th><th>Started</th><th class="right">Duration</th><th>Ended</th><th>Cause</th>
    </tr></thead>
    <tbody>${tries.map(renderTry)}</tbody>
  </table></div>`;
}

function renderTry({ token, worker_id, started_at, duration_seconds, ended, cause }: TryView) {
  return html`<tr>
    <td class="number">${token}</td>
    <td class="mono">${worker_id}</td>
    <td>${timestamp(started_at)}</td>
    <td class="right">${duration_seconds ? duration(duration_seconds) : "–"}</td>
    <td>${ended || "in progress"}</td>
    <td class="message">${showControlCharacters(cause)}</td>
  </tr>`;
}

export function callsTable(calls: Call[]) {
  if (calls.length === 0) return emptyState("No calls", html`<p>This attempt has not called a model.</p>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Calls"><table>
    <thead><tr>
      <th>#</th><th>Model</th><th class="right">In</th><th class="right">Cached</th><th class="right">Out</th>
      <th class="right">Reasoning</th><th class="right">Cost</th><th class="right">Latency</th>
      <th class="right">Retries</th><th>Finish reason</th>
    </tr></thead>
    <tbody>${calls.map(renderCall)}</tbody>
  </table></div>`;
}

function renderCall(call: Call, index: number) {
  const { usage } = call;
  const title = "The provider did not report the cost; the worst case is booked";
  const estimated = html` <small title=${title}>estimated</small>`;
  return html`<tr>
    <td class="quiet number">${index + 1}</td>
    <td title="price version ${call.price_version || "none"}">${call.model}</td>
    <td class="right">${count(usage.input_tokens)}</td>
    <td class="right">${count(usage.cached_tokens)}</td>
    <td class="right">${count(usage.output_tokens)}</td>
    <td class="right">${count(usage.reasoning_tokens)}</td>
    <td class="right">${money(formatNano(BigInt(call.cost_nanousd)))}${call.estimated ? estimated : nothing}</td>
    <td class="right">${duration(call.latency_seconds)}</td>
    <td class="right">${call.retries}</td>
    <td>${call.fault ? html`<span class="bad">${label(call.fault)}</span>` : call.finish_reason || "–"}</td>
  </tr>`;
}

export function artifactsTable(detail: AttemptDetail) {
  const artifacts = listArtifacts(detail);
  if (artifacts.length === 0)
    return emptyState("No artifacts yet", html`<p>Artifacts are stored when the attempt has been executed.</p>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Artifacts"><table>
    <thead><tr><th>Name</th><th class="right">Size</th><th>Type</th><th>sha256</th><th></th></tr></thead>
    <tbody>${artifacts.map((artifact) => renderArtifact(detail.attempt.attempt_id, artifact))}</tbody>
  </table></div>`;
}

function renderArtifact(attemptId: string, { name, ref }: NamedArtifact) {
  const url = artifactUrl(attemptId, name);
  const file = name.split("/").at(-1) ?? name;
  const open = html`<a href=${url} target="_blank" rel="noopener" aria-label="Open ${name}">Open</a>`;
  return html`<tr>
    <td class="mono name">${showControlCharacters(name)}</td>
    <td class="right">
      ${bytes(ref.size_bytes)}${ref.truncated ? html` <small class="bad">truncated</small>` : nothing}
    </td>
    <td class="quiet">${showControlCharacters(ref.media_type)}</td>
    <td class="mono quiet" title=${ref.sha256}>${ref.sha256.slice(0, 12)}</td>
    <td class="right links">
      ${canOpen(ref) ? open : nothing} <a href=${url} download=${file} aria-label="Download ${name}">Download</a>
    </td>
  </tr>`;
}

/** The gateway serves text and JSON as plain text in a sandboxed page; other types can only be downloaded. */
function canOpen({ media_type: type }: ArtifactRef): boolean {
  return /^text\/|^application\/(.*\+)?json\b/.test(type);
}
