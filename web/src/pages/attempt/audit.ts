/** What stands beside an attempt's verdict: audit flags and score components. */

import { css, html, nothing } from "lit";
import { label } from "../../components/badge.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { AuditFlag, Evaluation, ScoreComponent } from "../../contracts.ts";
import { percent } from "../../format/number.ts";

export function flagsPanel(attemptId: string, flags: AuditFlag[]) {
  if (flags.length === 0) return nothing;
  return html`<section class="panel" id="flags"><header>
      <h2>Audit flags</h2><span class="quiet">for information; they do not change the score</span>
    </header>
    <div class="scroll" tabindex="0" role="region" aria-label="Audit flags"><table>
      <thead><tr><th>Flag</th><th>What</th><th>Step</th><th>Noted by</th></tr></thead>
      <tbody>${flags.map((flag) => renderFlag(attemptId, flag))}</tbody>
    </table></div></section>`;
}

function renderFlag(attemptId: string, { kind, detail, source, step }: AuditFlag) {
  const link = html`<a href="/attempts/${attemptId}?tab=steps#step-${step}">${step}</a>`;
  return html`<tr data-flag=${kind}>
    <td>${label(kind)}</td>
    <td class="message mono">${showControlCharacters(detail)}</td>
    <td class="number">${step ? link : "–"}</td>
    <td class="quiet">${source}</td>
  </tr>`;
}

export function componentsPanel(evaluation: Evaluation | null) {
  if (!evaluation) return nothing;
  const total = evaluation.components.reduce((sum, { weight }) => sum + weight, 0);
  const { ultimate, cpu_seconds: cpu } = evaluation;
  return html`<section class="panel" id="components"><header>
      <h2>Score components</h2>
      <span class="quiet">ultimate score <b>${ultimate === null ? "–" : ultimate.toFixed(2)}</b> of 10</span>
      ${cpu === null ? nothing : html`<span class="quiet">${cpu.toFixed(1)} s of CPU</span>`}
    </header>
    <div class="scroll" tabindex="0" role="region" aria-label="Score components"><table>
      <thead><tr>
        <th>Component</th><th class="right">Measured</th><th>From 0 to 1</th><th class="right">Share</th>
      </tr></thead>
      <tbody>${evaluation.components.map((each) => renderComponent(each, total))}</tbody>
    </table></div></section>`;
}

function renderComponent({ name, raw, unit, normalised, weight }: ScoreComponent, total: number) {
  const share = total ? weight / total : 0;
  const text = `${normalised.toFixed(2)} of 1`;
  return html`<tr data-component=${name}>
    <td>${label(name)}</td>
    <td class="right">${measured(raw)} <small class="quiet">${unit}</small></td>
    <td><span class="component">
      <span class="bar" role="img" aria-label=${text} .style=${`--value: ${normalised * 100}%`}><i></i></span>
      <span class="number">${normalised.toFixed(2)}</span>
    </span></td>
    <td class="right ${share ? "" : "quiet"}">${share ? percent(share) : "not counted"}</td>
  </tr>`;
}

/** Four significant digits: seconds, dollars and MiB differ by orders of magnitude. */
function measured(raw: number): string {
  return Number(raw.toPrecision(4)).toString();
}

export const auditStyle = css`
  .component { display: inline-flex; align-items: center; gap: 10px; width: 100%; min-width: 150px; }
  .component .bar {
    position: relative; flex: 1; max-width: 280px; height: 8px; border-radius: 3px; background: var(--waiting);
  }
  .component .bar i {
    position: absolute; inset: 0 auto 0 0; width: var(--value); border-radius: 3px; background: var(--accent);
  }
  @media (forced-colors: active) { .component .bar, .component .bar i { forced-color-adjust: none; } }
`;
