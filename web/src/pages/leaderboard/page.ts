/** `/leaderboard`: models against each other, with how well each number is known. */

import { TableController } from "@tanstack/lit-table";
import { html, LitElement, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { asProblem, getLeaderboard } from "../../api.ts";
import type { Board, BoardRow, Problem } from "../../contracts.ts";
import { controls, ground, page, table } from "../../design/sheets.ts";
import { plural } from "../../format/number.ts";
import { BoardStore } from "../../live/board-store.ts";
import { Topic } from "../../live/topic.ts";
import { moment } from "../../parts/moment.ts";
import { empty, failed, noticeStyle, skeletons } from "../../parts/notice.ts";
import { ariaSort, keepSorting, sortButton, sortingOfAddress } from "../../parts/sorting.ts";
import { Ticking } from "../../parts/ticking.ts";
import { Address, queryValue, setQuery } from "../../router.ts";
import { tellCrumbs } from "../../shell/crumbs.ts";
import { boardStyle } from "./board-style.ts";
import { type BoardColumn, columnsFor, type Features, features } from "./columns.ts";
import { measureOf } from "./measure.ts";

const NO_ROWS: BoardRow[] = [];

@customElement("leaderboard-page")
export class LeaderboardPage extends LitElement {
  static override styles = [ground, page, controls, table, noticeStyle, boardStyle];

  @state() private board: Board | null = null;
  @state() private problem: Problem | null = null;
  private readonly topic: Topic<BoardStore> = new Topic(
    this,
    () => new BoardStore(),
    () => this.heard(),
  );
  private readonly controller = new TableController<Features, BoardRow>(this);
  private columns: { key: string; list: BoardColumn[] } = { key: "", list: columnsFor([]) };
  private asked = "";

  constructor() {
    super();
    new Address(this, () => this.moved());
    new Ticking(this, 10);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    tellCrumbs([{ name: "Leaderboard" }]);
    import("./chart.ts").catch(() => {});
    this.moved();
  }

  private get suite() {
    return queryValue("suite");
  }

  private get category() {
    return queryValue("category");
  }

  private moved(): void {
    this.topic.follow(this.suite ? `leaderboard:${this.suite}` : "leaderboard");
    const wanted = `${this.suite} ${this.category}`;
    if (wanted === this.asked) return;
    this.asked = wanted;
    this.board = null;
    this.heard();
  }

  /** The live topic tells of a suite; one category of it is read again when the suite's board changes. */
  private heard(): void {
    const live = this.topic.store?.board;
    if (!this.category && live) this.board = live;
    else void this.read();
  }

  private async read(): Promise<void> {
    const wanted = this.asked;
    try {
      const board = await getLeaderboard(this.suite, this.category);
      if (wanted === this.asked) this.board = board;
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  private columnsOf(board: Board): BoardColumn[] {
    const named = [...new Set(board.rows.flatMap((row) => Object.keys(row.categories)))].sort();
    const key = named.join(" ");
    if (key !== this.columns.key) this.columns = { key, list: columnsFor(named) };
    return this.columns.list;
  }

  override render() {
    const { board } = this;
    return html`
      <div class="head">
        <div><h1>Leaderboard</h1><p class="quiet">${board?.updated_at ? html`Updated ${moment(board.updated_at)}` : "Scores of every model that was put to the test."}</p></div>
        ${this.renderFilters(board)}
      </div>
      ${board ? this.renderBoard(board) : this.problem ? failed(this.problem) : html`<section class="panel">${skeletons(6)}</section>`}
    `;
  }

  private renderFilters(board: Board | null) {
    const select = (name: string, label: string, known: string[], chosen: string) => html`<label>${label}
      <select name=${name} @change=${(event: Event) => setQuery({ [name]: (event.target as HTMLSelectElement).value })}>
        <option value="" ?selected=${!chosen}>all</option>
        ${[...new Set([...known, ...(chosen ? [chosen] : [])])].map((one) => html`<option value=${one} ?selected=${one === chosen}>${one}</option>`)}
      </select></label>`;
    return html`<div class="filters">
      ${select("suite", "Suite", board?.suites ?? [], this.suite)}
      ${select("category", "Category", board?.categories ?? [], this.category)}
    </div>`;
  }

  private renderBoard(board: Board) {
    if (board.rows.length === 0) {
      return html`<section class="panel">${empty(
        "Nothing is scored yet",
        html`<p>${this.suite || this.category ? "No finished attempt fits this filter." : "A run fills the board as its attempts are graded:"}</p>
          <pre>make demo
assay run --suite ${this.suite || "demo"} --model oracle</pre>`,
      )}</section>`;
    }
    return html`
      <section class="panel" aria-label="Scores"><header><h2>${plural(board.rows.length, "model")}</h2></header>${this.renderTable(board)}</section>
      ${board.rows.length > 1 ? html`<section class="panel" aria-label=${measureOf(board.rows).title}><header><h2>${measureOf(board.rows).title}</h2></header><cost-chart .rows=${board.rows}></cost-chart></section>` : nothing}
    `;
  }

  private renderTable(board: Board) {
    const columns = this.columnsOf(board);
    const table = this.controller.table({
      features,
      columns,
      data: board.rows ?? NO_ROWS,
      getRowId: (row) => row.model,
      state: { sorting: sortingOfAddress() },
      onSortingChange: keepSorting,
    });
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard"><table>
      <thead><tr>${columns.map(({ id = "", shown }) => {
        const column = table.getColumn(id);
        return html`<th scope="col" class=${shown.right ? "right" : ""} title=${shown.title ?? nothing} aria-sort=${column ? ariaSort(column) : "none"}>${column ? sortButton(column, shown.name) : shown.name}</th>`;
      })}</tr></thead>
      <tbody>${repeat(
        table.getRowModel().rows,
        (row) => row.id,
        (row) =>
          html`<tr data-model=${row.id}>${columns.map(({ shown }) => html`<td class=${shown.right ? "right" : ""}>${shown.cell(row.original)}</td>`)}</tr>`,
      )}</tbody>
    </table></div>`;
  }
}
