/** Columns of the leaderboard: what each sorts by and how it is shown. Categories add one each. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, nothing, type TemplateResult } from "lit";
import type { BoardRow } from "../../contracts.ts";
import { nano } from "../../format/money.ts";
import { count, percent, score, short } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { wilson } from "../../format/wilson.ts";
import { money } from "../../components/money.ts";
import { byValue } from "../../components/sorting.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Shown {
  name: string;
  right?: boolean;
  title?: string;
  cell(row: BoardRow): TemplateResult | string;
}

export type BoardColumn = ColumnDef<Features, BoardRow> & { shown: Shown };

function column(id: string, accessorFn: (row: BoardRow) => unknown, shown: Shown): BoardColumn {
  return { id, accessorFn, sortFn: byValue, sortDescFirst: id !== "model", sortUndefined: "last", shown };
}

/** Share passed as a bar, with the interval it is known to drawn as a whisker. */
function passBar(row: BoardRow) {
  const { low, high } = wilson(row.passed, row.n);
  const place = `--rate: ${row.pass_rate * 100}%; --low: ${low * 100}%; --high: ${high * 100}%`;
  const told = `${row.passed} of ${row.n} passed; 95 % interval ${percent(low)} to ${percent(high)}`;
  return html`<span class="pass" title=${told}>
    <span class="bar" role="img" aria-label=${told} .style=${place}><i class="fill"></i><i class="whisker"></i></span>
    <span class="number">${percent(row.pass_rate)}</span>
  </span>`;
}

const FIRST: BoardColumn[] = [
  column("model", (row) => row.model, {
    name: "Model",
    cell: (row) =>
      html`<b>${row.model}</b>${row.last_run_id ? html` <a class="last" href="/runs/${row.last_run_id}">last run</a>` : nothing}`,
  }),
  column("score", (row) => row.score, {
    name: "Score",
    right: true,
    title: "Weighted mean over tasks",
    cell: (row) => html`<b>${score(row.score)}</b>`,
  }),
  column("pass", (row) => row.pass_rate, { name: "Pass rate", title: "With Wilson's 95 % interval", cell: passBar }),
  column("n", (row) => row.n, {
    name: "n",
    right: true,
    title: "Attempts that say something about the model",
    cell: (row) =>
      html`${count(row.n)}${row.errors ? html` <small title="Attempts that failed for other reasons, not counted">+${row.errors} errors</small>` : nothing}`,
  }),
  column("cost", (row) => nano(row.cost_usd), { name: "Cost", right: true, cell: (row) => money(row.cost_usd) }),
  column("each", (row) => nano(row.cost_per_attempt_usd), {
    name: "Per attempt",
    right: true,
    cell: (row) => money(row.cost_per_attempt_usd),
  }),
  column("duration", (row) => row.duration_seconds, {
    name: "Took",
    right: true,
    title: "Mean of an attempt, execution only",
    cell: (row) => duration(row.duration_seconds),
  }),
  column("tokens", (row) => row.usage.input_tokens + row.usage.output_tokens, {
    name: "Tokens",
    right: true,
    cell: (row) =>
      html`<span title="${count(row.usage.input_tokens)} in, ${count(row.usage.output_tokens)} out">${short(row.usage.input_tokens + row.usage.output_tokens)}</span>`,
  }),
];

export function columnsFor(categories: readonly string[]): BoardColumn[] {
  return [...FIRST, ...categories.map(ofCategory)];
}

function ofCategory(category: string): BoardColumn {
  const value = (row: BoardRow) => row.categories[category];
  return column(`in:${category}`, value, {
    name: category.replaceAll("_", " "),
    right: true,
    title: `Mean score in ${category}`,
    cell: (row) => {
      const mean = value(row);
      return mean === undefined
        ? html`<span class="quiet">–</span>`
        : html`<span class="heat" .style=${`--share: ${Math.round(mean * 42)}%`}>${mean.toFixed(2)}</span>`;
    },
  });
}
