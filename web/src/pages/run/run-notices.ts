/** What one should know of a run beyond its figures: that it stands still, why it waits, which limits are near. */

import { html, nothing } from "lit";
import type { RunView } from "../../contracts.ts";
import { dollars, less, nano, share, sum } from "../../format/money.ts";
import { percent, plural } from "../../format/number.ts";
import { absolute, between, duration } from "../../format/time.ts";
import type { RunStore, Warning } from "../../live/run-store.ts";
import { WARN_AT } from "../../components/budget-bar.ts";
import { note } from "../../components/notice.ts";
import { sentence, visible } from "../../components/untrusted-text.ts";
import { LACKING, WAITS } from "../../components/wait-reasons.ts";
import { ended } from "./run-progress.ts";

const WHOSE: Record<string, string> = {
  run: "this run's limit",
  day: "the day's limit",
  project: "the project's limit",
};

/** A warning in words: the ledger's own where it gives any. */
export function warningWords({ account, percent: at, spent_usd, held_usd, limit_usd, message }: Warning): string {
  if (message) return sentence(message);
  if (account === "excess")
    return `A provider charged more than was held for its request: ${dollars(spent_usd)} in all.`;
  const limit = limit_usd === null ? "" : ` of ${dollars(limit_usd)}`;
  return `${at} % of ${WHOSE[account] ?? account}${limit} is reached: ${dollars(spent_usd)} spent, ${dollars(held_usd)} held.`;
}

export function notes(run: RunView, store: RunStore) {
  return html`
    ${run.restarts ? note("restarts", "quiet", html`A restart of <a href="/runs/${run.restarts}">run ${run.restarts.slice(-8)}</a>${run.progress.reused ? `, ${plural(run.progress.reused, "result")} taken over` : ""}.`) : nothing}
    ${cancelling(run)}
    ${run.reason && run.status !== "cancelling" ? note("reason", ended(run) ? "quiet" : "warn", html`${visible(sentence(run.reason))}`) : nothing}
    ${store.stalled && !ended(run) ? note("stalled", "danger", html`Nothing has changed for ${duration(store.stalled.seconds)}. ${visible(sentence(store.stalled.reason))}`) : nothing}
    ${waits(run)}
    ${limits(run, store)}
  `;
}

function cancelling(run: RunView) {
  if (run.status !== "cancelling") return nothing;
  const { running, executed, grading } = run.progress;
  const parts = [
    [running, "running"],
    [executed, "executed"],
    [grading, "grading"],
  ] as const;
  const open = parts.filter(([number]) => number > 0).map(([number, state]) => `${number} ${state}`);
  const told = open.length ? `Still under way: ${open.join(", ")}.` : "Nothing is under way any more.";
  return note(
    "cancelling",
    "warn",
    html`${run.reason ? html`${visible(sentence(run.reason))} ` : ""}It ends within seconds; what was not begun is cancelled. ${told}`,
  );
}

function waits(run: RunView) {
  const { status, waits } = run;
  const reason = status === "paused" ? "paused" : waits?.reason;
  if (!reason || ended(run)) return nothing;
  const { told, otherwise } = WAITS[reason] ?? { told: "Attempts wait", otherwise: "" };
  const since = waits?.reason === reason ? waits.since : null;
  const detail = (waits?.reason === reason && waits.detail) || otherwise;
  const tone = LACKING.has(reason) ? "warn" : "quiet";
  const clock = since
    ? html`, for <time datetime=${since} title="since ${absolute(since)}">${duration(between(since, null))}</time>`
    : nothing;
  return note("waits", tone, html`<b>${told}</b>${clock}. ${visible(sentence(detail))}`);
}

/** The newest warning of each account; of the run's own limit only while that limit is what it was. */
function limits(run: RunView, store: RunStore) {
  const newest = new Map(store.warnings.map((warning) => [warning.account, warning]));
  const own = newest.get("run");
  if (
    own &&
    (own.limit_usd === null || run.limits.cost_usd === null || nano(own.limit_usd) !== nano(run.limits.cost_usd))
  )
    newest.delete("run");
  const told = [...newest.values()].map((warning) =>
    note(
      `warned-${warning.account}`,
      warning.percent >= 100 || warning.account === "excess" ? "danger" : "warn",
      visible(warningWords(warning)),
    ),
  );
  return html`${newest.has("run") ? nothing : near(run)}${told}`;
}

/** Said from the figures, where nobody was there to hear the warning. */
function near({ limits, progress }: RunView) {
  const limit = limits.cost_usd;
  if (limit === null) return nothing;
  const used = share(progress.cost_usd, limit);
  if (used < WARN_AT) return nothing;
  const left = less(limit, sum(progress.cost_usd, progress.held_usd));
  return note(
    "warned-run",
    used >= 1 ? "danger" : "warn",
    html`${percent(used)} of this run's limit of ${dollars(limit)} is spent, ${dollars(left)} is left.`,
  );
}
