/** Tasks by models: the mean score of finished attempts, as a colour and a number. */

import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import type { AttemptView } from "../../contracts.ts";
import { base, table } from "../../design/styles.ts";

export interface Cell {
  total: number;
  done: number;
  /** Attempts with a score, which are the evidence about the model, and the sum of their scores. */
  counted: number;
  scores: number;
  /** Its task contradicts its own tests. */
  impossible: boolean;
}

const EMPTY: Cell = { total: 0, done: 0, counted: 0, scores: 0, impossible: false };

/** Cells by task, then by model. */
export function groupCells(attempts: AttemptView[]): Map<string, Map<string, Cell>> {
  const tasks = new Map<string, Map<string, Cell>>();
  for (const attempt of attempts) {
    const row = tasks.get(attempt.task_id) ?? new Map<string, Cell>();
    const cell = row.get(attempt.model) ?? { ...EMPTY, impossible: attempt.impossible };
    cell.total += 1;
    if (attempt.state === "done") {
      cell.done += 1;
      if (attempt.score !== null) {
        cell.counted += 1;
        cell.scores += attempt.score;
      }
    }
    row.set(attempt.model, cell);
    tasks.set(attempt.task_id, row);
  }
  return tasks;
}

@customElement("score-matrix")
export class ScoreMatrix extends LitElement {
  static override styles = [
    base,
    table,
    nameStyle,
    css`
      .scroll { max-height: 380px; overflow: auto; position: relative; }
      th, td { padding: 4px 10px; }
      thead th {
        position: sticky; top: 0; background: var(--surface); z-index: 1; max-width: 240px; white-space: normal;
        vertical-align: bottom;
      }
      thead th:not(:first-child), td { text-align: center; }
      tbody th { font-size: 13px; color: var(--text); font-weight: 440; }
      table { width: auto; min-width: min(100%, 420px); }
      td a {
        display: block; min-width: 74px; padding: 4px 6px; border-radius: 4px; color: var(--text);
        background: color-mix(in oklab, var(--tint) var(--share), var(--sunken));
      }
      td a:hover { outline: 2px solid var(--accent); text-decoration: none; }
      td small { color: var(--text); font-size: 11px; margin-left: 5px; }
      th small { color: var(--warn); font-weight: 400; }
      .none { background: var(--sunken); color: var(--quiet); }
    `,
  ];

  @property({ attribute: false }) attempts: AttemptView[] = [];

  override render() {
    const tasks = groupCells(this.attempts);
    const models = [...new Set(this.attempts.map((attempt) => attempt.model))];
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores by task and model"><table>
      <thead><tr>
        <th scope="col">Task</th>
        ${models.map((model) => html`<th scope="col">${unbrokenName(model)}</th>`)}
      </tr></thead>
      <tbody>${[...tasks].map(
        ([task, row]) => html`<tr>
        <th scope="row">${task}${isImpossible(row) ? html` <small>impossible</small>` : ""}</th>
        ${models.map((model) => html`<td>${this.renderCell(task, model, row.get(model))}</td>`)}
      </tr>`,
      )}</tbody>
    </table></div>`;
  }

  private renderCell(task: string, model: string, cell: Cell | undefined) {
    if (!cell) return "";
    const href = `?${new URLSearchParams({ task, model })}`;
    const mean = cell.counted ? cell.scores / cell.counted : null;
    const done = `${cell.done} of ${cell.total} done`;
    const hidden = (text: string) => html`<span class="visually-hidden">${text}</span>`;
    const style = mean === null ? "--share: 0%" : tint(mean, cell.impossible);
    return html`<a class=${mean === null ? "none" : ""} .style=${style} href=${href} title=${done}>
      ${hidden(mean === null ? "no score yet" : "mean score ")}${mean === null ? "–" : mean.toFixed(2)}${hidden(", ")}
      <small>${cell.done}/${cell.total}${hidden(" attempts done")}</small>
    </a>`;
  }
}

function isImpossible(row: Map<string, Cell>): boolean {
  return [...row.values()].some((cell) => cell.impossible);
}

/** Red for 0, green for 1, pale in between, so that the number stays readable. A score at an impossible task is never
 * good: red for 1, without a colour for 0. */
function tint(mean: number, impossible: boolean): string {
  if (impossible) return `--tint: var(--failed); --share: ${Math.round(mean * 48)}%`;
  const good = mean >= 0.5;
  const share = Math.round(14 + Math.abs(mean - 0.5) * 2 * 34);
  return `--tint: var(${good ? "--passed" : "--failed"}); --share: ${share}%`;
}
