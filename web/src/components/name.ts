/** Names of runs, models and the like, in tables and lists. */

import { css, html } from "lit";

/** Lines break at spaces and after slashes only; a word that is longer than its line ends in "…". */
export function unbrokenName(name: string) {
  const parts = name.split(/(?<=\/)|(?=\s)|(?<=\s)/);
  return html`<span class="unbroken" title=${name}>${parts.map((part) =>
    part.trim() ? html`<span>${part}</span><wbr />` : part,
  )}</span>`;
}

export const nameStyle = css`
  .unbroken > span {
    display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
    vertical-align: bottom;
  }
`;
