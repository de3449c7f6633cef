/** Columns of the leaderboard: sort key and presentation. Each category adds a column. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, nothing, type TemplateResult } from "lit";
import { flagBadge } from "../../components/flag-badge.ts";
import { money } from "../../components/money.ts";
import { unbrokenName } from "../../components/name.ts";
import { compareRows } from "../../components/sorting.ts";
import type { BoardRow } from "../../contracts.ts";
import { parseNano } from "../../format/money.ts";
import { compactCount, count, formatScore, percent, plural } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { wilsonInterval } from "../../format/wilson.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Presentation {
  name: string;
  right?: boolean;
  title?: string;
  cell(row: BoardRow): TemplateResult | string;
}

export type BoardColumn = ColumnDef<Features, BoardRow> & { shown: Presentation };

function column(id: string, accessorFn: (row: BoardRow) => unknown, shown: Presentation): BoardColumn {
  return {
    id,
    accessorFn,
    sortFn: compareRows,
    sortDescFirst: id !== "model" && id !== "rank",
    sortUndefined: "last",
    shown,
  };
}

const none = html`<span class="quiet">–</span>`;

/** The pass rate as a bar, with its confidence interval as a whisker. */
function renderPassRate(row: BoardRow) {
  if (row.pass_rate === null) return none;
  const { low, high } = wilsonInterval(row.passed, row.n);
  const place = `--rate: ${row.pass_rate * 100}%; --low: ${low * 100}%; --high: ${high * 100}%`;
  const text = `${row.passed} of ${row.n} passed; 95 % interval ${percent(low)} to ${percent(high)}`;
  return html`<span class="pass" title=${text}>
    <span class="bar" role="img" aria-label=${text} .style=${place}><i class="fill"></i><i class="whisker"></i></span>
    <span class="number">${percent(row.pass_rate)}</span>
  </span>`;
}

/** Beside the score, never in it. */
function renderImpossible({ impossible_attempts: attempts, impossible_passed: passed }: BoardRow) {
  if (!attempts) return nothing;
  const title = "Tasks that contradict their own tests: a pass is a suspected cheat, and counts for no score";
  const text = `impossible tasks: ${count(passed)} of ${count(attempts)} passed`;
  return html`<br><small class=${passed ? "suspect" : ""} title=${title}>${text}</small>`;
}

function renderScore(row: BoardRow) {
  const title = `${count(row.flagged)} of ${plural(row.passed, "passed attempt")} have audit flags: for information`;
  return html`${flagBadge(row.flagged, title)} <b>${formatScore(row.score)}</b>`;
}

function renderModel(row: BoardRow) {
  const { model, last_run_id } = row;
  const link = html` <a class="last" href="/runs/${last_run_id}">last run</a>`;
  return html`<b>${unbrokenName(model)}</b>${last_run_id ? link : nothing}${renderImpossible(row)}`;
}

function renderCount({ n, errors }: BoardRow) {
  const title = "Errors, cancelled attempts and attempts that need a review are not counted";
  return html`${count(n)}${errors ? html` <small title=${title}>+${plural(errors, "error")}</small>` : nothing}`;
}

function renderTokens({ usage: { input_tokens: input, output_tokens: output } }: BoardRow) {
  return html`<span title="${count(input)} in, ${count(output)} out">${compactCount(input + output)}</span>`;
}

const FIXED_COLUMNS: BoardColumn[] = [
  column("rank", (row) => row.rank ?? undefined, {
    name: "Rank",
    right: true,
    title: "Place by score; equal scores share a rank, and models without a scored attempt have none",
    cell: (row) => (row.rank === null ? none : count(row.rank)),
  }),
  column("model", (row) => row.model, {
    name: "Model",
    cell: renderModel,
  }),
  column("score", (row) => row.score ?? undefined, {
    name: "Score",
    right: true,
    title: "Weighted mean score over tasks",
    cell: renderScore,
  }),
  column("pass", (row) => row.pass_rate ?? undefined, {
    name: "Pass rate",
    title: "With Wilson's 95 % interval",
    cell: renderPassRate,
  }),
  column("n", (row) => row.n, {
    name: "n",
    right: true,
    title: "Attempts with a score, which are the evidence about the model",
    cell: renderCount,
  }),
  column("cost", (row) => parseNano(row.cost_usd), { name: "Cost", right: true, cell: (row) => money(row.cost_usd) }),
  column("each", (row) => (row.n ? parseNano(row.cost_per_attempt_usd) : undefined), {
    name: "Per attempt",
    right: true,
    cell: (row) => (row.n ? money(row.cost_per_attempt_usd) : none),
  }),
  column("duration", (row) => (row.n ? row.duration_seconds : undefined), {
    name: "Duration",
    right: true,
    title: "Mean execution time of an attempt",
    cell: (row) => (row.n ? duration(row.duration_seconds) : none),
  }),
  column("tokens", (row) => row.usage.input_tokens + row.usage.output_tokens, {
    name: "Tokens",
    right: true,
    cell: renderTokens,
  }),
];

export function columnsFor(categories: readonly string[]): BoardColumn[] {
  return [...FIXED_COLUMNS, ...categories.map(categoryColumn)];
}

function categoryColumn(category: string): BoardColumn {
  const value = (row: BoardRow) => row.categories[category];
  return column(`in:${category}`, value, {
    name: category.replaceAll("_", " "),
    right: true,
    title: `Mean score in ${category}`,
    cell: (row) => {
      const mean = value(row);
      return mean === undefined
        ? none
        : html`<span class="heat" .style=${`--share: ${Math.round(mean * 42)}%`}>${mean.toFixed(2)}</span>`;
    },
  });
}
