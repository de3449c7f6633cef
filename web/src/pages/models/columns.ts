/** Columns of the table of models: sort key and presentation. */

import { type ColumnDef, createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/lit-table";
import { html, nothing, type TemplateResult } from "lit";
import { unbrokenName } from "../../components/name.ts";
import { compareRows } from "../../components/sorting.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { ModelView, Origin } from "../../contracts.ts";
import { nanoDollars } from "../../format/money.ts";
import { count } from "../../format/number.ts";
import { abilityNames } from "./filter.ts";

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;

interface Presentation {
  name: string;
  title?: string;
  right?: boolean;
  /** Hidden on narrow screens. */
  minor?: boolean;
  cell(model: ModelView): TemplateResult | string;
}

export type ModelColumn = ColumnDef<Features, ModelView> & { shown: Presentation };

export const ORIGINS: Record<Origin, string> = { file: "models.yaml", database: "database", builtin: "built in" };

function column(id: string, accessorFn: (model: ModelView) => unknown, shown: Presentation): ModelColumn {
  return { id, accessorFn, sortFn: compareRows, sortDescFirst: false, sortUndefined: "last", shown };
}

type Rate = "input_nanousd_per_mtok" | "output_nanousd_per_mtok";

function priceColumn(id: string, name: string, rate: Rate): ModelColumn {
  return column(id, ({ price }) => price?.[rate], {
    name,
    title: `US dollars per million ${name.toLowerCase()} tokens`,
    right: true,
    cell: ({ price }) =>
      price ? (price.local ? "local" : priceText(price[rate], price.version)) : unknown("no price"),
  });
}

function priceText(amount: number, version: string) {
  return html`<span title="price version ${version}">${nanoDollars(amount)}</span>`;
}

function unknown(text: string) {
  return html`<span class="quiet" title=${text}>–</span>`;
}

export const MODEL_COLUMNS: ModelColumn[] = [
  column("name", (model) => model.name, {
    name: "Model",
    cell: ({ name, title }) =>
      html`${unbrokenName(name)}${title ? html`<small>${showControlCharacters(title)}</small>` : nothing}`,
  }),
  column("kind", (model) => model.kind, { name: "Kind", minor: true, cell: (model) => model.kind }),
  column("from", (model) => ORIGINS[model.origin], {
    name: "From",
    title: "Where its provider is defined",
    minor: true,
    cell: renderOrigin,
  }),
  priceColumn("input", "Input", "input_nanousd_per_mtok"),
  priceColumn("output", "Output", "output_nanousd_per_mtok"),
  column("context", ({ capabilities }) => capabilities.context_tokens ?? undefined, {
    name: "Context",
    title: "The most tokens that a prompt and its answer can have together",
    right: true,
    minor: true,
    cell: ({ capabilities: { context_tokens: tokens } }) => (tokens === null ? unknown("unknown") : count(tokens)),
  }),
  column("capabilities", ({ capabilities }) => abilityNames(capabilities).join(", ") || undefined, {
    name: "Capabilities",
    title: "What is not listed is unknown",
    minor: true,
    cell: ({ capabilities }) => html`<span class="abilities">${abilityNames(capabilities).join(", ")}</span>`,
  }),
];

function renderOrigin({ origin, provider }: ModelView) {
  if (origin === "builtin") return ORIGINS[origin];
  const href = `/models?view=providers&open=${encodeURIComponent(provider)}`;
  return html`<a href=${href} title="Provider ${provider}">${ORIGINS[origin]}</a>`;
}
