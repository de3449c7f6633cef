/** Notices on the run page: restart, cancellation, stall, wait reason, limits that are near. */

import { html, nothing } from "lit";
import { WARN_AT } from "../../components/budget-bar.ts";
import { notice } from "../../components/notice.ts";
import { asSentence, showControlCharacters, withCommands } from "../../components/untrusted-text.ts";
import { NEEDS_ACTION, WAIT_REASONS } from "../../components/wait-reasons.ts";
import type { Instant, RunView, StoppedModel } from "../../contracts.ts";
import { dollars, parseNano, ratio, remainder, sum } from "../../format/money.ts";
import { percent as formatPercent, plural } from "../../format/number.ts";
import { absoluteTime, duration, secondsBetween, secondsUntil } from "../../format/time.ts";
import type { BudgetWarning, RunStore } from "../../live/run-store.ts";
import { hasEnded } from "./run-progress.ts";

const ACCOUNT_NAMES: Record<string, string> = {
  run: "this run's limit",
  day: "the day's limit",
  project: "the project's limit",
};

/** The text of a warning, the ledger's own if it sent one. */
export function warningText({ account, percent, spent_usd, held_usd, limit_usd, message }: BudgetWarning): string {
  if (message) return asSentence(message);
  if (account === "excess") return `Providers charged ${dollars(spent_usd)} more than was held for their requests.`;
  const limit = limit_usd === null ? "" : ` of ${dollars(limit_usd)}`;
  const reached = `${percent} % of ${ACCOUNT_NAMES[account] ?? account}${limit} reached`;
  return `${reached}: ${dollars(spent_usd)} spent, ${dollars(held_usd)} held.`;
}

export function runNotices(run: RunView, store: RunStore) {
  return html`
    ${restartNotice(run)} ${regradeNotice(run)} ${importNotice(run)} ${cancellingNotice(run)}
    ${reasonNotice(run)} ${stalledNotice(run, store)} ${waitNotice(run)}
    ${run.stopped_models.map(stoppedNotice)} ${Object.entries(run.changed_models).map(changedNotice)}
    ${limitNotices(run, store)}
  `;
}

function restartNotice({ restarts, progress }: RunView) {
  if (!restarts) return nothing;
  const reused = progress.reused ? `, ${plural(progress.reused, "result")} reused` : "";
  const link = html`<a href="/runs/${restarts}">run ${restarts.slice(-8)}</a>`;
  return notice("restarts", "quiet", html`Restart of ${link}${reused}.`);
}

function regradeNotice({ regrades }: RunView) {
  if (!regrades) return nothing;
  const link = html`<a href="/runs/${regrades}">run ${regrades.slice(-8)}</a>`;
  return notice("regrades", "quiet", html`Grades the stored outputs of ${link} again and revises its verdicts.`);
}

function importNotice({ imported, suite }: RunView) {
  if (!imported) return nothing;
  const source = showControlCharacters(imported);
  const board = html`<a href="/leaderboard?suite=${encodeURIComponent(suite)}">leaderboard of ${suite}</a>`;
  const origin = html`Imported from ${source}, which executed and graded the attempts; Assay did neither.`;
  return notice("imported", "quiet", html`${origin} The results are on the ${board} only.`);
}

function reasonNotice(run: RunView) {
  if (!run.reason || run.status === "cancelling") return nothing;
  return notice("reason", hasEnded(run) ? "quiet" : "warn", showControlCharacters(asSentence(run.reason)));
}

function stalledNotice(run: RunView, { stalled }: RunStore) {
  if (!stalled || hasEnded(run)) return nothing;
  const reason = showControlCharacters(asSentence(stalled.reason));
  return notice("stalled", "danger", html`No progress for ${duration(stalled.seconds)}. ${reason}`);
}

function cancellingNotice(run: RunView) {
  if (run.status !== "cancelling") return nothing;
  const { running, executed, grading } = run.progress;
  const parts = [
    [running, "running"],
    [executed, "executed"],
    [grading, "grading"],
  ] as const;
  const open = parts.filter(([number]) => number > 0).map(([number, state]) => `${number} ${state}`);
  const progress = open.length ? `Still in progress: ${open.join(", ")}.` : "No attempts are in progress.";
  const reason = run.reason ? html`${showControlCharacters(asSentence(run.reason))} ` : "";
  return notice("cancelling", "warn", html`${reason}The run ends within seconds. ${progress}`);
}

function waitNotice(run: RunView) {
  const { status, waits } = run;
  const reason = status === "paused" ? "paused" : waits?.reason;
  if (!reason || hasEnded(run)) return nothing;
  const text = WAIT_REASONS[reason] ?? { title: "Attempts are waiting", detail: "" };
  const wait = waits?.reason === reason ? waits : null;
  const tone = NEEDS_ACTION.has(reason) ? "warn" : "quiet";
  const elapsed = wait ? html` for ${renderElapsed(wait.since)}` : nothing;
  const detail = showControlCharacters(asSentence(wait?.detail || text.detail));
  const left = wait?.until ? html` ${renderTimeLeft(wait.until)}` : nothing;
  return notice("waits", tone, html`<b>${text.title}</b>${elapsed}. ${detail}${left}`);
}

function stoppedNotice({ model, reason, remedy }: StoppedModel) {
  const why = showControlCharacters(asSentence(reason));
  const effect = "Its remaining attempts end without being executed.";
  const text = html`<b>${model} is stopped.</b> ${why} ${effect} ${withCommands(asSentence(remedy))}`;
  return notice(`stopped-${model}`, "danger", text);
}

/** The provider served several models under one name. */
function changedNotice([model, names]: [string, string[]]) {
  const served = showControlCharacters(names.join(", then "));
  const text = html`<b>${model} changed during the run.</b> ${served} answered. Its attempts cannot be compared.`;
  return notice(`changed-${model}`, "warn", text);
}

function renderTimeLeft(until: Instant) {
  const left = duration(secondsUntil(until));
  return html`Requests continue in <time datetime=${until} title="at ${absoluteTime(until)}">${left}</time>.`;
}

function renderElapsed(since: Instant) {
  const elapsed = duration(secondsBetween(since, null));
  return html`<time datetime=${since} title="since ${absoluteTime(since)}">${elapsed}</time>`;
}

/** The newest warning of each account; that of the run only while its limit is unchanged. */
function limitNotices(run: RunView, store: RunStore) {
  const newest = new Map(store.warnings.map((warning) => [warning.account, warning]));
  const own = newest.get("run");
  if (
    own &&
    (own.limit_usd === null ||
      run.limits.cost_usd === null ||
      parseNano(own.limit_usd) !== parseNano(run.limits.cost_usd))
  )
    newest.delete("run");
  const warnings = [...newest.values()].map((warning) =>
    notice(
      `warned-${warning.account}`,
      warning.percent >= 100 || warning.account === "excess" ? "danger" : "warn",
      showControlCharacters(warningText(warning)),
    ),
  );
  return html`${newest.has("run") ? nothing : nearLimitNotice(run)}${warnings}`;
}

/** Derived from the figures, in case the warning is not in the history. */
function nearLimitNotice({ limits, progress }: RunView) {
  const limit = limits.cost_usd;
  if (limit === null) return nothing;
  const used = ratio(progress.cost_usd, limit);
  if (used < WARN_AT) return nothing;
  const left = remainder(limit, sum(progress.cost_usd, progress.held_usd));
  return notice(
    "warned-run",
    used >= 1 ? "danger" : "warn",
    html`${formatPercent(used)} of this run's limit of ${dollars(limit)} spent, ${dollars(left)} left.`,
  );
}
