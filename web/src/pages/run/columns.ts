/** Columns of the attempts table: what each sorts by and how it is shown. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, nothing, type TemplateResult } from "lit";
import { dollars, nano } from "../../format/money.ts";
import { score, short } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import type { Row } from "../../live/run-store.ts";
import { badge } from "../../components/badge.ts";
import { moment } from "../../components/timestamp.ts";
import { money } from "../../components/money.ts";
import { byValue } from "../../components/sorting.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Shown {
  name: string;
  width: string;
  /** Hidden below this width of the window, in pixels. */
  from: number;
  right: boolean;
  cell(attempt: Row): TemplateResult | string;
}

const column = (
  id: string,
  accessorFn: (attempt: Row) => unknown,
  shown: Omit<Shown, "right" | "from"> & Partial<Shown>,
): ColumnDef<Features, Row> & { shown: Shown } => ({
  id,
  accessorFn,
  sortFn: byValue,
  sortUndefined: "last",
  shown: { right: false, from: 0, ...shown },
});

/** Where its result is from, or why it waits again. */
function aside(row: Row) {
  if (row.reused_from)
    return html` <a class="aside" href="/attempts/${row.reused_from}" title="The result of an earlier attempt with the same content">reused</a>`;
  if (row.recalled !== undefined) return html` <small class="recalled" title=${row.recalled}>recalled</small>`;
  return nothing;
}

export const columns = [
  column("ordinal", (row) => row.ordinal, {
    name: "#",
    width: "56px",
    from: 760,
    cell: (row) => html`<span class="quiet number">${row.ordinal}</span>`,
  }),
  column("task", (row) => `${row.task_id} ${row.sample_id} ${row.repeat}`, {
    name: "Task",
    width: "minmax(150px, 2.2fr)",
    cell: (row) =>
      html`<a href="/attempts/${row.attempt_id}" title="${row.task_id} ${row.sample_id}">${row.task_id}</a> <small>${row.sample_id}${row.repeat > 1 ? ` ×${row.repeat}` : ""}</small>`,
  }),
  column("model", (row) => row.model, {
    name: "Model",
    width: "minmax(110px, 1.6fr)",
    cell: (row) => html`<span title=${row.model}>${row.model}</span>`,
  }),
  column("state", (row) => row.outcome ?? row.state, {
    name: "State",
    width: "minmax(118px, 1.2fr)",
    cell: (row) => html`${badge(row.outcome ?? row.state)}${aside(row)}`,
  }),
  column("score", (row) => row.score ?? undefined, {
    name: "Score",
    width: "72px",
    right: true,
    cell: (row) => score(row.score),
  }),
  column("cost", (row) => nano(row.cost_usd), {
    name: "Cost",
    width: "104px",
    from: 760,
    right: true,
    cell: (row) =>
      nano(row.held_usd) > 0n
        ? html`<span class="held number" title="held until it is reported: $${row.held_usd}">${dollars(row.held_usd)} held</span>`
        : money(row.cost_usd),
  }),
  column("tokens", (row) => row.usage.input_tokens + row.usage.output_tokens, {
    name: "Tokens",
    width: "80px",
    from: 1000,
    right: true,
    cell: (row) =>
      html`<span title="${row.usage.input_tokens} in, ${row.usage.output_tokens} out">${short(row.usage.input_tokens + row.usage.output_tokens)}</span>`,
  }),
  column("duration", (row) => row.duration_seconds || undefined, {
    name: "Took",
    width: "86px",
    from: 760,
    right: true,
    cell: (row) => (row.duration_seconds ? duration(row.duration_seconds) : "–"),
  }),
  column("tries", (row) => row.tries, {
    name: "Tries",
    width: "66px",
    from: 1000,
    right: true,
    cell: (row) => html`<span class=${row.tries > 1 ? "several" : ""}>${row.tries}</span>`,
  }),
  column("changed", (row) => row.changed_at, {
    name: "Changed",
    width: "96px",
    from: 1000,
    right: true,
    cell: (row) => html`<span class="quiet">${moment(row.changed_at)}</span>`,
  }),
];
