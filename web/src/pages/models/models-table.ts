/** The models that runs can name. Fires `edit-model` and `remove-model` with a model of a provider in the database. */

import { TableController } from "@tanstack/lit-table";
import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { badgeStyle } from "../../components/badge.ts";
import { emptyState, emptyStateStyle } from "../../components/empty-state.ts";
import { nameStyle } from "../../components/name.ts";
import { ariaSort, saveSorting, sortButton, sortingFromUrl } from "../../components/sorting.ts";
import type { ModelView } from "../../contracts.ts";
import { base, controls, facts, page, table } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { setQueryParams, UrlController } from "../../router.ts";
import { type Features, features, MODEL_COLUMNS, type ModelColumn } from "./columns.ts";
import { ABILITIES, filterFromUrl, matches, NEEDS } from "./filter.ts";
import { ModelTests, renderTestResult, testResultStyle } from "./model-tests.ts";
import { modelsStyle } from "./models-style.ts";

const COLUMN_COUNT = MODEL_COLUMNS.length + 1;

@customElement("models-table")
export class ModelsTable extends LitElement {
  static override styles = [
    base,
    page,
    controls,
    facts,
    table,
    badgeStyle,
    emptyStateStyle,
    nameStyle,
    testResultStyle,
    modelsStyle,
  ];

  @property({ attribute: false }) models: ModelView[] = [];
  private readonly controller = new TableController<Features, ModelView>(this);
  private readonly tests = new ModelTests(this);
  private searchTimer = 0;

  constructor() {
    super();
    new UrlController(this);
  }

  override render() {
    const filter = filterFromUrl();
    const found = this.models.filter((model) => matches(model, filter));
    const total = this.models.length;
    const shown = found.length === total ? plural(total, "model") : `${found.length} of ${plural(total, "model")}`;
    const clear = () => setQueryParams({ search: "", provider: "", kind: "", needs: "" });
    const none = html`<p><button class="tool" @click=${clear}>Clear filters</button></p>`;
    return html`<header>
        ${this.renderFilters()}
        <span class="spring"></span>
        <span class="quiet number" id="shown">${shown}</span>
      </header>
      ${found.length ? this.renderTable(found) : emptyState("No matching models", none)}
      <p class="footnote">Prices in US dollars per million tokens. Capabilities that are not listed are unknown.</p>`;
  }

  private renderFilters() {
    const { search, provider, kind, needs } = filterFromUrl();
    const providers = distinct(this.models.map((model) => model.provider));
    const kinds = distinct(this.models.map((model) => model.kind));
    const tasks = NEEDS.map((need) => [need, `tasks with ${ABILITIES[need]}`] as const);
    return html`<div class="filters" role="search">
      <input type="search" aria-label="Search models" placeholder="Search models" .value=${search}
        @input=${this.onSearchInput} />
      ${renderSelect("provider", "Provider", "all", provider, providers)}
      ${renderSelect("kind", "Kind", "all", kind, kinds)}
      <span title="Hides models that are known to lack it; runs with them are refused">
        ${renderSelect("needs", "Works with", "any task", needs, tasks)}
      </span>
    </div>`;
  }

  private onSearchInput(event: Event): void {
    const { value } = event.target as HTMLInputElement;
    window.clearTimeout(this.searchTimer);
    this.searchTimer = window.setTimeout(() => setQueryParams({ search: value.trim() }), 250);
  }

  private renderTable(models: ModelView[]) {
    const table = this.controller.table({
      features,
      columns: MODEL_COLUMNS,
      data: models,
      getRowId: (model) => model.name,
      state: { sorting: sortingFromUrl() },
      onSortingChange: saveSorting,
    });
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of models"><table>
      <thead><tr>
        ${MODEL_COLUMNS.map(({ id = "", shown }) => {
          const column = table.getColumn(id);
          const sort = column ? ariaSort(column) : "none";
          return html`<th scope="col" class=${styleOf(shown)} title=${shown.title ?? nothing} aria-sort=${sort}>
            ${column ? sortButton(column, shown.name) : shown.name}
          </th>`;
        })}
        <th scope="col"><span class="visually-hidden">Actions</span></th>
      </tr></thead>
      <tbody>${repeat(
        table.getRowModel().rows,
        (row) => row.id,
        (row) => this.renderRow(row.original),
      )}</tbody>
    </table></div>`;
  }

  private renderRow(model: ModelView) {
    const result = this.tests.result(model.name);
    return html`<tr data-model=${model.name}>
        ${MODEL_COLUMNS.map(({ shown }) => html`<td class=${styleOf(shown)}>${shown.cell(model)}</td>`)}
        <td><div class="actions">${this.renderActions(model)}</div></td>
      </tr>
      ${
        result && result !== "pending"
          ? html`<tr data-test=${model.name}>
              <td colspan=${COLUMN_COUNT}>${renderTestResult(model.name, result)}</td>
            </tr>`
          : nothing
      }`;
  }

  private renderActions(model: ModelView) {
    const { name, kind, origin } = model;
    const fire = (type: string) => () => this.dispatchEvent(new CustomEvent<ModelView>(type, { detail: model }));
    return html`${kind === "baseline" ? nothing : this.tests.renderButton(name)}
      ${
        origin === "database"
          ? html`<button class="tool" aria-label="Edit ${name}" @click=${fire("edit-model")}>Edit</button>
              <button class="tool" aria-label="Remove ${name}" @click=${fire("remove-model")}>Remove</button>`
          : nothing
      }`;
  }
}

function styleOf({ right, minor }: ModelColumn["shown"]): string {
  return `${right ? "right" : ""} ${minor ? "minor" : ""}`;
}

function distinct(names: string[]) {
  return [...new Set(names)].map((name) => [name, name] as const);
}

function renderSelect(
  name: string,
  label: string,
  all: string,
  selected: string,
  options: readonly (readonly [string, string])[],
) {
  const onChange = (event: Event) => setQueryParams({ [name]: (event.target as HTMLSelectElement).value });
  return html`<label>${label}
    <select name=${name} @change=${onChange}>
      <option value="" ?selected=${!selected}>${all}</option>
      ${options.map(([value, text]) => html`<option value=${value} ?selected=${value === selected}>${text}</option>`)}
    </select>
  </label>`;
}
