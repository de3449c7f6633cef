/** One run in the list. */

import { css, html, nothing } from "lit";
import type { Progress, RunView } from "../../contracts.ts";
import { dollars, nano } from "../../format/money.ts";
import { count, percent } from "../../format/number.ts";
import { between, duration } from "../../format/time.ts";
import { badge } from "../../components/badge.ts";
import { moment } from "../../components/timestamp.ts";
import { money } from "../../components/money.ts";
import "../../components/budget-bar.ts";
import { LACKING, WAITS } from "../../components/wait-reasons.ts";

/** What a run is called where it has no name of its own. */
export function runName(run: RunView): string {
  if (run.name) return run.name;
  if (run.suite) return run.suite;
  const [first = "run", ...more] = run.task_ids;
  return more.length ? `${first} and ${more.length} more` : first;
}

/** Share of passed among attempts that say something about the model; null before the first. */
export function passRate(progress: Progress): number | null {
  const { passed = 0, infra_error = 0, cancelled = 0, needs_review = 0 } = progress.outcomes;
  const counted = progress.done - infra_error - cancelled - needs_review;
  return counted > 0 ? passed / counted : null;
}

/** Why it waits, in a word or two; the run's page says the rest. */
function waits({ waits, status }: RunView) {
  if (!waits || (status !== "waiting" && status !== "running")) return nothing;
  const lacking = LACKING.has(waits.reason) ? "lacking" : "";
  return html`<small class="waits ${lacking}" title=${waits.detail}>${WAITS[waits.reason]?.short}</small>`;
}

/** Spend against the run's limit, where it can spend anything. */
function cost({ progress, limits }: RunView) {
  const { cost_usd: spent, held_usd: held } = progress;
  if (limits.cost_usd === null || nano(spent) + nano(held) === 0n) return money(spent);
  const purse = { limit_usd: limits.cost_usd, spent_usd: spent, held_usd: held };
  return html`${money(spent)} <small>of ${dollars(limits.cost_usd)}</small><money-bar name="Cost" .purse=${purse}></money-bar>`;
}

export function renderRow(run: RunView) {
  const rate = passRate(run.progress);
  return html`<tr data-run=${run.run_id}>
    <td class="name"><a href="/runs/${run.run_id}">${runName(run)}</a><small>${run.suite && run.name ? `${run.suite} · ` : ""}${run.run_id.slice(-8)}</small></td>
    <td class="status">${badge(run.status)}${waits(run)}</td>
    <td class="progress"><outcome-bar .progress=${run.progress}></outcome-bar><small class="number">${count(run.progress.done)} of ${count(run.progress.total)}</small></td>
    <td class="right">${rate === null ? html`<span class="quiet">–</span>` : percent(rate)}</td>
    <td class="right">${cost(run)}</td>
    <td class="models" title=${run.models.join("\n")}>${run.models.slice(0, 2).join(", ")}${run.models.length > 2 ? html` <small>+${run.models.length - 2}</small>` : ""}</td>
    <td class="started number">${moment(run.started_at ?? run.created_at)}</td>
    <td class="right took number">${run.started_at ? duration(between(run.started_at, run.finished_at)) : "–"}</td>
  </tr>`;
}

export const rowStyle = css`
  td.name { min-width: 150px; }
  td.name a { font-weight: 560; display: block; overflow-wrap: anywhere; }
  small { color: var(--quiet); font-size: 12px; }
  td.name small { font-family: var(--mono); font-size: 11.5px; }
  td.progress { width: 26%; min-width: 150px; }
  td.progress outcome-bar { margin: 3px 0 2px; }
  td money-bar { --bar-height: 4px; margin: 4px 0 2px; min-width: 84px; }
  .waits { display: block; white-space: nowrap; }
  .waits.lacking { color: var(--warn); }
  td.models { max-width: 260px; overflow-wrap: anywhere; }
  @media (max-width: 900px) { .models { display: none; } }
  @media (max-width: 640px) { th:nth-child(5), td:nth-child(5), .started, .took { display: none; } td.progress { min-width: 84px; } td.name { min-width: 104px; } th, td { padding-left: 6px; padding-right: 6px; } .waits { white-space: normal; } }
`;
