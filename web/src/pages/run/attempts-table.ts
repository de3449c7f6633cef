/** The attempts of a run. The table is virtual: only visible rows are in the document. */

import { TableController } from "@tanstack/lit-table";
import { VirtualizerController } from "@tanstack/lit-virtual";
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { createRef, ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { badgeStyle } from "../../components/badge.ts";
import { flagStyle } from "../../components/flag-badge.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { ariaSort, saveSorting, sortButton, sortingFromUrl } from "../../components/sorting.ts";
import { base, controls } from "../../design/styles.ts";
import type { AttemptRow } from "../../live/run-store.ts";
import { UrlController } from "../../router.ts";
import { columns, type Features, features } from "./columns.ts";

const ROW_HEIGHT = 34;

@customElement("attempts-table")
export class AttemptsTable extends LitElement {
  static override styles = [
    base,
    controls,
    badgeStyle,
    flagStyle,
    css`
      .scroll { overflow: auto; max-height: max(380px, calc(100vh - 330px)); contain: strict; }
      .head, .row { display: grid; grid-template-columns: var(--columns); align-items: center; }
      .head {
        position: sticky; top: 0; z-index: 1; background: var(--surface); border-bottom: 1px solid var(--line);
        font-size: 12px; font-weight: 560; color: var(--quiet); height: 34px;
      }
      .row {
        position: absolute; left: 0; right: 0; height: ${ROW_HEIGHT}px; border-bottom: 1px solid var(--line);
        font-variant-numeric: tabular-nums;
      }
      .row:hover { background: var(--select); }
      .rows { position: relative; }
      [role="cell"], [role="columnheader"] {
        padding: 0 10px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0;
      }
      .right { text-align: right; }
      small { color: var(--quiet); font-size: 12px; }
      .aside { font-size: 12px; margin-left: 4px; }
      .recalled, .held { color: var(--warn); }
      .held { font-size: 12px; }
      .impossible { color: var(--warn); }
      .several { color: var(--warn); font-weight: 620; }
      .sort { all: unset; cursor: pointer; }
      .sort:hover { color: var(--text); }
      .sort:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
      [aria-sort="ascending"] .sort::after { content: " ↑"; }
      [aria-sort="descending"] .sort::after { content: " ↓"; }
    `,
  ];

  @property({ attribute: false }) attempts: AttemptRow[] = [];
  private readonly controller = new TableController<Features, AttemptRow>(this);
  private readonly scroller = createRef<HTMLDivElement>();
  private readonly virtual = new VirtualizerController<HTMLDivElement, HTMLDivElement>(this, {
    count: 0,
    getScrollElement: () => this.scroller.value ?? null,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  private width = window.innerWidth;

  constructor() {
    super();
    new UrlController(this);
    new PeriodicUpdate(this, 10);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("resize", this.resized);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("resize", this.resized);
  }

  private resized = () => {
    this.width = window.innerWidth;
    this.requestUpdate();
  };

  override render() {
    const table = this.controller.table({
      features,
      columns,
      data: this.attempts,
      getRowId: (row) => row.attempt_id,
      state: { sorting: sortingFromUrl() },
      onSortingChange: saveSorting,
    });
    const rows = table.getRowModel().rows;
    const shown = columns.filter((column) => this.width >= column.shown.minWidth);
    const virtual = this.virtual.getVirtualizer();
    virtual.setOptions({ ...virtual.options, count: rows.length });
    const height = Math.min(rows.length * ROW_HEIGHT + 36, Math.max(380, window.innerHeight - 330));
    const widths = shown.map((column) => column.shown.width).join(" ");
    return html`<div class="scroll" role="table" aria-label="Attempts" aria-rowcount=${rows.length + 1} tabindex="0"
        ${ref(this.scroller)} .style=${`--columns: ${widths}; height: ${height}px`}>
      <div class="head" role="row" aria-rowindex="1">
        ${shown.map(({ id = "", shown }) => {
          const column = table.getColumn(id);
          const sort = column ? ariaSort(column) : "none";
          return html`<div role="columnheader" class=${shown.right ? "right" : ""} aria-sort=${sort}>
            ${column ? sortButton(column, shown.name) : shown.name}
          </div>`;
        })}
      </div>
      <div class="rows" role="rowgroup" .style=${`height: ${virtual.getTotalSize()}px`}>
        ${repeat(
          virtual.getVirtualItems().filter((item) => rows[item.index]),
          (item) => rows[item.index]?.id,
          (item) => {
            const row = rows[item.index]?.original;
            if (!row) return html``;
            return html`<div class="row" role="row" aria-rowindex=${item.index + 2} data-attempt=${row.attempt_id}
                data-state=${row.outcome ?? row.state} .style=${`transform: translateY(${item.start}px)`}>
              ${shown.map(
                ({ shown }) => html`<div role="cell" class=${shown.right ? "right" : ""}>${shown.cell(row)}</div>`,
              )}
            </div>`;
          },
        )}
      </div>
    </div>`;
  }
}
