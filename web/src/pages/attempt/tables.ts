/** The tables of an attempt: checks, metrics, tries, calls, artifacts. */

import { html, nothing } from "lit";
import { artifactUrl } from "../../api.ts";
import type { ArtifactRef, AttemptDetail, Call, CheckResult, TryView } from "../../contracts.ts";
import { exact } from "../../format/money.ts";
import { bytes, count, metric, score } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { moment } from "../../components/timestamp.ts";
import { money } from "../../components/money.ts";
import { empty } from "../../components/empty-state.ts";
import { visible } from "../../components/untrusted-text.ts";
import { artifacts } from "./artifacts.ts";

export function checksTable(checks: CheckResult[]) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Checks"><table>
    <thead><tr><th>Check</th><th>Kind</th><th>Result</th><th class="right">Score</th><th class="right">Weight</th><th>Why</th></tr></thead>
    <tbody>${checks.map(
      (check) => html`<tr>
      <td>${check.name || check.kind}</td><td class="quiet">${check.kind}</td>
      <td class=${check.passed ? "good" : "bad"}>${check.passed ? "passed" : "failed"}</td>
      <td class="right">${score(check.score)}</td><td class="right">${check.weight}</td>
      <td class="why">${visible(check.message)}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

export function metricsList(metrics: Record<string, number>) {
  const named = Object.entries(metrics);
  if (named.length === 0) return nothing;
  return html`<section class="panel padded"><dl class="facts">
    ${named.map(([name, value]) => html`<div><dt>${name}</dt><dd>${metric(value)}</dd></div>`)}
  </dl></section>`;
}

export function triesTable(tries: TryView[]) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tries"><table>
    <thead><tr><th>Try</th><th>Worker</th><th>Started</th><th class="right">Took</th><th>Ended</th><th>Cause</th></tr></thead>
    <tbody>${tries.map(
      (one) => html`<tr>
      <td class="number">${one.token}</td><td class="mono">${one.worker_id}</td><td>${moment(one.started_at)}</td>
      <td class="right">${one.duration_seconds ? duration(one.duration_seconds) : "–"}</td>
      <td>${one.ended || "under way"}</td><td class="why">${visible(one.cause)}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

export function callsTable(calls: Call[]) {
  if (calls.length === 0) return empty("No calls", html`<p>No model was called in this attempt.</p>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Calls"><table>
    <thead><tr><th>#</th><th>Model</th><th class="right">In</th><th class="right">Cached</th><th class="right">Out</th><th class="right">Reasoning</th>
      <th class="right">Cost</th><th class="right">Latency</th><th class="right">Retries</th><th>Ended</th></tr></thead>
    <tbody>${calls.map(
      (call, at) => html`<tr>
      <td class="quiet number">${at + 1}</td><td title="price ${call.price_version || "none"}">${call.model}</td>
      <td class="right">${count(call.usage.input_tokens)}</td><td class="right">${count(call.usage.cached_tokens)}</td>
      <td class="right">${count(call.usage.output_tokens)}</td><td class="right">${count(call.usage.reasoning_tokens)}</td>
      <td class="right">${money(exact(BigInt(call.cost_nanousd)))}${call.estimated ? html` <small title="The provider did not report it: booked at its worst case">estimated</small>` : nothing}</td>
      <td class="right">${duration(call.latency_seconds)}</td><td class="right">${call.retries}</td>
      <td>${call.fault ? html`<span class="bad">${call.fault}</span>` : call.finish_reason || "–"}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

export function artifactsTable(detail: AttemptDetail) {
  const found = artifacts(detail);
  if (found.length === 0) return empty("No artifacts yet", html`<p>They are stored when the attempt has run.</p>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Artifacts"><table>
    <thead><tr><th>Name</th><th class="right">Size</th><th>Type</th><th>sha256</th><th></th></tr></thead>
    <tbody>${found.map(
      ({ name, ref }) => html`<tr>
      <td class="mono name">${visible(name)}</td><td class="right">${bytes(ref.size_bytes)}${ref.truncated ? html` <small class="bad">cut</small>` : nothing}</td>
      <td class="quiet">${visible(ref.media_type)}</td><td class="mono quiet" title=${ref.sha256}>${ref.sha256.slice(0, 12)}</td>
      <td class="right links">${opens(ref) ? html`<a href=${artifactUrl(detail.attempt.attempt_id, name)} target="_blank" rel="noopener" aria-label="Open ${name}">Open</a>` : nothing}
        <a href=${artifactUrl(detail.attempt.attempt_id, name)} download=${name.split("/").at(-1) ?? name} aria-label="Download ${name}">Download</a></td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

/** The gateway shows text and JSON as text in a page that may do nothing; all else is only for keeping. */
function opens({ media_type: type }: ArtifactRef): boolean {
  return /^text\/|^application\/(.*\+)?json\b/.test(type);
}
