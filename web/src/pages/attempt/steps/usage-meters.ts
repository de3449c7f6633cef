/** Usage of an attempt against its limits. */

import { css, html, nothing } from "lit";
import type { AttemptDetail, Limits } from "../../../contracts.ts";
import { dollars, formatNano, ratio } from "../../../format/money.ts";
import { count, percent } from "../../../format/number.ts";
import { duration, secondsBetween } from "../../../format/time.ts";
import type { Step } from "../../../live/steps.ts";

interface Meter {
  id: string;
  name: string;
  used: string;
  limit: string;
  /** Used divided by the limit; null without a limit. */
  share: number | null;
  /** Not all usage counts against the limit. */
  approximate?: boolean;
}

/** Usage as of the newest step, or that of the attempt if there are no steps. */
export function renderMeters(detail: AttemptDetail, last: Step | undefined) {
  return html`<dl class="meters" aria-label="Usage">${meters(detail, last).map(renderMeter)}</dl>`;
}

function renderMeter(meter: Meter) {
  const { id, name, used, limit, share, approximate } = meter;
  const level = share === null || approximate ? "" : share >= 1 ? "full" : share >= 0.8 ? "near" : "";
  return html`<div data-meter=${id} class=${level}>
    <dt>${name}</dt>
    <dd>
      ${used} <small>${limit ? `of ${limit}` : "no limit"}</small>
      ${share === null ? nothing : renderGauge(meter, share)}
    </dd>
  </div>`;
}

function renderGauge({ name, used, limit }: Meter, share: number) {
  const value = Math.min(100, Math.round(share * 100));
  return html`<span class="gauge" role="meter" aria-label="${name} used" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${value} aria-valuetext="${used} of ${limit}, ${percent(share)}">
    <i .style=${`width: ${gaugeWidth(share)}`}></i>
  </span>`;
}

function meters(detail: AttemptDetail, last: Step | undefined): Meter[] {
  const { attempt } = detail;
  const limits: Partial<Limits> = detail.limits ?? {};
  const tokens = Math.max(last?.tokens ?? 0, attempt.usage.input_tokens + attempt.usage.output_tokens);
  const cost = last ? formatNano(BigInt(last.costNanousd)) : attempt.cost_usd;
  const turn = last?.turn ?? 0;
  return [
    countMeter("turns", "Turns", turn, limits.turns),
    countMeter("tool_calls", "Tool calls", last?.toolCalls ?? 0, limits.tool_calls),
    countMeter("tokens", "Tokens", tokens, limits.tokens),
    {
      id: "cost",
      name: "Cost",
      used: dollars(cost),
      limit: limits.cost_usd ? dollars(limits.cost_usd) : "",
      share: limits.cost_usd ? ratio(cost, limits.cost_usd) : null,
    },
    timeMeter(detail, limits.wall_seconds ?? null),
  ];
}

function countMeter(id: string, name: string, used: number, limit: number | null | undefined): Meter {
  return { id, name, used: count(used), limit: limit ? count(limit) : "", share: limit ? used / limit : null };
}

function timeMeter({ attempt, tries }: AttemptDetail, limit: number | null): Meter {
  const last = tries.at(-1);
  const running = attempt.state === "running" && last && !last.ended_at;
  const seconds = running ? secondsBetween(last.started_at, null) : attempt.duration_seconds;
  // `seconds` includes waiting for the provider and starting the sandbox, which do not count against the limit.
  const share = limit ? Math.min(1, seconds / limit) : null;
  return {
    id: "time",
    name: "Time",
    used: duration(seconds),
    limit: limit ? duration(limit) : "",
    share,
    approximate: true,
  };
}

/** At least 2px, so that a small share stays visible. */
function gaugeWidth(share: number): string {
  return share <= 0 ? "0" : `max(2px, ${Math.min(100, share * 100)}%)`;
}

export const metersStyle = css`
  .meters {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 10px 24px; margin: 0;
    padding: 12px 14px; border-bottom: 1px solid var(--line);
  }
  .meters > div { min-width: 0; --fill: var(--accent); }
  .meters > .near { --fill: var(--timeout); }
  .meters > .full { --fill: var(--failed); }
  .meters dt { color: var(--quiet); font-size: 12px; }
  .meters dd { margin: 0; font-weight: 560; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .meters small { color: var(--quiet); font-weight: 400; font-size: 12px; }
  .meters .gauge {
    display: block; height: 5px; margin-top: 4px; border-radius: 3px; background: var(--sunken);
    box-shadow: inset 0 0 0 1px var(--line); overflow: hidden;
  }
  .meters .gauge i { display: block; height: 100%; background: var(--fill); transition: width 0.25s; }
`;
