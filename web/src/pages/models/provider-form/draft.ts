/** The state of the provider form. Fields are named by their paths in the API, so that its errors find them. */

import type { FieldError, NewProvider, Provider, ProviderKind, ProviderView } from "../../../contracts.ts";
import { KINDS } from "./kinds.ts";
import { EMPTY_MODEL, type ModelDraft, parseNumber, toModel, toModelDraft, validateModel } from "./model-draft.ts";

const LIMITS = ["concurrency", "requests_per_minute", "tokens_per_minute", "max_outage_seconds"] as const;

export type ProviderField =
  | "id"
  | "title"
  | "base_url"
  | "options.api"
  | "options.api_version"
  | "options.unload_after_seconds"
  | "api_key_env"
  | "prices"
  | (typeof LIMITS)[number];

/** Where the provider's key comes from: nowhere, the ledger, or a variable of the runners. */
export type KeySource = "none" | "stored" | "variable";

export interface ProviderDraft {
  kind: ProviderKind;
  keySource: KeySource;
  local: boolean;
  any_model: boolean;
  fields: Record<ProviderField, string>;
  models: ModelDraft[];
}

const NEW_PROVIDER: NewProvider = {
  kind: "openai",
  title: "",
  base_url: null,
  base_url_env: null,
  api_key_env: null,
  stored_key: false,
  concurrency: 4,
  requests_per_minute: null,
  tokens_per_minute: null,
  max_outage_seconds: null,
  any_model: false,
  local: false,
  prices: null,
  options: {
    api: "chat_completions",
    api_version: null,
    entra: false,
    cloud: null,
    region: null,
    project: null,
    unload_after_seconds: 60,
  },
  models: [EMPTY_MODEL],
};

/** `view` is null for a new provider. */
export function toDraft(view: ProviderView | null): ProviderDraft {
  const provider: Provider | NewProvider = view?.provider ?? NEW_PROVIDER;
  const limit = (name: (typeof LIMITS)[number]) => String(provider[name] ?? "");
  return {
    kind: provider.kind,
    keySource: provider.api_key_env ? "variable" : provider.stored_key ? "stored" : "none",
    local: provider.local,
    any_model: provider.any_model,
    fields: {
      id: view?.provider_id ?? "",
      title: provider.title,
      base_url: provider.base_url ?? "",
      "options.api": provider.options.api,
      "options.api_version": provider.options.api_version ?? "",
      "options.unload_after_seconds": String(provider.options.unload_after_seconds),
      api_key_env: provider.api_key_env ?? "",
      prices: provider.prices ?? "",
      concurrency: limit("concurrency"),
      requests_per_minute: limit("requests_per_minute"),
      tokens_per_minute: limit("tokens_per_minute"),
      max_outage_seconds: limit("max_outage_seconds"),
    },
    models: provider.models.map(toModelDraft),
  };
}

/** The provider of a valid draft, without what its kind does not use. */
export function toProvider(draft: ProviderDraft): NewProvider {
  const { kind, keySource, fields, local } = draft;
  const uses = KINDS[kind];
  const text = (name: ProviderField) => fields[name].trim() || null;
  return {
    ...NEW_PROVIDER,
    kind,
    title: text("title") ?? fields.id.trim(),
    base_url: uses?.address ? text("base_url") : null,
    api_key_env: keySource === "variable" ? text("api_key_env") : null,
    stored_key: keySource === "stored",
    concurrency: parseNumber(fields.concurrency) ?? NEW_PROVIDER.concurrency,
    requests_per_minute: parseNumber(fields.requests_per_minute),
    tokens_per_minute: parseNumber(fields.tokens_per_minute),
    max_outage_seconds: parseNumber(fields.max_outage_seconds),
    any_model: draft.any_model,
    local,
    prices: local ? null : text("prices"),
    options: {
      ...NEW_PROVIDER.options,
      api: uses?.apis && fields["options.api"] === "responses" ? "responses" : "chat_completions",
      api_version: uses?.apiVersion ? text("options.api_version") : null,
      unload_after_seconds:
        (uses?.unloads ? parseNumber(fields["options.unload_after_seconds"]) : null) ??
        NEW_PROVIDER.options.unload_after_seconds,
    },
    models: draft.models.map(toModel),
  };
}

/** Mistakes that the API would not see, or name less well. `taken` are the ids of other providers. */
export function validateDraft(draft: ProviderDraft, taken: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const add = (where: string, message: string) => errors.push({ where, message, near: null });
  const id = draft.fields.id.trim();
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(id)) add("id", "Use 1 to 64 letters, digits, or characters of “_.-”.");
  if (taken.includes(id)) add("id", `There is a provider “${id}” already; edit it, or choose another name.`);
  if (draft.keySource === "variable" && !draft.fields.api_key_env.trim())
    add("api_key_env", "Enter the name of the variable, like MODEL_KEY_MINE.");
  for (const name of [...LIMITS, "options.unload_after_seconds"] as const)
    if (Number.isNaN(parseNumber(draft.fields[name]))) add(name, "Enter a number.");
  for (const [index, model] of draft.models.entries())
    for (const error of validateModel(model)) add(`models[${index}].${error.where}`, error.message);
  return errors;
}

/** Errors by field. Those of a part of a field are shown there, those of a group at its first field, and those of no
 * shown field at `other`. */
export function errorsByField(errors: FieldError[], shown: readonly string[]): Map<string, FieldError[]> {
  const sorted = new Map<string, FieldError[]>();
  for (const error of errors) {
    const field = fieldOf(error.where, shown);
    sorted.set(field, [...(sorted.get(field) ?? []), error]);
  }
  return sorted;
}

function fieldOf(where: string, shown: readonly string[]): string {
  if (where === "provider" || where === "provider_id") return shown.includes("id") ? "id" : "other";
  const path = where.replace(/^provider\./, "");
  if (shown.includes(path)) return path;
  const isWithin = (inner: string, outer: string) => inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  const outer = shown.filter((field) => isWithin(path, field)).sort((a, b) => b.length - a.length);
  return shown.find((field) => isWithin(field, path)) ?? outer[0] ?? "other";
}

/** The fields that the form shows. A provider that exists keeps its id. */
export function shownFields(draft: ProviderDraft, exists: boolean): string[] {
  const { kind, keySource, local, fields, models } = draft;
  const uses = KINDS[kind];
  const hidden = new Set([
    ...(exists ? ["id"] : []),
    ...(uses?.address ? [] : ["base_url"]),
    ...(uses?.apis ? [] : ["options.api"]),
    ...(uses?.apiVersion ? [] : ["options.api_version"]),
    ...(uses?.unloads ? [] : ["options.unload_after_seconds"]),
    ...(keySource === "variable" ? [] : ["api_key_env"]),
    ...(local ? ["prices"] : []),
  ]);
  const ofModels = models.flatMap((model, index) => Object.keys(model).map((field) => `models[${index}].${field}`));
  const ofProvider = Object.keys(fields).filter((field) => !hidden.has(field));
  return ["kind", ...ofProvider, ...(keySource === "stored" ? ["key"] : []), "models", ...ofModels];
}
