/** Tasks and suites that cannot be chosen because their files have mistakes. */

import { css, html, nothing } from "lit";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { CatalogMistake } from "../../contracts.ts";
import { plural } from "../../format/number.ts";

const MAX_SHOWN = 20;

export function renderMistakes(mistakes: CatalogMistake[]) {
  if (!mistakes.length) return nothing;
  const names = new Set(mistakes.map(({ part, name }) => `${part} ${name}`));
  const rest = mistakes.length - MAX_SHOWN;
  return html`<details class="mistakes" id="catalog-mistakes">
    <summary>${plural(names.size, "broken part")} of the catalogue cannot be used: ${[...names].slice(0, 3).join(", ")}
      ${names.size > 3 ? html` and ${names.size - 3} more` : nothing}</summary>
    <ul>${mistakes.slice(0, MAX_SHOWN).map(renderMistake)}</ul>
    ${rest > 0 ? html`<p>${plural(rest, "more mistake")}; <code>assay tasks validate</code> lists all.</p>` : nothing}
  </details>`;
}

function renderMistake({ file, line, where, message, near }: CatalogMistake) {
  const place = `${file}${line ? `:${line}` : ""}`;
  const reason = `${where ? `${where}: ` : ""}${message}${near ? `; did you mean "${near}"?` : ""}`;
  return html`<li><code>${showControlCharacters(place)}</code> ${showControlCharacters(reason)}</li>`;
}

export const mistakesStyle = css`
  .mistakes { border-radius: 5px; padding: 8px 11px; margin-bottom: 10px; font-size: 13.5px; overflow-wrap: anywhere; }
  .mistakes { background: var(--warn-soft); color: var(--warn); }
  .mistakes summary { cursor: pointer; }
  .mistakes ul { margin: 6px 0 0; padding-left: 1.2em; display: grid; gap: 4px; }
  .mistakes p { margin: 6px 0 0; }
`;
