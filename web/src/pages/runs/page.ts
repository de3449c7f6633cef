/** `/runs`: all runs, newest first, live. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { listSuites } from "../../api.ts";
import { badgeStyle } from "../../components/badge.ts";
import { emptyState, emptyStateStyle, loadingRows } from "../../components/empty-state.ts";
import { nameStyle } from "../../components/name.ts";
import { RUN_STATUSES } from "../../contracts.ts";
import { base, controls, page, table } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { MoneyController } from "../../live/money-controller.ts";
import { RunsStore } from "../../live/runs-store.ts";
import { TopicController } from "../../live/topic-controller.ts";
import "../../components/outcome-bar.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { setQueryParams, UrlController } from "../../router.ts";
import { setBreadcrumbs } from "../../shell/breadcrumbs.ts";
import { notifyFailure } from "../../shell/toast.ts";
import type { LaunchDialog } from "../launch/launch-dialog.ts";
import { renderRow, rowStyle } from "./row.ts";
import { filterFromUrl, RunList } from "./run-list.ts";
import { renderTodayCard, todayStyle } from "./today-card.ts";

@customElement("runs-page")
export class RunsPage extends LitElement {
  static override styles = [
    base,
    page,
    controls,
    table,
    badgeStyle,
    emptyStateStyle,
    nameStyle,
    rowStyle,
    todayStyle,
    css`.more { padding: 12px; text-align: center; }`,
  ];

  @state() private suites: string[] = [];
  private readonly money = new MoneyController(this);
  private readonly topic: TopicController<RunsStore> = new TopicController(
    this,
    () => new RunsStore(),
    () => this.onChange(),
  );
  private list = new RunList(filterFromUrl());
  private snapshots = 0;
  private searchTimer = 0;

  constructor() {
    super();
    new UrlController(this, () => this.onUrlChange());
    new PeriodicUpdate(this, 10);
    this.topic.follow("runs");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    setBreadcrumbs([{ name: "Runs" }]);
    void this.load();
    listSuites()
      .then((suites) => {
        this.suites = suites.map((suite) => suite.suite_id);
      })
      .catch(() => {});
  }

  private get rows() {
    return this.topic.store ? this.list.rows(this.topic.store) : [];
  }

  private get count() {
    return this.topic.store ? this.list.count(this.topic.store) : 0;
  }

  override render() {
    const rows = this.rows;
    return html`
      <div class="head">
        <div>
          <h1>Runs</h1>
          <p class="quiet">All benchmark runs, newest first.</p>
        </div>
        ${renderTodayCard(this.money.account("day"))}
        <wa-button id="launch" size="s" variant="brand" @click=${this.openLaunchDialog}>
          <wa-icon slot="start" name="plus"></wa-icon>New run
        </wa-button>
      </div>
      <section class="panel" aria-label="Runs">
        <header>
          ${this.renderFilters()}
          <span class="spring"></span>
          <span class="quiet number">${rows.length ? plural(this.count, "run") : nothing}</span>
        </header>
        ${rows.length ? this.renderTable() : this.renderEmpty()}
      </section>
    `;
  }

  private renderFilters() {
    const { status, suite, search, model } = this.list.filter;
    const suites = [...new Set([...this.suites, ...(suite ? [suite] : [])])];
    const clearModel = () => setQueryParams({ model: "" });
    return html`<div class="filters" role="search">
      <input type="search" aria-label="Search runs" placeholder="Search name, model, task"
        .value=${search} @input=${this.onSearchInput} />
      <label>Status
        <select name="status" @change=${this.onFilterChange}>
          <option value="">any</option>
          ${RUN_STATUSES.map((name) => html`<option value=${name} ?selected=${name === status}>${name}</option>`)}
        </select>
      </label>
      <label>Suite
        <select name="suite" @change=${this.onFilterChange}>
          <option value="">any</option>
          ${suites.map((name) => html`<option value=${name} ?selected=${name === suite}>${name}</option>`)}
        </select>
      </label>
      ${model ? html`<button class="tool" @click=${clearModel}>Model ${model} ×</button>` : nothing}
    </div>`;
  }

  private renderTable() {
    const { nextCursor, loading } = this.list;
    const more = html`<div class="more">
      <button class="tool" ?disabled=${loading} @click=${this.load}>Show older runs</button>
    </div>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of runs"><table>
        <thead><tr>
          <th>Run</th><th>Status</th><th class="progress">Progress</th><th class="right">Pass rate</th>
          <th class="right">Cost</th><th class="models">Models</th><th class="started">Started</th>
          <th class="right duration">Duration</th>
        </tr></thead>
        <tbody>${this.rows.map(renderRow)}</tbody>
      </table></div>
      ${nextCursor ? more : nothing}`;
  }

  private renderEmpty() {
    if (this.list.loading || this.topic.store?.snapshots === 0) return loadingRows(6);
    if (Object.values(this.list.filter).some(Boolean)) {
      return emptyState(
        "No matching runs",
        html`<p><button class="tool" @click=${this.clearFilters}>Clear filters</button></p>`,
      );
    }
    return emptyState(
      "No runs yet",
      html`<p>Start one here with <b>New run</b>, or from a terminal:</p>
        <pre>make demo
assay run --suite demo --model oracle</pre>`,
    );
  }

  private load = async (): Promise<void> => {
    const store = this.topic.store;
    if (!store) return;
    try {
      const loaded = this.list.load(store);
      this.requestUpdate();
      await loaded;
    } catch (error) {
      notifyFailure("Cannot load the runs", error);
    }
    this.requestUpdate();
  };

  private onUrlChange(): void {
    const filter = filterFromUrl();
    if (JSON.stringify(filter) === JSON.stringify(this.list.filter)) return;
    this.list = new RunList(filter);
    void this.load();
  }

  private onChange(): void {
    this.money.onRunsChanged(this.topic.store);
    this.reloadAfterReconnect();
  }

  /** After a reconnect, runs that are not in the snapshot may have changed too, so the list is loaded again. */
  private reloadAfterReconnect(): void {
    const snapshots = this.topic.store?.snapshots ?? 0;
    if (snapshots > 1 && snapshots !== this.snapshots) {
      this.list = new RunList(this.list.filter);
      void this.load();
    }
    this.snapshots = snapshots;
  }

  private onSearchInput(event: Event): void {
    const { value } = event.target as HTMLInputElement;
    window.clearTimeout(this.searchTimer);
    this.searchTimer = window.setTimeout(() => setQueryParams({ search: value.trim() }), 250);
  }

  private onFilterChange(event: Event): void {
    const { name, value } = event.target as HTMLSelectElement;
    setQueryParams({ [name]: value });
  }

  private clearFilters(): void {
    setQueryParams({ status: "", suite: "", model: "", search: "" });
  }

  private async openLaunchDialog(): Promise<void> {
    await import("../launch/launch-dialog.ts").catch((error) => notifyFailure("Cannot load the dialog", error));
    const dialog: LaunchDialog =
      this.renderRoot.querySelector("launch-dialog") ?? document.createElement("launch-dialog");
    if (!dialog.isConnected) this.renderRoot.append(dialog);
    await dialog.show();
  }
}
