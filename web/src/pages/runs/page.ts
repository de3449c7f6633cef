/** `/runs`: every run, newest first, live. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { listSuites } from "../../api.ts";
import { RUN_STATUSES } from "../../contracts.ts";
import { controls, ground, page, table } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { MoneyWatch } from "../../live/money-controller.ts";
import { RunsStore } from "../../live/runs-store.ts";
import { Topic } from "../../live/topic-controller.ts";
import { badgeStyle } from "../../components/badge.ts";
import { empty, noticeStyle, skeletons } from "../../components/empty-state.ts";
import "../../components/outcome-bar.ts";
import { Ticking } from "../../components/periodic-update.ts";
import { Address, setQuery } from "../../router.ts";
import { tellCrumbs } from "../../shell/breadcrumbs.ts";
import { notifyFailure } from "../../shell/toast.ts";
import type { LaunchDialog } from "../launch/launch-dialog.ts";
import { filterOfAddress, Listing } from "./run-list.ts";
import { renderRow, rowStyle } from "./row.ts";
import { todayCard, todayStyle } from "./today-card.ts";

@customElement("runs-page")
export class RunsPage extends LitElement {
  static override styles = [
    ground,
    page,
    controls,
    table,
    badgeStyle,
    noticeStyle,
    rowStyle,
    todayStyle,
    css`.more { padding: 12px; text-align: center; }`,
  ];

  @state() private suites: string[] = [];
  private readonly watch = new MoneyWatch(this);
  private readonly topic: Topic<RunsStore> = new Topic(
    this,
    () => new RunsStore(),
    () => this.heard(),
  );
  private listing = new Listing(filterOfAddress());
  private snapshots = 0;
  private typing = 0;

  constructor() {
    super();
    new Address(this, () => this.filterChanged());
    new Ticking(this, 10);
    this.topic.follow("runs");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    tellCrumbs([{ name: "Runs" }]);
    void this.load();
    listSuites()
      .then((suites) => {
        this.suites = suites.map((suite) => suite.suite_id);
      })
      .catch(() => {});
  }

  private get rows() {
    return this.topic.store ? this.listing.rows(this.topic.store) : [];
  }

  override render() {
    const rows = this.rows;
    return html`
      <div class="head">
        <div>
          <h1>Runs</h1>
          <p class="quiet">Models put to the test, as it happens.</p>
        </div>
        ${todayCard(this.watch.account("day"))}
        <wa-button id="launch" size="s" variant="brand" @click=${this.launch}><wa-icon slot="start" name="plus"></wa-icon>New run</wa-button>
      </div>
      <section class="panel" aria-label="Runs">
        <header>${this.renderFilters()}<span class="spring"></span><span class="quiet number">${rows.length ? plural(rows.length, "run") : nothing}</span></header>
        ${rows.length ? this.renderTable() : this.renderNothing()}
      </section>
    `;
  }

  private renderFilters() {
    const { status, suite, search, model } = this.listing.filter;
    const suites = [...new Set([...this.suites, ...(suite ? [suite] : [])])];
    return html`<div class="filters" role="search">
      <input type="search" aria-label="Search runs" placeholder="Search name, model, task" .value=${search} @input=${this.typed} />
      <label>Status
        <select name="status" @change=${this.picked}>
          <option value="">any</option>
          ${RUN_STATUSES.map((name) => html`<option value=${name} ?selected=${name === status}>${name}</option>`)}
        </select>
      </label>
      <label>Suite
        <select name="suite" @change=${this.picked}>
          <option value="">any</option>
          ${suites.map((name) => html`<option value=${name} ?selected=${name === suite}>${name}</option>`)}
        </select>
      </label>
      ${model ? html`<button class="tool" @click=${() => setQuery({ model: "" })}>Model ${model} ×</button>` : nothing}
    </div>`;
  }

  private renderTable() {
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of runs"><table>
        <thead><tr>
          <th>Run</th><th>Status</th><th class="progress">Progress</th><th class="right">Passed</th><th class="right">Cost</th>
          <th class="models">Models</th><th class="started">Started</th><th class="right took">Took</th>
        </tr></thead>
        <tbody>${this.rows.map(renderRow)}</tbody>
      </table></div>
      ${this.listing.nextCursor ? html`<div class="more"><button class="tool" ?disabled=${this.listing.loading} @click=${this.load}>Show older runs</button></div>` : nothing}`;
  }

  private renderNothing() {
    if (this.listing.loading || this.topic.store?.snapshots === 0) return skeletons(6);
    if (Object.values(this.listing.filter).some(Boolean)) {
      return empty("No run fits", html`<p><button class="tool" @click=${this.clear}>Clear the filter</button></p>`);
    }
    return empty(
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
      const loaded = this.listing.load(store);
      this.requestUpdate();
      await loaded;
    } catch (error) {
      notifyFailure("The runs could not be read", error);
    }
    this.requestUpdate();
  };

  private filterChanged(): void {
    const filter = filterOfAddress();
    if (JSON.stringify(filter) === JSON.stringify(this.listing.filter)) return;
    this.listing = new Listing(filter);
    void this.load();
  }

  private heard(): void {
    this.watch.heard(this.topic.store);
    this.healed();
  }

  /** After a break, runs older than the snapshot's may have moved on too: read what is shown again. */
  private healed(): void {
    const snapshots = this.topic.store?.snapshots ?? 0;
    if (snapshots > 1 && snapshots !== this.snapshots) {
      this.listing = new Listing(this.listing.filter);
      void this.load();
    }
    this.snapshots = snapshots;
  }

  private typed(event: Event): void {
    const { value } = event.target as HTMLInputElement;
    window.clearTimeout(this.typing);
    this.typing = window.setTimeout(() => setQuery({ search: value.trim() }), 250);
  }

  private picked(event: Event): void {
    const { name, value } = event.target as HTMLSelectElement;
    setQuery({ [name]: value });
  }

  private clear(): void {
    setQuery({ status: "", suite: "", model: "", search: "" });
  }

  private async launch(): Promise<void> {
    await import("../launch/launch-dialog.ts").catch((error) => notifyFailure("The dialog could not be loaded", error));
    const dialog: LaunchDialog =
      this.renderRoot.querySelector("launch-dialog") ?? document.createElement("launch-dialog");
    if (!dialog.isConnected) this.renderRoot.append(dialog);
    await dialog.show();
  }
}
