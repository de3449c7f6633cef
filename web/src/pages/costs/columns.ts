/** Columns of the costs table: sort key and presentation. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, type TemplateResult } from "lit";
import { money } from "../../components/money.ts";
import { compareRows } from "../../components/sorting.ts";
import type { CostBy, CostRow, Usd } from "../../contracts.ts";
import { parseNano, toNumber } from "../../format/money.ts";
import { compactCount, count } from "../../format/number.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Presentation {
  name: string;
  title?: string;
  right?: boolean;
  /** Hidden on narrow screens. */
  minor?: boolean;
  cell(row: CostRow): TemplateResult | string;
}

export type CostColumn = ColumnDef<Features, CostRow> & { shown: Presentation };

function column(id: string, accessorFn: (row: CostRow) => unknown, shown: Presentation): CostColumn {
  return { id, accessorFn, sortFn: compareRows, sortDescFirst: id !== "label", sortUndefined: "last", shown };
}

const amount = (value: string) => (parseNano(value) > 0n ? money(value) : html`<span class="quiet">–</span>`);

function renderTokens({ usage }: CostRow) {
  const [cached, written] = [count(usage.cached_tokens), count(usage.cache_write_tokens)];
  const reasoning = count(usage.reasoning_tokens);
  const title = `${cached} input tokens from the cache, ${written} into it, ${reasoning} output tokens reasoning`;
  const [input, output] = [compactCount(usage.input_tokens), compactCount(usage.output_tokens)];
  return html`<span title=${title}>${input} <small>in</small> ${output} <small>out</small></span>`;
}

const COST_COLUMNS: CostColumn[] = [
  column("calls", (row) => row.calls, { name: "Calls", right: true, minor: true, cell: (row) => count(row.calls) }),
  column("tokens", (row) => row.usage.input_tokens + row.usage.output_tokens, {
    name: "Tokens",
    title: "Input and output tokens",
    right: true,
    minor: true,
    cell: renderTokens,
  }),
  column("cost", (row) => parseNano(row.cost_usd), {
    name: "Cost",
    right: true,
    cell: (row) => html`<b>${money(row.cost_usd)}</b>`,
  }),
  column("estimated", (row) => parseNano(row.estimated_usd), {
    name: "Estimated",
    title: "Cost that the provider did not report; the worst case is booked",
    right: true,
    cell: (row) =>
      html`<span class=${parseNano(row.estimated_usd) > 0n ? "estimated" : ""}>${amount(row.estimated_usd)}</span>`,
  }),
  column("superseded", (row) => parseNano(row.superseded_usd), {
    name: "Superseded",
    title: "Spent by tries whose result does not count",
    right: true,
    minor: true,
    cell: (row) => amount(row.superseded_usd),
  }),
];

const RECOSTED = column("recosted", (row) => (row.recosted_usd === null ? undefined : parseNano(row.recosted_usd)), {
  name: "At these prices",
  title: "Cost of the same tokens at the selected prices; booked costs do not change",
  right: true,
  cell: (row) =>
    row.recosted_usd === null
      ? html`<span class="quiet" title="A model in this row has no price in this version">unknown</span>`
      : html`${money(row.recosted_usd)} <small class="quiet">${percentChange(row.cost_usd, row.recosted_usd)}</small>`,
});

/** `+12 %`; empty if the amounts are equal. */
function percentChange(from: Usd, to: Usd): string {
  if (parseNano(from) === 0n || parseNano(from) === parseNano(to)) return "";
  const part = Math.round((toNumber(to) / toNumber(from) - 1) * 100);
  return `${part < 0 ? "−" : "+"}${count(Math.abs(part))} %`;
}

export const GROUPING_NAMES: Record<CostBy, string> = {
  model: "Model",
  task: "Task",
  day: "Day",
  run: "Run",
  call: "Call",
};

/** `recosted` adds the cost at other prices. */
export function columnsFor(
  by: CostBy,
  label: (row: CostRow) => TemplateResult | string,
  recosted: boolean,
): CostColumn[] {
  return [
    column("label", (row) => row.label, { name: GROUPING_NAMES[by], cell: label }),
    ...COST_COLUMNS,
    ...(recosted ? [RECOSTED] : []),
  ];
}
