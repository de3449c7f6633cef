/** `/costs`: budgets and limits, and costs by model, task, day, run or call. */

import { TableController } from "@tanstack/lit-table";
import { html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { asProblem, type CostFilter, getCosts, listPrices } from "../../api.ts";
import { fact } from "../../components/fact.ts";
import { money } from "../../components/money.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import {
  type AccountKind,
  type AccountView,
  COSTS_BY,
  type CostBy,
  type CostRow,
  type Costs,
  type Money,
  type Problem,
} from "../../contracts.ts";
import { base, controls, facts, page, table } from "../../design/styles.ts";
import { parseNano } from "../../format/money.ts";
import { plural } from "../../format/number.ts";
import { MoneyController } from "../../live/money-controller.ts";
import { RunsStore } from "../../live/runs-store.ts";
import { TopicController } from "../../live/topic-controller.ts";
import "../../components/budget-bar.ts";
import { emptyState, emptyStateStyle, errorState, loadingRows } from "../../components/empty-state.ts";
import { ariaSort, saveSorting, sortButton, sortingFromUrl } from "../../components/sorting.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import { setQueryParams, UrlController } from "../../router.ts";
import { setBreadcrumbs } from "../../shell/breadcrumbs.ts";
import { runName } from "../runs/row.ts";
import { type CostColumn, columnsFor, type Features, features, GROUPING_NAMES } from "./columns.ts";
import { costsStyle } from "./costs-style.ts";
import "./limits-form.ts";
import { filterFromUrl } from "./filter.ts";

/** In which time zone today began, and which one follows it. */
function zones({ time_zone, next_time_zone }: Money): string {
  return `in ${time_zone}${next_time_zone ? `; from midnight on in ${next_time_zone}` : ""}`;
}

function renderDate(name: string, label: string, value: string) {
  const onChange = (event: Event) => setQueryParams({ [name]: (event.target as HTMLInputElement).value });
  return html`<label>${label} <input type="date" name=${name} .value=${value} @change=${onChange} /></label>`;
}

@customElement("costs-page")
export class CostsPage extends LitElement {
  static override styles = [base, page, facts, controls, table, emptyStateStyle, nameStyle, costsStyle];

  @state() private costs: Costs | null = null;
  @state() private problem: Problem | null = null;
  @state() private priceVersions: string[] = [];
  private filter: CostFilter = filterFromUrl();
  private columns: CostColumn[] = [];
  private readonly controller = new TableController<Features, CostRow>(this);
  private readonly money = new MoneyController(this, () => void this.load());
  private readonly topic: TopicController<RunsStore> = new TopicController(
    this,
    () => new RunsStore(),
    () => this.money.onRunsChanged(this.topic.store),
  );

  constructor() {
    super();
    new UrlController(this, () => this.onUrlChange());
    this.topic.follow("runs");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    setBreadcrumbs([{ name: "Costs" }]);
    import("./cost-bars.ts").catch(() => {});
    this.reload();
  }

  private onUrlChange(): void {
    const filter = filterFromUrl();
    if (JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    if (filter.by !== this.filter.by || filter.as_of_prices !== this.filter.as_of_prices) this.costs = null;
    this.filter = filter;
    this.reload();
  }

  private reload(): void {
    this.columns = columnsFor(this.filter.by, (row) => this.renderLabel(row), this.filter.as_of_prices !== "");
    void this.load();
  }

  /** Loads one page of costs, unless the filter changes meanwhile. */
  private async load(cursor = ""): Promise<void> {
    const { filter } = this;
    try {
      const page = await getCosts(filter, cursor);
      if (filter !== this.filter) return;
      this.costs = cursor && this.costs ? { ...page, rows: [...this.costs.rows, ...page.rows] } : page;
      this.problem = null;
    } catch (error) {
      if (filter === this.filter) this.problem = asProblem(error);
    }
  }

  /** Loads the suggestions for the price version when the field is focused. */
  private async loadPriceVersions(): Promise<void> {
    if (this.priceVersions.length) return;
    try {
      const prices = await listPrices();
      this.priceVersions = [...new Set(prices.map(({ price }) => price?.version ?? "").filter(Boolean))].sort();
    } catch {
      // A version can also be typed.
    }
  }

  override render() {
    return html`
      <div class="head">
        <div>
          <h1>Costs</h1>
          <p class="quiet">Money spent, held for requests in flight, and left.</p>
        </div>
      </div>
      ${this.renderMoney()}
      <section class="panel" aria-label="Costs">
        <header>${this.renderFilters()}</header>
        ${this.costs ? this.renderCosts(this.costs) : this.problem ? errorState(this.problem) : loadingRows(6)}
      </section>
    `;
  }

  private renderMoney() {
    const { money: controller } = this;
    if (!controller.money)
      return html`<section class="panel">
        ${controller.problem ? errorState(controller.problem) : loadingRows(4)}
      </section>`;
    // An account without any booking does not exist.
    const spent = (kind: AccountKind) => controller.account(kind)?.spent_usd ?? "0";
    const [judge, excess] = [spent("judge"), spent("excess")];
    const onChanged = (event: CustomEvent<Money>) => controller.setMoney(event.detail);
    return html`<section class="panel budgets" aria-label="Limits">
      <div class="accounts">
        ${this.renderAccount("Today", controller.account("day"), zones(controller.money))}
        ${this.renderAccount("Project", controller.account("project"), "all time")}
        <dl class="facts">
          ${fact("Judges", money(judge), { id: "judge", title: "Cost of model judges; no run limit applies" })}
          ${fact("Over reservation", html`<span class=${parseNano(excess) > 0n ? "bad" : ""}>${money(excess)}</span>`, {
            id: "excess",
            title: "Charged by providers beyond the amount held for their requests",
          })}
        </dl>
      </div>
      <money-limits .money=${controller.money} @changed=${onChanged}></money-limits>
    </section>`;
  }

  private renderAccount(name: string, account: AccountView | null, hint: string) {
    if (!account) return nothing;
    const limit = account.limit_usd === null ? "no limit" : html`limit <b>${money(account.limit_usd)}</b>`;
    return html`<div class="account" data-account=${account.kind}>
      <h2>${name} <small>${hint}</small><span class="spring"></span><span class="limit">${limit}</span></h2>
      <budget-bar legend .name=${name} .budget=${account}></budget-bar>
    </div>`;
  }

  private renderFilters() {
    const { by, run_id, since, until } = this.filter;
    const groupings = COSTS_BY.filter((grouping) => grouping !== "call" || run_id || by === "call");
    const name = this.runNameOf(run_id);
    const clearRun = () => setQueryParams({ run: "" });
    return html`<div class="filters">
      <div class="kinds" role="group" aria-label="Costs by">
        ${groupings.map((grouping) => this.renderGrouping(grouping))}
      </div>
      ${renderDate("since", "From", since)}${renderDate("until", "To", until)} ${this.renderPrices()}
      ${run_id ? html`<button class="tool" id="of-run" @click=${clearRun}>Run ${name} ×</button>` : nothing}
    </div>`;
  }

  private renderGrouping(by: CostBy) {
    const choose = () => setQueryParams({ by: by === "model" ? "" : by, sort: "" });
    return html`<button class="tool" data-by=${by} aria-pressed=${by === this.filter.by} @click=${choose}>
      ${GROUPING_NAMES[by]}
    </button>`;
  }

  private renderPrices() {
    const onChange = (event: Event) => setQueryParams({ prices: (event.target as HTMLInputElement).value.trim() });
    return html`<label title="Cost of the same tokens at the prices of a day or a price version">At prices of
        <input name="prices" list="versions" placeholder="date or version" maxlength="100"
          .value=${this.filter.as_of_prices} @focus=${this.loadPriceVersions} @change=${onChange} />
      </label>
      <datalist id="versions">
        ${this.priceVersions.map((version) => html`<option value=${version}></option>`)}
      </datalist>`;
  }

  private renderCosts(costs: Costs) {
    if (costs.rows.length === 0) {
      const { since, until, run_id } = this.filter;
      const reason = since || until || run_id ? "No calls match the filter." : "Local models and baselines are free.";
      return html`${emptyState("No costs", html`<p>${reason}</p>`)}${this.renderExcluded(costs)}`;
    }
    const showMore = () => this.load(costs.next_cursor);
    const more = html`<div class="more"><button class="tool" @click=${showMore}>Show more</button></div>`;
    return html`
      <cost-bars .rows=${costs.rows} .by=${this.filter.by} .labelText=${this.labelText}></cost-bars>
      ${this.renderTable(costs)}
      ${costs.next_cursor ? more : nothing}
      ${this.renderExcluded(costs)}
    `;
  }

  private renderTable(costs: Costs) {
    const sorting = sortingFromUrl();
    const table = this.controller.table({
      features,
      columns: this.columns,
      data: costs.rows,
      getRowId: (row) => row.label,
      state: { sorting: sorting.length ? sorting : [{ id: this.filter.by === "day" ? "label" : "cost", desc: true }] },
      onSortingChange: saveSorting,
    });
    const total = `Total, ${plural(costs.total.calls, "call")}`;
    const style = ({ right, minor }: CostColumn["shown"]) => `${right ? "right" : ""} ${minor ? "minor" : ""}`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Costs by ${this.filter.by}"><table>
      <thead><tr>${this.columns.map(({ id = "", shown }) => {
        const column = table.getColumn(id);
        const sort = column ? ariaSort(column) : "none";
        return html`<th scope="col" class=${style(shown)} title=${shown.title ?? nothing} aria-sort=${sort}>
          ${column ? sortButton(column, shown.name) : shown.name}
        </th>`;
      })}</tr></thead>
      <tbody>${repeat(
        table.getRowModel().rows,
        (row) => row.id,
        (row) => html`<tr data-label=${row.id}>
          ${this.columns.map(({ shown }) => html`<td class=${style(shown)}>${shown.cell(row.original)}</td>`)}
        </tr>`,
      )}</tbody>
      <tfoot><tr>${this.columns.map(
        ({ id, shown }) => html`<td class=${style(shown)}>${id === "label" ? total : shown.cell(costs.total)}</td>`,
      )}</tr></tfoot>
    </table></div>`;
  }

  /** Costs that are in no row: those of judges, and charges beyond holds. */
  private renderExcluded({ judge_usd, excess_usd }: Costs) {
    if (parseNano(judge_usd) === 0n && parseNano(excess_usd) === 0n) return nothing;
    const excess = html`Providers charged ${money(excess_usd)} more than was held for their requests.`;
    return html`<p class="excluded" id="excluded">
      Judges cost ${money(judge_usd)}, not included above. ${parseNano(excess_usd) > 0n ? excess : nothing}
    </p>`;
  }

  private renderLabel({ label }: CostRow) {
    if (this.filter.by === "run") {
      const name = showControlCharacters(this.runNameOf(label));
      return html`<a href="/runs/${label}">${name}</a> <small class="mono">${label.slice(-8)}</small>`;
    }
    if (this.filter.by === "model") return unbrokenName(label);
    const text = showControlCharacters(label);
    if (this.filter.by !== "call") return html`${text}`;
    return html`<a class="mono" href="/attempts/${label.split(":")[0]}?tab=calls">${text}</a>`;
  }

  private readonly labelText = (label: string): string =>
    this.filter.by === "run" ? `${this.runNameOf(label)} ${label.slice(-4)}` : label;

  private runNameOf(runId: string): string {
    const run = this.topic.store?.find(runId);
    return run ? runName(run) : runId.slice(-8);
  }
}
