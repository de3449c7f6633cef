/** Sorting that lives in the address: `sort=score` rises, `sort=-score` falls. */

import type { SortingState, Updater } from "@tanstack/lit-table";
import { html } from "lit";
import { queryValue, setQuery } from "../router.ts";

export function sortingOfAddress(): SortingState {
  const text = queryValue("sort");
  if (!text) return [];
  return [{ id: text.replace(/^-/, ""), desc: text.startsWith("-") }];
}

export function keepSorting(updater: Updater<SortingState>): void {
  const next = typeof updater === "function" ? updater(sortingOfAddress()) : updater;
  const [first] = next;
  setQuery({ sort: first ? `${first.desc ? "-" : ""}${first.id}` : "" });
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

/** Plain comparison of numbers and of texts; what is undefined is put last by the table. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** A table row as far as sorting reads it. */
export function byValue(
  a: { getValue(id: string): unknown },
  b: { getValue(id: string): unknown },
  id: string,
): number {
  return compare(a.getValue(id), b.getValue(id));
}
