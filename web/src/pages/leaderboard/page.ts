/** `/leaderboard`: models compared, with confidence intervals. */

import { TableController } from "@tanstack/lit-table";
import { html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { asProblem, type BoardFilter, getLeaderboard } from "../../api.ts";
import { emptyState, emptyStateStyle, errorState, loadingRows } from "../../components/empty-state.ts";
import { flagStyle } from "../../components/flag-badge.ts";
import { nameStyle } from "../../components/name.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { ariaSort, saveSorting, sortButton, sortingFromUrl } from "../../components/sorting.ts";
import { timestamp } from "../../components/timestamp.ts";
import type { Board, BoardRow, Problem } from "../../contracts.ts";
import { base, controls, page, table } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { LeaderboardStore } from "../../live/leaderboard-store.ts";
import { TopicController } from "../../live/topic-controller.ts";
import { queryParam, setQueryParams, UrlController } from "../../router.ts";
import { setBreadcrumbs } from "../../shell/breadcrumbs.ts";
import { type BoardColumn, columnsFor, type Features, features } from "./columns.ts";
import { boardStyle } from "./leaderboard-style.ts";
import { xAxisFor } from "./x-axis.ts";

const NO_ROWS: BoardRow[] = [];
const LABELS = ["category", "difficulty", "language"] as const;

@customElement("leaderboard-page")
export class LeaderboardPage extends LitElement {
  static override styles = [base, page, controls, table, emptyStateStyle, nameStyle, flagStyle, boardStyle];

  @state() private board: Board | null = null;
  @state() private problem: Problem | null = null;
  private readonly topic: TopicController<LeaderboardStore> = new TopicController(
    this,
    () => new LeaderboardStore(),
    () => this.onChange(),
  );
  private readonly controller = new TableController<Features, BoardRow>(this);
  private columns: { key: string; list: BoardColumn[] } = { key: "", list: columnsFor([]) };
  private currentRequest = "";

  constructor() {
    super();
    new UrlController(this, () => this.onUrlChange());
    new PeriodicUpdate(this, 10);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    setBreadcrumbs([{ name: "Leaderboard" }]);
    import("./score-chart.ts").catch(() => {});
    this.onUrlChange();
  }

  private get suite() {
    return queryParam("suite");
  }

  private get filter(): BoardFilter {
    const [category, difficulty, language] = LABELS.map(queryParam) as [string, string, string];
    return { suite: this.suite, category, difficulty, language };
  }

  private onUrlChange(): void {
    this.topic.follow(this.suite ? `leaderboard:${this.suite}` : "leaderboard");
    const request = JSON.stringify(this.filter);
    if (request === this.currentRequest) return;
    this.currentRequest = request;
    this.board = null;
    this.onChange();
  }

  /** The topic has whole suites; the board of some of its tasks is fetched when that of the suite changes. */
  private onChange(): void {
    const live = this.topic.store?.board;
    if (live && LABELS.every((name) => !this.filter[name])) this.board = live;
    else void this.load();
  }

  private async load(): Promise<void> {
    const request = this.currentRequest;
    try {
      const board = await getLeaderboard(this.filter);
      if (request === this.currentRequest) this.board = board;
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  private columnsOf(board: Board): BoardColumn[] {
    const names = [...new Set(board.rows.flatMap((row) => Object.keys(row.categories)))].sort();
    const key = names.join(" ");
    if (key !== this.columns.key) this.columns = { key, list: columnsFor(names) };
    return this.columns.list;
  }

  override render() {
    const { board } = this;
    const loading = html`<section class="panel">${loadingRows(6)}</section>`;
    return html`
      <div class="head">
        <div>
          <h1>Leaderboard</h1>
          <p class="quiet">${board?.updated_at ? html`Updated ${timestamp(board.updated_at)}` : "Scores by model."}</p>
        </div>
        ${this.renderFilters(board)}
      </div>
      ${board ? this.renderBoard(board) : this.problem ? errorState(this.problem) : loading}
    `;
  }

  private renderFilters(board: Board | null) {
    const { suite, category, difficulty, language } = this.filter;
    return html`<div class="filters">
      ${renderSelect("suite", "Suite", board?.suites ?? [], suite)}
      ${renderSelect("category", "Category", board?.categories ?? [], category)}
      ${renderSelect("difficulty", "Difficulty", board?.difficulties ?? [], difficulty)}
      ${renderSelect("language", "Language", board?.languages ?? [], language)}
    </div>`;
  }

  private renderBoard(board: Board) {
    if (board.rows.length === 0) {
      const isFiltered = Object.values(this.filter).some(Boolean);
      const imported = board.suites.filter((suite) => suite.startsWith("imported/"));
      if (!isFiltered && imported.length > 0) return importedSuites(imported);
      const reason = isFiltered ? "No finished attempts match the filter." : "Attempts are listed here once graded:";
      return html`<section class="panel">${emptyState(
        "No scores yet",
        html`<p>${reason}</p>
          <pre>make demo
assay run --suite ${this.suite || "demo"} --model oracle</pre>`,
      )}</section>`;
    }
    const scored = board.rows.filter((row) => row.score !== null);
    return html`
      <section class="panel" aria-label="Scores">
        <header><h2>${plural(board.rows.length, "model")}</h2></header>
        ${this.renderTable(board)}
      </section>
      ${scored.length > 1 ? renderChart(scored) : nothing}
    `;
  }

  private renderTable(board: Board) {
    const columns = this.columnsOf(board);
    const table = this.controller.table({
      features,
      columns,
      data: board.rows ?? NO_ROWS,
      getRowId: (row) => row.model,
      state: { sorting: sortingFromUrl() },
      onSortingChange: saveSorting,
    });
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard"><table>
      <thead><tr>${columns.map(({ id = "", shown }) => {
        const column = table.getColumn(id);
        const sort = column ? ariaSort(column) : "none";
        const { right, title = nothing } = shown;
        return html`<th scope="col" class=${right ? "right" : ""} title=${title} aria-sort=${sort}>
          ${column ? sortButton(column, shown.name) : shown.name}
        </th>`;
      })}</tr></thead>
      <tbody>${repeat(
        table.getRowModel().rows,
        (row) => row.id,
        (row) => html`<tr data-model=${row.id}>
          ${columns.map(({ shown }) => html`<td class=${shown.right ? "right" : ""}>${shown.cell(row.original)}</td>`)}
        </tr>`,
      )}</tbody>
    </table></div>`;
  }
}

function renderSelect(name: string, label: string, known: string[], selected: string) {
  const onChange = (event: Event) => setQueryParams({ [name]: (event.target as HTMLSelectElement).value });
  const options = [...new Set([...known, ...(selected ? [selected] : [])])];
  return html`<label>${label}
    <select name=${name} @change=${onChange}>
      <option value="" ?selected=${!selected}>all</option>
      ${options.map((option) => html`<option value=${option} ?selected=${option === selected}>${option}</option>`)}
    </select>
  </label>`;
}

function renderChart(rows: BoardRow[]) {
  const { title } = xAxisFor(rows);
  return html`<section class="panel" aria-label=${title}>
    <header><h2>${title}</h2></header>
    <score-chart .rows=${rows}></score-chart>
  </section>`;
}

/** For a board without a filter: it leaves out what other frameworks have graded. */
function importedSuites(suites: readonly string[]) {
  const links = suites.map((suite) => html`<p><a href="?suite=${encodeURIComponent(suite)}">${suite}</a></p>`);
  return html`<section class="panel">${emptyState(
    "No scores of Assay's own yet",
    html`<p>Imported results have a leaderboard for each suite:</p>${links}`,
  )}</section>`;
}
