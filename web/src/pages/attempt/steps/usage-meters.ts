/** What an attempt has used so far, each beside its limit. */

import { css, html, nothing } from "lit";
import type { AttemptDetail, Limits } from "../../../contracts.ts";
import { dollars, exact, share } from "../../../format/money.ts";
import { count, percent } from "../../../format/number.ts";
import { between, duration } from "../../../format/time.ts";
import type { Step } from "../../../live/steps.ts";

interface Meter {
  id: string;
  name: string;
  used: string;
  limit: string;
  /** Used of the limit as a share of one; null where nothing limits it. */
  part: number | null;
  /** Not all of what is used counts against the limit. */
  rough?: boolean;
}

/** As of the newest step; what the attempt itself says where no step tells. */
export function renderMeters(detail: AttemptDetail, last: Step | undefined) {
  return html`<dl class="meters" aria-label="Used so far">${meters(detail, last).map(renderMeter)}</dl>`;
}

function renderMeter({ id, name, used, limit, part, rough }: Meter) {
  const level = part === null || rough ? "" : part >= 1 ? "full" : part >= 0.8 ? "near" : "";
  return html`<div data-meter=${id} class=${level}>
    <dt>${name}</dt>
    <dd>${used} <small>${limit ? `of ${limit}` : "no limit"}</small>
      ${part === null ? nothing : html`<span class="gauge" role="meter" aria-label="${name} used" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.min(100, Math.round(part * 100))} aria-valuetext="${used} of ${limit}, ${percent(part)}"><i .style=${`width: ${width(part)}`}></i></span>`}
    </dd>
  </div>`;
}

function meters(detail: AttemptDetail, last: Step | undefined): Meter[] {
  const { attempt } = detail;
  const limits: Partial<Limits> = detail.limits ?? {};
  const tokens = Math.max(last?.tokens ?? 0, attempt.usage.input_tokens + attempt.usage.output_tokens);
  const cost = last ? exact(BigInt(last.costNanousd)) : attempt.cost_usd;
  const turn = last?.turn ?? 0;
  return [
    counted("turns", "Turns", turn, limits.turns),
    counted("tool_calls", "Tool calls", last?.toolCalls ?? 0, limits.tool_calls),
    counted("tokens", "Tokens", tokens, limits.tokens),
    {
      id: "cost",
      name: "Cost",
      used: dollars(cost),
      limit: limits.cost_usd ? dollars(limits.cost_usd) : "",
      part: limits.cost_usd ? share(cost, limits.cost_usd) : null,
    },
    time(detail, limits.wall_seconds ?? null),
  ];
}

function counted(id: string, name: string, used: number, limit: number | null | undefined): Meter {
  return { id, name, used: count(used), limit: limit ? count(limit) : "", part: limit ? used / limit : null };
}

function time({ attempt, tries }: AttemptDetail, limit: number | null): Meter {
  const last = tries.at(-1);
  const running = attempt.state === "running" && last && !last.ended_at;
  const seconds = running ? between(last.started_at, null) : attempt.duration_seconds;
  const part = limit ? Math.min(1, seconds / limit) : null;
  // Waiting for a provider and making the sandbox are in it, but not on the clock of the limit.
  return { id: "time", name: "Time", used: duration(seconds), limit: limit ? duration(limit) : "", part, rough: true };
}

/** A part that is not nothing is seen, however small. */
function width(part: number): string {
  return part <= 0 ? "0" : `max(2px, ${Math.min(100, part * 100)}%)`;
}

export const metersStyle = css`
  .meters { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 10px 24px; margin: 0; padding: 12px 14px; border-bottom: 1px solid var(--line); }
  .meters > div { min-width: 0; --fill: var(--accent); }
  .meters > .near { --fill: var(--timeout); }
  .meters > .full { --fill: var(--failed); }
  .meters dt { color: var(--quiet); font-size: 12px; }
  .meters dd { margin: 0; font-weight: 560; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .meters small { color: var(--quiet); font-weight: 400; font-size: 12px; }
  .meters .gauge { display: block; height: 5px; margin-top: 4px; border-radius: 3px; background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line); overflow: hidden; }
  .meters .gauge i { display: block; height: 100%; background: var(--fill); transition: width 0.25s; }
`;
