/** The model providers, each with its details. Fires `action` with what to do to a provider. */

import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { emptyState, emptyStateStyle } from "../../components/empty-state.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { ProviderView } from "../../contracts.ts";
import { base, controls, facts, page, table } from "../../design/styles.ts";
import { count } from "../../format/number.ts";
import { queryParam, setQueryParams, UrlController } from "../../router.ts";
import { ORIGINS } from "./columns.ts";
import { modelsStyle } from "./models-style.ts";
import { keyText, type ProviderAction, providerDetailsStyle, renderProviderDetails } from "./provider-details.ts";
import { kindName } from "./provider-form/kinds.ts";
import { addressText, limitsText } from "./provider-text.ts";

@customElement("providers-table")
export class ProvidersTable extends LitElement {
  static override styles = [
    base,
    page,
    controls,
    facts,
    table,
    emptyStateStyle,
    nameStyle,
    modelsStyle,
    providerDetailsStyle,
  ];

  @property({ attribute: false }) providers: ProviderView[] = [];

  constructor() {
    super();
    new UrlController(this);
    new PeriodicUpdate(this, 10);
  }

  override render() {
    if (this.providers.length === 0) return emptyState("No providers", html`<p>Add one with <b>Add provider</b>.</p>`);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of providers"><table>
      <thead><tr>
        <th scope="col">Provider</th><th scope="col" class="minor">Kind</th><th scope="col" class="minor">Address</th>
        <th scope="col">Key</th><th scope="col" class="minor">Limits</th><th scope="col" class="right minor">Models</th>
        <th scope="col" class="minor">From</th>
      </tr></thead>
      <tbody>${repeat(
        this.providers,
        (view) => `${view.origin} ${view.provider_id}`,
        (view) => this.renderRow(view),
      )}</tbody>
    </table></div>`;
  }

  private renderRow(view: ProviderView) {
    const { provider_id: id, provider, origin } = view;
    const isOpen = queryParam("open") === id && !view.hidden;
    const toggle = () => setQueryParams({ open: isOpen ? "" : id });
    const act = (action: ProviderAction) => this.dispatchEvent(new CustomEvent("action", { detail: action }));
    const name = html`<button class="name" aria-expanded=${isOpen} @click=${toggle}>
      <wa-icon name=${isOpen ? "chevron-down" : "chevron-right"}></wa-icon>
      <span>${unbrokenName(id)}<small>${showControlCharacters(provider.title)}</small></span>
    </button>`;
    const hidden = html`<span class="hidden-provider">${unbrokenName(id)}
      <small>Not used: models.yaml has a provider with this id.</small>
      <button class="tool" aria-label="Remove ${id}" @click=${() => act({ name: "remove", view })}>Remove</button>
    </span>`;
    return html`<tr data-provider=${view.hidden ? nothing : id} class=${isOpen ? "open" : ""}>
        <td>${view.hidden ? hidden : name}</td>
        <td class="minor">${kindName(provider.kind)}</td>
        <td class="minor address">${showControlCharacters(addressText(view))}</td>
        <td>${keyText(view)}</td>
        <td class="minor">${limitsText(view)}</td>
        <td class="right minor">${provider.any_model ? "any" : count(provider.models.length)}</td>
        <td class="minor">${ORIGINS[origin]}</td>
      </tr>
      ${
        isOpen
          ? html`<tr class="details" data-details=${id}><td colspan="7">${renderProviderDetails(view, act)}</td></tr>`
          : nothing
      }`;
  }
}
