/** `/costs`: what was spent, is held and may be spent, and where it went. */

import { TableController } from "@tanstack/lit-table";
import { html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { asProblem, type CostFilter, getCosts, listPrices } from "../../api.ts";
import {
  type AccountKind,
  type AccountView,
  type CostBy,
  type CostRow,
  type Costs,
  type Money,
  type Problem,
} from "../../contracts.ts";
import { controls, facts, ground, page, table } from "../../design/styles.ts";
import { nano } from "../../format/money.ts";
import { plural } from "../../format/number.ts";
import { MoneyWatch } from "../../live/money-controller.ts";
import { RunsStore } from "../../live/runs-store.ts";
import { Topic } from "../../live/topic-controller.ts";
import { money } from "../../components/money.ts";
import "../../components/budget-bar.ts";
import { empty, failed, noticeStyle, skeletons } from "../../components/empty-state.ts";
import { visible } from "../../components/untrusted-text.ts";
import { ariaSort, keepSorting, sortButton, sortingOfAddress } from "../../components/sorting.ts";
import { Address, setQuery } from "../../router.ts";
import { tellCrumbs } from "../../shell/breadcrumbs.ts";
import { runName } from "../runs/row.ts";
import { type CostColumn, columnsFor, type Features, features } from "./columns.ts";
import { costsStyle } from "./costs-style.ts";
import "./limits-form.ts";
import { viewOfAddress } from "./filter.ts";

/** In the order they are offered. */
const BY: Record<CostBy, string> = { model: "Model", task: "Task", day: "Day", run: "Run", call: "Call" };

@customElement("costs-page")
export class CostsPage extends LitElement {
  static override styles = [ground, page, facts, controls, table, noticeStyle, costsStyle];

  @state() private costs: Costs | null = null;
  @state() private problem: Problem | null = null;
  @state() private versions: string[] = [];
  private view: CostFilter = viewOfAddress();
  private columns: CostColumn[] = [];
  private readonly controller = new TableController<Features, CostRow>(this);
  private readonly watch = new MoneyWatch(this, () => void this.read());
  private readonly topic: Topic<RunsStore> = new Topic(
    this,
    () => new RunsStore(),
    () => this.watch.heard(this.topic.store),
  );

  constructor() {
    super();
    new Address(this, () => this.moved());
    this.topic.follow("runs");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    tellCrumbs([{ name: "Costs" }]);
    import("./cost-bars.ts").catch(() => {});
    this.turn();
  }

  private moved(): void {
    const view = viewOfAddress();
    if (JSON.stringify(view) === JSON.stringify(this.view)) return;
    if (view.by !== this.view.by || view.as_of_prices !== this.view.as_of_prices) this.costs = null;
    this.view = view;
    this.turn();
  }

  private turn(): void {
    this.columns = columnsFor(this.view.by, (row) => this.renderLabel(row), this.view.as_of_prices !== "");
    void this.read();
  }

  /** From the first page; an answer to a question that is no longer asked is dropped. */
  private async read(cursor = ""): Promise<void> {
    const { view } = this;
    try {
      const found = await getCosts(view, cursor);
      if (view !== this.view) return;
      this.costs = cursor && this.costs ? { ...found, rows: [...this.costs.rows, ...found.rows] } : found;
      this.problem = null;
    } catch (error) {
      if (view === this.view) this.problem = asProblem(error);
    }
  }

  /** The versions of prices that there are, once somebody may want to choose one. */
  private async readVersions(): Promise<void> {
    if (this.versions.length) return;
    try {
      const prices = await listPrices();
      this.versions = [...new Set(prices.map(({ price }) => price?.version ?? "").filter(Boolean))].sort();
    } catch {
      // A version can be typed all the same.
    }
  }

  override render() {
    return html`
      <div class="head"><div><h1>Costs</h1><p class="quiet">What was spent, is held for requests under way, and may be spent.</p></div></div>
      ${this.renderMoney()}
      <section class="panel" aria-label="Where it went">
        <header>${this.renderFilters()}</header>
        ${this.costs ? this.renderCosts(this.costs) : this.problem ? failed(this.problem) : skeletons(6)}
      </section>
    `;
  }

  private renderMoney() {
    const { watch } = this;
    if (!watch.money)
      return html`<section class="panel">${watch.problem ? failed(watch.problem) : skeletons(4)}</section>`;
    // Nothing was ever booked on an account that is not there.
    const spent = (kind: AccountKind) => watch.account(kind)?.spent_usd ?? "0";
    const [judge, excess] = [spent("judge"), spent("excess")];
    return html`<section class="panel purse" aria-label="Limits">
      <div class="accounts">
        ${this.renderAccount("Today", watch.account("day"), `in ${watch.money.time_zone}`)}
        ${this.renderAccount("The project", watch.account("project"), "of all time")}
        <dl class="facts">
          <div id="judge"><dt>Judges</dt><dd title="What model judges cost; under no limit of runs">${money(judge)}</dd></div>
          <div id="excess"><dt>Beyond holds</dt><dd class=${nano(excess) > 0n ? "bad" : ""} title="What providers charged beyond what was held for their requests">${money(excess)}</dd></div>
        </dl>
      </div>
      <money-limits .money=${watch.money} @changed=${(event: CustomEvent<Money>) => watch.take(event.detail)}></money-limits>
    </section>`;
  }

  private renderAccount(name: string, account: AccountView | null, hint: string) {
    if (!account) return nothing;
    return html`<div class="account" data-account=${account.kind}>
      <h2>${name} <small>${hint}</small><span class="spring"></span><span class="limit">${account.limit_usd === null ? "no limit" : html`limit <b>${money(account.limit_usd)}</b>`}</span></h2>
      <money-bar legend .name=${name} .purse=${account}></money-bar>
    </div>`;
  }

  private renderFilters() {
    const { by, run_id, since, until } = this.view;
    const kinds = (Object.keys(BY) as CostBy[]).filter((kind) => kind !== "call" || run_id || by === "call");
    const date = (name: string, label: string, value: string) =>
      html`<label>${label} <input type="date" name=${name} .value=${value} @change=${(event: Event) => setQuery({ [name]: (event.target as HTMLInputElement).value })} /></label>`;
    return html`<div class="filters">
      <div class="kinds" role="group" aria-label="Costs by">
        ${kinds.map((kind) => html`<button class="tool" data-by=${kind} aria-pressed=${kind === by} @click=${() => setQuery({ by: kind === "model" ? "" : kind, sort: "" })}>${BY[kind]}</button>`)}
      </div>
      ${date("since", "From", since)}${date("until", "To", until)}
      <label title="What the same tokens would cost at the prices of a day, or of a version">At prices of <input name="prices" list="versions" placeholder="a day or version" maxlength="100" .value=${this.view.as_of_prices} @focus=${this.readVersions} @change=${(event: Event) => setQuery({ prices: (event.target as HTMLInputElement).value.trim() })} /></label>
      <datalist id="versions">${this.versions.map((version) => html`<option value=${version}></option>`)}</datalist>
      ${run_id ? html`<button class="tool" id="of-run" @click=${() => setQuery({ run: "" })}>Run ${this.nameOf(run_id)} ×</button>` : nothing}
    </div>`;
  }

  private renderCosts(costs: Costs) {
    if (costs.rows.length === 0) {
      return html`${empty("Nothing was spent", html`<p>${this.view.since || this.view.until || this.view.run_id ? "No call fits this choice." : "Models that are free, and runs of the baselines, cost nothing."}</p>`)}${this.renderApart(costs)}`;
    }
    return html`
      <spend-chart .rows=${costs.rows} .by=${this.view.by} .named=${this.told}></spend-chart>
      ${this.renderTable(costs)}
      ${costs.next_cursor ? html`<div class="more"><button class="tool" @click=${() => this.read(costs.next_cursor)}>Show more</button></div>` : nothing}
      ${this.renderApart(costs)}
    `;
  }

  private renderTable(costs: Costs) {
    const sorting = sortingOfAddress();
    const table = this.controller.table({
      features,
      columns: this.columns,
      data: costs.rows,
      getRowId: (row) => row.label,
      state: { sorting: sorting.length ? sorting : [{ id: this.view.by === "day" ? "label" : "cost", desc: true }] },
      onSortingChange: keepSorting,
    });
    const style = ({ right, minor }: CostColumn["shown"]) => `${right ? "right" : ""} ${minor ? "minor" : ""}`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Costs by ${this.view.by}"><table>
      <thead><tr>${this.columns.map(({ id = "", shown }) => {
        const column = table.getColumn(id);
        return html`<th scope="col" class=${style(shown)} title=${shown.title ?? nothing} aria-sort=${column ? ariaSort(column) : "none"}>${column ? sortButton(column, shown.name) : shown.name}</th>`;
      })}</tr></thead>
      <tbody>${repeat(
        table.getRowModel().rows,
        (row) => row.id,
        (row) =>
          html`<tr data-label=${row.id}>${this.columns.map(({ shown }) => html`<td class=${style(shown)}>${shown.cell(row.original)}</td>`)}</tr>`,
      )}</tbody>
      <tfoot><tr>${this.columns.map(({ id, shown }) => html`<td class=${style(shown)}>${id === "label" ? html`All, ${plural(costs.total.calls, "call")}` : shown.cell(costs.total)}</td>`)}</tr></tfoot>
    </table></div>`;
  }

  /** What no row tells: judges are nobody's attempt, and what went beyond holds is told once for all. */
  private renderApart({ judge_usd, excess_usd }: Costs) {
    if (nano(judge_usd) === 0n && nano(excess_usd) === 0n) return nothing;
    return html`<p class="apart" id="apart">Judges cost ${money(judge_usd)}, which is not in these figures.${nano(excess_usd) > 0n ? html` Providers charged ${money(excess_usd)} beyond what was held for their requests.` : nothing}</p>`;
  }

  private renderLabel({ label }: CostRow) {
    if (this.view.by === "run")
      return html`<a href="/runs/${label}">${visible(this.nameOf(label))}</a> <small class="mono">${label.slice(-8)}</small>`;
    if (this.view.by === "call")
      return html`<a class="mono" href="/attempts/${label.split(":")[0]}?tab=calls">${visible(label)}</a>`;
    return html`${visible(label)}`;
  }

  private readonly told = (label: string): string =>
    this.view.by === "run" ? `${this.nameOf(label)} ${label.slice(-4)}` : label;

  private nameOf(runId: string): string {
    const run = this.topic.store?.find(runId);
    return run ? runName(run) : runId.slice(-8);
  }
}
