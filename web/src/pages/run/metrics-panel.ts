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

const MIN_REFRESH_MS = 15_000;

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
      th.number, td.number { text-align: right; }
      td small { color: var(--quiet); margin-left: 6px; }
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
    const items = value?.items ?? [];
    const rows = metricRows(items);
    if (!rows.length && !problem) return nothing;
    const models = [...new Set(items.map((item) => item.model))];
    return html`<section>
      <details open>
        <summary>Metrics over all samples</summary>
        ${problem ? html`<p class="problem">Cannot load the metrics: ${showControlCharacters(problem)}</p>` : nothing}
        <div class="scroll" tabindex="0" role="region" aria-label="Metrics over all samples"><table>
          <thead><tr>
            <th scope="col">Task</th><th scope="col">Metric</th>
            ${models.map((model) => html`<th scope="col" class="number">${unbrokenName(model)}</th>`)}
          </tr></thead>
          <tbody>${rows.map((row) => renderRow(row, models))}</tbody>
        </table></div>
      </details>
    </section>`;
  }
}

interface Metric {
  value: number;
  n: number;
  unreadable: number;
}

interface MetricRow {
  task: string;
  metric: string;
  byModel: Map<string, Metric>;
}

/** A row for each metric of each task: means first, then the metrics of whole sets. */
export function metricRows(items: TaskMetrics[]): MetricRow[] {
  const rows = new Map<string, MetricRow>();
  for (const item of items) {
    for (const [metric, found] of metricsOf(item)) {
      const key = JSON.stringify([item.task_id, metric]);
      const row = rows.get(key) ?? { task: item.task_id, metric, byModel: new Map() };
      row.byModel.set(item.model, found);
      rows.set(key, row);
    }
  }
  const tasks = [...new Set(items.map((item) => item.task_id))];
  return [...rows.values()].sort((one, other) => tasks.indexOf(one.task) - tasks.indexOf(other.task));
}

function metricsOf({ means, sets }: TaskMetrics): [string, Metric][] {
  const ofAttempts = Object.entries(means).map(([name, { value, n }]): [string, Metric] => [
    `mean ${name.replaceAll("_", " ")}`,
    { value, n, unreadable: 0 },
  ]);
  const ofSets = sets.flatMap((set) =>
    Object.entries(set.metrics).map(([name, value]): [string, Metric] => [
      setMetricName(set, name),
      { value, n: set.n, unreadable: set.unreadable },
    ]),
  );
  return [...ofAttempts, ...ofSets];
}

function setMetricName(set: SetMetrics, name: string): string {
  const text = name.replaceAll("_", " ");
  return set.check === set.kind ? text : `${set.check}: ${text}`;
}

function renderRow({ task, metric, byModel }: MetricRow, models: string[]) {
  return html`<tr>
    <th scope="row">${task}</th><td>${metric}</td>
    ${models.map((model) => html`<td class="number">${renderMetric(byModel.get(model))}</td>`)}
  </tr>`;
}

function renderMetric(found: Metric | undefined) {
  if (!found) return "–";
  const unreadable = found.unreadable ? `, ${count(found.unreadable)} unreadable` : "";
  return html`${formatMetric(found.value)} <small>n ${count(found.n)}${unreadable}</small>`;
}
