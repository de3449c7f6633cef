/** Sorting, kept in the URL: `sort=score` is ascending, `sort=-score` descending. */

import type { SortingState, Updater } from "@tanstack/lit-table";
import { html } from "lit";
import { queryParam, setQueryParams } from "../router.ts";

export function sortingFromUrl(): SortingState {
  const text = queryParam("sort");
  if (!text) return [];
  return [{ id: text.replace(/^-/, ""), desc: text.startsWith("-") }];
}

export function saveSorting(updater: Updater<SortingState>): void {
  const next = typeof updater === "function" ? updater(sortingFromUrl()) : updater;
  const [first] = next;
  setQueryParams({ sort: first ? `${first.desc ? "-" : ""}${first.id}` : "" });
}

interface Sortable {
  getIsSorted(): false | "asc" | "desc";
  toggleSorting(): void;
}

export function ariaSort(column: Pick<Sortable, "getIsSorted">): "ascending" | "descending" | "none" {
  const sorted = column.getIsSorted();
  if (!sorted) return "none";
  return sorted === "asc" ? "ascending" : "descending";
}

export function sortButton(column: Sortable, name: string) {
  return html`<button class="sort" @click=${() => column.toggleSorting()}>${name}</button>`;
}

/** Compares numbers or texts; the table puts undefined values last. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** `sortFn` of every column. */
export function compareRows(
  a: { getValue(id: string): unknown },
  b: { getValue(id: string): unknown },
  id: string,
): number {
  return compare(a.getValue(id), b.getValue(id));
}
