/** One run in the list. */

import { css, html, nothing } from "lit";
import { runBadge } from "../../components/badge.ts";
import { money } from "../../components/money.ts";
import { unbrokenName } from "../../components/name.ts";
import { timestamp } from "../../components/timestamp.ts";
import type { Progress, RunView } from "../../contracts.ts";
import { dollars, parseNano } from "../../format/money.ts";
import { count, percent } from "../../format/number.ts";
import { duration, secondsBetween } from "../../format/time.ts";
import "../../components/budget-bar.ts";
import { NEEDS_ACTION, WAIT_REASONS } from "../../components/wait-reasons.ts";
import { unscoredAttempts } from "../run/run-progress.ts";

/** The name of a run, or its suite or tasks if it has none. */
export function runName(run: RunView): string {
  if (run.name) return run.name;
  if (run.suite) return run.suite;
  const [first = "run", ...more] = run.task_ids;
  return more.length ? `${first} and ${more.length} more` : first;
}

/** Passed attempts over those that are evidence about the model; null if there are none. Attempts at impossible tasks
 * are no evidence of how good it is. */
export function passRate(progress: Progress): number | null {
  const counted = progress.done - unscoredAttempts(progress) - progress.impossible;
  return counted > 0 ? ((progress.outcomes.passed ?? 0) - progress.impossible_passed) / counted : null;
}

/** Short wait reason; the run page has the details. */
function renderWait({ waits, status }: RunView) {
  if (!waits || (status !== "waiting" && status !== "running")) return nothing;
  const level = NEEDS_ACTION.has(waits.reason) ? "warn" : "";
  return html`<small class="waits ${level}" title=${waits.detail}>${WAIT_REASONS[waits.reason]?.label}</small>`;
}

/** Money spent, and its share of the run's limit if the run costs anything. */
function renderCost({ progress, limits }: RunView) {
  const { cost_usd: spent, held_usd: held } = progress;
  if (limits.cost_usd === null || parseNano(spent) + parseNano(held) === 0n) return money(spent);
  const budget = { limit_usd: limits.cost_usd, spent_usd: spent, held_usd: held };
  return html`${money(spent)} <small>of ${dollars(limits.cost_usd)}</small>
    <budget-bar name="Cost" .budget=${budget}></budget-bar>`;
}

export function renderRow(run: RunView) {
  const { progress, models } = run;
  const rate = passRate(progress);
  const seconds = run.started_at ? secondsBetween(run.started_at, run.finished_at) : null;
  return html`<tr data-run=${run.run_id}>
    <td class="name">
      <a href="/runs/${run.run_id}" >${unbrokenName(runName(run))}</a>
      <small>${run.suite && run.name ? `${run.suite} · ` : ""}${run.run_id.slice(-8)}</small>
    </td>
    <td class="status">${runBadge(run)}${renderWait(run)}</td>
    <td class="progress">
      <outcome-bar .progress=${progress}></outcome-bar>
      <small class="number">${count(progress.done)} of ${count(progress.total)}</small>
    </td>
    <td class="right">${rate === null ? html`<span class="quiet">–</span>` : percent(rate)}</td>
    <td class="right">${renderCost(run)}</td>
    <td class="models" title=${models.join("\n")}>
      ${models.slice(0, 2).map((model) => html`<div>${model}</div>`)}
      ${models.length > 2 ? html`<small>+${models.length - 2} more</small>` : nothing}
    </td>
    <td class="started number">${timestamp(run.started_at ?? run.created_at)}</td>
    <td class="right duration number">${seconds === null ? "–" : duration(seconds)}</td>
  </tr>`;
}

export const rowStyle = css`
  td.name a {
    font-weight: 560; display: block; min-width: 150px; max-width: clamp(150px, 24vw, 340px);
  }
  small { color: var(--quiet); font-size: 12px; }
  td.name small { font-family: var(--mono); font-size: 11.5px; }
  td.progress { width: 22%; min-width: 150px; }
  td.progress outcome-bar { margin: 3px 0 2px; }
  td budget-bar { --bar-height: 4px; margin: 4px 0 2px; min-width: 84px; }
  .waits { display: block; white-space: nowrap; }
  .waits.warn { color: var(--warn); }
  td.models div {
    max-width: clamp(120px, 22vw, 340px); overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  }
  @media (max-width: 1150px) {
    .badge { white-space: normal; }
    td.progress, td.name a { min-width: 124px; }
    td.progress { width: 17%; }
    td.status { min-width: 112px; }
    th, td { padding-left: 7px; padding-right: 7px; }
  }
  @media (max-width: 900px) { .models { display: none; } }
  @media (max-width: 640px) {
    th:nth-child(5), td:nth-child(5), .started, .duration { display: none; }
    td.progress { min-width: 84px; }
    td.status { min-width: 0; }
    td.name a { min-width: 96px; max-width: 34vw; }
    .badge { white-space: normal; }
    th, td { padding-left: 6px; padding-right: 6px; }
    .waits { white-space: normal; }
  }
`;
