/** The fields of the provider form that belong to the provider itself. */

import { html, nothing } from "lit";
import type { ProviderKind, StoredKey } from "../../../contracts.ts";
import { relativeTime } from "../../../format/time.ts";
import type { KeySource, ProviderDraft, ProviderField } from "./draft.ts";
import { errorsOf, type FieldsContext, selectField, textField } from "./fields.ts";
import { KINDS } from "./kinds.ts";

interface ProviderFields extends FieldsContext {
  draft: ProviderDraft;
  /** The provider exists, and keeps its id. */
  editing: boolean;
  storedKey: StoredKey | null;
  change(parts: Partial<ProviderDraft>): void;
}

const UNLOADING = { placeholder: "60", mode: "numeric", hint: "when no attempt uses the model" } as const;
const APIS = [
  ["chat_completions", "Chat Completions"],
  ["responses", "Responses"],
] as const;

function field(form: ProviderFields, name: ProviderField, label: string, options: Parameters<typeof textField>[4]) {
  return textField(form, name, label, form.draft.fields[name], options);
}

export function renderProviderFields(form: ProviderFields) {
  const { draft, editing } = form;
  const uses = KINDS[draft.kind];
  const address = uses?.ownAddress ? { placeholder: uses.address } : { placeholder: uses?.address ?? "" };
  return html`<fieldset>
    <legend>Provider</legend>
    <div class="numbers wide">
      ${editing ? nothing : field(form, "id", "Id", { placeholder: "my-server", hint: "begins its models’ names" })}
      ${field(form, "title", "Title", { placeholder: draft.fields.id || "optional" })}
      ${renderKind(form)}
      ${uses?.address ? field(form, "base_url", "Address", { ...address, mode: "url" }) : nothing}
      ${uses?.apis ? selectField(form, "options.api", "API", draft.fields["options.api"], APIS) : nothing}
      ${uses?.unloads ? field(form, "options.unload_after_seconds", "Unload after (seconds)", UNLOADING) : nothing}
      ${uses?.apiVersion ? field(form, "options.api_version", "API version", { placeholder: "2024-10-21" }) : nothing}
    </div>
    <div class="checks">
      ${renderCheck(form, "local", "Local", "in your own network; tokens are free unless a model has a price")}
      ${renderCheck(form, "any_model", "Any model", "runs can also name models that are not listed below")}
    </div>
  </fieldset>`;
}

function renderKind(form: ProviderFields) {
  const { kind } = form.draft;
  const kinds = Object.entries(KINDS).map(([key, { name }]) => [key, name] as const);
  const options = KINDS[kind] ? kinds : [...kinds, [kind, kind] as const];
  const set = (_: string, value: string) => form.change({ kind: value as ProviderKind });
  const hint = KINDS[kind]?.hint;
  return html`<div>
    ${selectField({ errors: form.errors, set }, "kind", "Kind", kind, options)}
    ${hint ? html`<small class="quiet">${hint}</small>` : nothing}
  </div>`;
}

function renderCheck(form: ProviderFields, id: "local" | "any_model", label: string, hint: string) {
  const onChange = (event: Event) => form.change({ [id]: (event.target as HTMLInputElement).checked });
  return html`<label>
    <input type="checkbox" id=${id} .checked=${form.draft[id]} @change=${onChange} />
    <span>${label}<small>${hint}</small></span>
  </label>`;
}

/** The key's input is not bound to any state: its text is read once, when it is sent. */
export function renderKeyFields(form: ProviderFields) {
  const { keySource } = form.draft;
  const source = (value: KeySource, label: string) => html`<label>
    <input type="radio" name="key-source" value=${value} .checked=${keySource === value}
      @change=${() => form.change({ keySource: value })} /> ${label}
  </label>`;
  const variable = {
    placeholder: "MODEL_KEY_MINE",
    hint: "Begins with MODEL_KEY_. Set it in the environment of the runners, or in .env for assay up.",
  };
  return html`<fieldset>
    <legend>Key</legend>
    <div class="choice">
      ${source("none", "None")} ${source("stored", "Stored here, encrypted")}
      ${source("variable", "In a variable of the runners")}
    </div>
    ${keySource === "stored" ? renderKeyInput(form, form.storedKey) : nothing}
    ${keySource === "variable" ? field(form, "api_key_env", "Variable", variable) : nothing}
  </fieldset>`;
}

export function renderKeyInput(form: FieldsContext, stored: StoredKey | null) {
  const hint = stored
    ? `A key was stored ${relativeTime(stored.changed_at)}. Leave this empty to keep it.`
    : "It is encrypted, and never shown again.";
  return html`<label class="field">Key
    <input id="key" type="password" autocomplete="off" spellcheck="false" placeholder=${stored ? "unchanged" : nothing}
      aria-invalid=${form.errors.has("key")} aria-describedby="key-errors" />
    <small>${hint}</small>
    ${errorsOf(form, "key")}
  </label>`;
}

export function renderLimitFields(form: ProviderFields) {
  const number = (name: ProviderField, label: string, placeholder: string) =>
    field(form, name, label, { placeholder, mode: "numeric" });
  const priceNames = { placeholder: form.draft.fields.id || "the id", hint: "where it differs from the id" };
  return html`<fieldset>
    <legend>Limits</legend>
    <p class="hint">For all runners together.</p>
    <div class="numbers wide">
      ${number("concurrency", "Concurrent requests", "4")}
      ${number("requests_per_minute", "Requests per minute", "no limit")}
      ${number("tokens_per_minute", "Tokens per minute", "no limit")}
      ${number("max_outage_seconds", "Longest outage (seconds)", "the run’s time")}
      ${form.draft.local ? nothing : field(form, "prices", "Name in the price database", priceNames)}
    </div>
  </fieldset>`;
}
