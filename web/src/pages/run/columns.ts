/** Columns of the attempts table: sort key and presentation. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, nothing, type TemplateResult } from "lit";
import { badge } from "../../components/badge.ts";
import { flagBadge } from "../../components/flag-badge.ts";
import { money } from "../../components/money.ts";
import { compareRows } from "../../components/sorting.ts";
import { timestamp } from "../../components/timestamp.ts";
import { dollars, parseNano } from "../../format/money.ts";
import { compactCount, formatScore } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import type { AttemptRow } from "../../live/run-store.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Presentation {
  name: string;
  width: string;
  /** The column is hidden in windows narrower than this, in pixels. */
  minWidth: number;
  right: boolean;
  cell(attempt: AttemptRow): TemplateResult | string;
}

const column = (
  id: string,
  accessorFn: (attempt: AttemptRow) => unknown,
  shown: Omit<Presentation, "right" | "minWidth"> & Partial<Presentation>,
): ColumnDef<Features, AttemptRow> & { shown: Presentation } => ({
  id,
  accessorFn,
  sortFn: compareRows,
  sortUndefined: "last",
  shown: { right: false, minWidth: 0, ...shown },
});

/** A link to the reused attempt, or a mark that the attempt was recalled to waiting. */
function renderOrigin(row: AttemptRow) {
  if (row.recallCause !== undefined) return html` <small class="recalled" title=${row.recallCause}>recalled</small>`;
  if (!row.reused_from) return nothing;
  const title = "Result of an earlier attempt with the same content";
  return html` <a class="aside" href="/attempts/${row.reused_from}" title=${title}>reused</a>`;
}

function renderTask({ attempt_id, task_id, sample_id, repeat, impossible }: AttemptRow) {
  const link = html`<a href="/attempts/${attempt_id}" title="${task_id} ${sample_id}">${task_id}</a>`;
  const title = "The task contradicts its own tests, so a pass is a suspected cheat";
  const mark = html` <small class="impossible" title=${title}>impossible</small>`;
  return html`${link} <small>${sample_id}${repeat > 1 ? ` ×${repeat}` : ""}</small>${impossible ? mark : nothing}`;
}

function renderCost({ cost_usd, held_usd }: AttemptRow) {
  if (parseNano(held_usd) === 0n) return money(cost_usd);
  const title = `Held until the actual cost is reported: $${held_usd}`;
  return html`<span class="held number" title=${title}>${dollars(held_usd)} held</span>`;
}

function renderTokens({ usage: { input_tokens: input, output_tokens: output } }: AttemptRow) {
  return html`<span title="${input} in, ${output} out">${compactCount(input + output)}</span>`;
}

export const columns = [
  column("ordinal", (row) => row.ordinal, {
    name: "#",
    width: "56px",
    minWidth: 760,
    cell: (row) => html`<span class="quiet number">${row.ordinal}</span>`,
  }),
  column("task", (row) => `${row.task_id} ${row.sample_id} ${row.repeat}`, {
    name: "Task",
    width: "minmax(150px, 2.2fr)",
    cell: renderTask,
  }),
  column("model", (row) => row.model, {
    name: "Model",
    width: "minmax(110px, 1.6fr)",
    cell: (row) => html`<span title=${row.model}>${row.model}</span>`,
  }),
  column("state", (row) => row.outcome ?? row.state, {
    name: "State",
    width: "minmax(118px, 1.2fr)",
    cell: (row) => html`${badge(row.outcome ?? row.state)} ${flagBadge(row.flag_count)}${renderOrigin(row)}`,
  }),
  column("score", (row) => row.score ?? undefined, {
    name: "Score",
    width: "72px",
    right: true,
    cell: (row) => formatScore(row.score),
  }),
  column("cost", (row) => parseNano(row.cost_usd), {
    name: "Cost",
    width: "104px",
    minWidth: 760,
    right: true,
    cell: renderCost,
  }),
  column("tokens", (row) => row.usage.input_tokens + row.usage.output_tokens, {
    name: "Tokens",
    width: "80px",
    minWidth: 1000,
    right: true,
    cell: renderTokens,
  }),
  column("duration", (row) => row.duration_seconds || undefined, {
    name: "Duration",
    width: "86px",
    minWidth: 760,
    right: true,
    cell: (row) => (row.duration_seconds ? duration(row.duration_seconds) : "–"),
  }),
  column("tries", (row) => row.tries, {
    name: "Tries",
    width: "66px",
    minWidth: 1000,
    right: true,
    cell: (row) => html`<span class=${row.tries > 1 ? "several" : ""}>${row.tries}</span>`,
  }),
  column("changed", (row) => row.changed_at, {
    name: "Changed",
    width: "96px",
    minWidth: 1000,
    right: true,
    cell: (row) => html`<span class="quiet">${timestamp(row.changed_at)}</span>`,
  }),
];
