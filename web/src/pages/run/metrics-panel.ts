/** Metrics of a run over all samples of each task: mean errors, F1, correlations. Absent if its checks have none. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { getRunMetrics } from "../../api.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import { ThrottledFetch } from "../../components/throttled-fetch.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { Progress, RunMetrics, SetMetrics, TaskMetrics } from "../../contracts.ts";
import { base, table } from "../../design/styles.ts";
import { count, formatMetric } from "../../format/number.ts";

const MIN_REFRESH_MS = 5_000;

@customElement("metrics-panel")
export class MetricsPanel extends LitElement {
  static override styles = [
    base,
    table,
    nameStyle,
    css`
      section {
        background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); margin-top: var(--gap);
      }
      summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
      details[open] > summary { border-bottom: 1px solid var(--line); }
      .scroll { max-height: 380px; overflow: auto; position: relative; }
      thead th { position: sticky; top: 0; background: var(--surface); z-index: 1; }
      .problem { padding: 10px 14px; color: var(--quiet); }
    `,
  ];

  @property() runId = "";
  @property({ attribute: false }) progress: Progress | null = null;
  private readonly metrics = new ThrottledFetch<RunMetrics>(this, getRunMetrics, MIN_REFRESH_MS);

  override willUpdate(): void {
    this.metrics.want(this.runId, this.progress?.done ? JSON.stringify(this.progress.outcomes) : "");
  }

  override render() {
    const { value, problem } = this.metrics;
    const rows = (value?.items ?? []).flatMap(metricRows);
    if (!rows.length && !problem) return nothing;
    return html`<section>
      <details open>
        <summary>Metrics over all samples</summary>
        ${problem ? html`<p class="problem">Cannot load the metrics: ${showControlCharacters(problem)}</p>` : nothing}
        <div class="scroll" tabindex="0" role="region" aria-label="Metrics over all samples"><table>
          <thead><tr>
            <th scope="col">Task</th><th scope="col">Model</th><th scope="col">Metric</th>
            <th scope="col" class="number">Value</th><th scope="col" class="number">n</th>
            <th scope="col" class="number">Unreadable</th>
          </tr></thead>
          <tbody>${rows.map(renderRow)}</tbody>
        </table></div>
      </details>
    </section>`;
  }
}

interface MetricRow {
  task: string;
  model: string;
  metric: string;
  value: number;
  n: number;
  unreadable: number;
}

/** Means first, then the metrics of whole sets. */
export function metricRows({ task_id: task, model, n, means, sets }: TaskMetrics): MetricRow[] {
  const ofAttempts = Object.entries(means).map(([name, value]) => ({
    metric: `mean ${name}`,
    value,
    n,
    unreadable: 0,
  }));
  const ofSets = sets.flatMap((set) =>
    Object.entries(set.metrics).map(([name, value]) => ({
      metric: setMetricName(set, name),
      value,
      n: set.n,
      unreadable: set.unreadable,
    })),
  );
  return [...ofAttempts, ...ofSets].map((each) => ({ task, model, ...each }));
}

function setMetricName(set: SetMetrics, name: string): string {
  const text = name.replaceAll("_", " ");
  return set.check === set.kind ? text : `${set.check}: ${text}`;
}

function renderRow(row: MetricRow) {
  return html`<tr>
    <th scope="row">${row.task}</th><td>${unbrokenName(row.model)}</td><td>${row.metric}</td>
    <td class="number">${formatMetric(row.value)}</td><td class="number">${count(row.n)}</td>
    <td class="number">${row.unreadable ? count(row.unreadable) : ""}</td>
  </tr>`;
}
