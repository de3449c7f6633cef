/** Everything about one provider, and what can be done to it. */

import { css, html, nothing } from "lit";
import { fact } from "../../components/fact.ts";
import { timestamp } from "../../components/timestamp.ts";
import { showControlCharacters } from "../../components/untrusted-text.ts";
import type { Provider, ProviderView } from "../../contracts.ts";
import { count } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import "./offered-models.ts";
import { kindName } from "./provider-form/kinds.ts";

export type ProviderAction =
  | { name: "edit"; view: ProviderView; model?: string }
  | { name: "key" | "remove-key" | "remove"; view: ProviderView };
type Act = (action: ProviderAction) => void;

/** Where the provider's key comes from. */
export function keyText({ provider, key }: ProviderView) {
  const { api_key_env: variable, stored_key: isStored, options } = provider;
  const stored = key ? "stored" : isStored ? html`<span class="missing">missing</span>` : nothing;
  if (variable) return html`<code>${variable}</code>${key ? html`<small>and stored</small>` : nothing}`;
  if (stored !== nothing) return stored;
  return options.cloud || options.entra ? "the cloud’s login" : html`<span class="quiet">none</span>`;
}

export function renderProviderDetails(view: ProviderView, act: Act) {
  const { provider_id, origin } = view;
  const onAdd = ({ detail }: CustomEvent<string>) => act({ name: "edit", view, model: detail });
  return html`<div class="provider">
    ${renderFacts(view)}
    <div class="actions">
      ${origin === "database" ? renderDatabaseActions(view, act) : renderFileHint(provider_id)}
      ${renderKeyActions(view, act)}
    </div>
    <offered-models .view=${view} @add=${onAdd}></offered-models>
  </div>`;
}

function renderFacts(view: ProviderView) {
  const { provider, key, changed_at } = view;
  const limit = (value: number | null) => (value === null ? "no limit" : count(value));
  const used = key?.last_used_at ? html`last used ${timestamp(key.last_used_at)}` : "not used yet";
  const stored = key ? html`set ${timestamp(key.changed_at)}, ${used}` : "none";
  const outage = provider.max_outage_seconds;
  return html`<dl class="facts">
    ${fact("Kind", kindName(provider.kind))}
    ${provider.base_url ? fact("Address", code(provider.base_url)) : nothing}
    ${provider.base_url_env ? fact("Variable with an address", code(provider.base_url_env)) : nothing}
    ${provider.api_key_env ? fact("Variable with the key", code(provider.api_key_env)) : nothing}
    ${provider.api_key_env || provider.stored_key || key ? fact("Stored key", stored, { id: "stored-key" }) : nothing}
    ${renderOptions(view)}
    ${fact("Concurrent requests", count(provider.concurrency))}
    ${fact("Requests per minute", limit(provider.requests_per_minute))}
    ${fact("Tokens per minute", limit(provider.tokens_per_minute))}
    ${outage === null ? nothing : fact("Longest outage", duration(outage))}
    ${fact("Models", `${count(provider.models.length)} listed${provider.any_model ? ", any other can be named" : ""}`)}
    ${fact("Tokens", tokens(provider))}
    ${changed_at ? fact("Changed", timestamp(changed_at)) : nothing}
  </dl>`;
}

function renderOptions({ provider: { options, kind, prices } }: ProviderView) {
  const hasApis = kind === "openai" || kind === "azure";
  const entries: [string, string | null][] = [
    ["API", hasApis && options.api === "responses" ? "Responses" : null],
    ["API version", options.api_version],
    ["Login", options.entra ? "Microsoft Entra" : null],
    ["Cloud", options.cloud],
    ["Region", options.region],
    ["Cloud project", options.project],
    ["Name in the price database", prices],
  ];
  return entries.map(([name, value]) => (value ? fact(name, showControlCharacters(value)) : nothing));
}

function code(text: string) {
  return html`<code>${showControlCharacters(text)}</code>`;
}

function renderDatabaseActions(view: ProviderView, act: Act) {
  const id = view.provider_id;
  return html`<button class="tool" aria-label="Edit ${id}" @click=${() => act({ name: "edit", view })}>Edit</button>
    <button class="tool" aria-label="Remove ${id}" @click=${() => act({ name: "remove", view })}>Remove</button>`;
}

function renderFileHint(id: string) {
  return html`<span class="file-hint">Provider ${id} is defined in models.yaml; change it in that file.</span>`;
}

function renderKeyActions(view: ProviderView, act: Act) {
  const { provider, provider_id: id, key } = view;
  const takesKey = provider.stored_key || provider.api_key_env !== null;
  const text = key ? "Replace key" : "Store a key";
  const put = html`<button class="tool" aria-label="${text} of ${id}" @click=${() => act({ name: "key", view })}>
    ${text}
  </button>`;
  const remove = html`<button class="tool" aria-label="Remove key of ${id}"
    @click=${() => act({ name: "remove-key", view })}>Remove key</button>`;
  return html`${takesKey ? put : nothing}${key ? remove : nothing}`;
}

export const providerDetailsStyle = css`
  button.name {
    all: unset; cursor: pointer; display: flex; align-items: flex-start; gap: 6px; color: var(--accent);
    overflow-wrap: anywhere;
  }
  button.name:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
  button.name:hover .unbroken { text-decoration: underline; }
  button.name wa-icon { margin-top: 3px; flex: none; color: var(--quiet); }
  .address { max-width: 300px; overflow-wrap: anywhere; font-size: 13px; }
  .hidden-provider { display: grid; gap: 4px; justify-items: start; }
  tr.open > td { border-bottom: 0; }
  tr.details:hover { background: none; }
  .provider {
    display: grid; gap: 14px; padding: 12px 14px; background: var(--sunken); border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .provider > * { min-width: 0; }
  .provider dl.facts dd { font-size: 14px; font-weight: 500; overflow-wrap: anywhere; }
  .provider .actions { justify-content: flex-start; align-items: center; }
  .provider .actions .tool { background: var(--surface); }
  .file-hint { color: var(--quiet); margin-right: 8px; }
`;

/** Tokens of servers in one's own network are free, except those of models with a price. */
function tokens({ kind, local, models }: Provider): string {
  if (kind === "embedded" || kind === "transformers") return "free";
  if (!local) return "priced";
  return models.some(({ price }) => price) ? "free, except those of models with a price" : "free";
}
