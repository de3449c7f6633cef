/** One entry of a list of facts, `dl.facts`. */

import { html, nothing } from "lit";

export function fact(name: string, value: unknown, { id, title }: { id?: string; title?: string } = {}) {
  return html`<div id=${id ?? nothing} title=${title ?? nothing}><dt>${name}</dt><dd>${value}</dd></div>`;
}
