/** Columns of the costs table: what each sorts by and how it is shown. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, type TemplateResult } from "lit";
import type { CostBy, CostRow, Usd } from "../../contracts.ts";
import { approximate, nano } from "../../format/money.ts";
import { count, short } from "../../format/number.ts";
import { money } from "../../components/money.ts";
import { byValue } from "../../components/sorting.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Shown {
  name: string;
  title?: string;
  right?: boolean;
  /** Left out where there is little room. */
  minor?: boolean;
  cell(row: CostRow): TemplateResult | string;
}

export type CostColumn = ColumnDef<Features, CostRow> & { shown: Shown };

function column(id: string, accessorFn: (row: CostRow) => unknown, shown: Shown): CostColumn {
  return { id, accessorFn, sortFn: byValue, sortDescFirst: id !== "label", sortUndefined: "last", shown };
}

const amount = (value: string) => (nano(value) > 0n ? money(value) : html`<span class="quiet">–</span>`);

const FIGURES: CostColumn[] = [
  column("calls", (row) => row.calls, { name: "Calls", right: true, minor: true, cell: (row) => count(row.calls) }),
  column("tokens", (row) => row.usage.input_tokens + row.usage.output_tokens, {
    name: "Tokens",
    title: "In and out",
    right: true,
    minor: true,
    cell: ({ usage }) =>
      html`<span title="${count(usage.cached_tokens)} of those in cached, ${count(usage.reasoning_tokens)} of those out reasoning">${short(usage.input_tokens)} <small>in</small> ${short(usage.output_tokens)} <small>out</small></span>`,
  }),
  column("cost", (row) => nano(row.cost_usd), {
    name: "Cost",
    right: true,
    cell: (row) => html`<b>${money(row.cost_usd)}</b>`,
  }),
  column("estimated", (row) => nano(row.estimated_usd), {
    name: "Estimated",
    title: "The part of the cost that no provider reported: booked at its worst case",
    right: true,
    cell: (row) =>
      html`<span class=${nano(row.estimated_usd) > 0n ? "estimated" : ""}>${amount(row.estimated_usd)}</span>`,
  }),
  column("superseded", (row) => nano(row.superseded_usd), {
    name: "For nothing",
    title: "The part spent by tries whose result does not count",
    right: true,
    minor: true,
    cell: (row) => amount(row.superseded_usd),
  }),
];

const AGAIN = column("recosted", (row) => (row.recosted_usd === null ? undefined : nano(row.recosted_usd)), {
  name: "At these prices",
  title: "What the same tokens would cost at the prices asked for; nothing that was charged changes",
  right: true,
  cell: (row) =>
    row.recosted_usd === null
      ? html`<span class="quiet" title="A model in this row has no price there">unknown</span>`
      : html`${money(row.recosted_usd)} <small class="quiet">${changed(row.cost_usd, row.recosted_usd)}</small>`,
});

/** `+12 %`: how the second amount differs from the first. */
function changed(from: Usd, to: Usd): string {
  if (nano(from) === 0n || nano(from) === nano(to)) return "";
  const part = Math.round((approximate(to) / approximate(from) - 1) * 100);
  return `${part < 0 ? "−" : "+"}${count(Math.abs(part))} %`;
}

const NAMES: Record<CostBy, string> = { model: "Model", task: "Task", day: "Day", run: "Run", call: "Call" };

/** `again` adds what the same tokens would cost at other prices. */
export function columnsFor(by: CostBy, label: (row: CostRow) => TemplateResult | string, again: boolean): CostColumn[] {
  return [column("label", (row) => row.label, { name: NAMES[by], cell: label }), ...FIGURES, ...(again ? [AGAIN] : [])];
}
