import { expect, test } from "vitest";
import type { ModelEntry, ProviderView } from "../src/contracts.ts";
import {
  errorsByField,
  type ProviderDraft,
  shownFields,
  toDraft,
  toProvider,
  validateDraft,
} from "../src/pages/models/provider-form/draft.ts";
import { provider } from "./fixtures.ts";

const MODEL = {
  name: "small",
  title: "Small",
  parameters: { temperature: 0, seed: 7, tools: "text", top_k: 40, stream: false, stop: ["END"], extra: { x: 1 } },
  capabilities: { vision: false, tools: true, structured_output: null, reasoning: null, context_tokens: 32_000 },
  price: {
    input_usd_per_mtok: "0.5",
    output_usd_per_mtok: "2",
    cached_usd_per_mtok: "0.05",
    cache_write_usd_per_mtok: null,
    reasoning_usd_per_mtok: null,
  },
} as unknown as ModelEntry;

function view(parts: Partial<ProviderView["provider"]> = {}): ProviderView {
  const stored = { ...provider(), models: [MODEL], ...parts };
  return {
    provider_id: "mine",
    origin: "database",
    provider: stored,
    revision: 3,
    changed_at: null,
    hidden: false,
    key: null,
  };
}

function draft(parts: Partial<ProviderDraft> = {}): ProviderDraft {
  return { ...toDraft(view()), ...parts };
}

function withModel(field: string, value: string): ProviderDraft {
  const valid = draft();
  return { ...valid, models: valid.models.map((model) => ({ ...model, [field]: value })) };
}

const places = (invalid: ProviderDraft, taken: string[] = []) =>
  validateDraft(invalid, taken).map((error) => error.where);

test("a provider survives a round trip through the form", () => {
  for (const parts of [
    {},
    { stored_key: true, requests_per_minute: 60, max_outage_seconds: 0.5, any_model: true, models: [] },
    { api_key_env: "MODEL_KEY_MINE", prices: "x-ai", tokens_per_minute: 90_000 },
    { kind: "azure", options: { ...provider().options, api: "responses", api_version: "2024-10-21" } },
  ] as const) {
    const stored = view(parts as Partial<ProviderView["provider"]>);
    expect(toProvider(toDraft(stored))).toEqual(stored.provider);
  }
});

test("what a kind does not use is neither shown nor sent", () => {
  const azure = draft({ kind: "azure" });
  azure.fields["options.api_version"] = "2024-10-21";
  azure.fields["options.api"] = "responses";
  expect(shownFields(azure, false)).toContain("options.api_version");
  const ollama = { ...azure, kind: "ollama" } as const;
  expect(shownFields(ollama, false)).not.toContain("options.api");
  expect(toProvider(ollama).options).toEqual(provider().options);
  expect(toProvider({ ...azure, keySource: "none" })).toMatchObject({ api_key_env: null, stored_key: false });
});

test("tokens of a local provider can have a price, but not one of the price database", () => {
  const local = draft({ local: true });
  expect(toProvider(local).models[0]?.price).not.toBeNull();
  expect(shownFields(local, false)).not.toContain("prices");
});

test("a new provider has one empty model, and its id as its title", () => {
  const added = toDraft(null);
  expect(added.models).toHaveLength(1);
  expect(toProvider({ ...added, fields: { ...added.fields, id: "mine" } }).title).toBe("mine");
  expect(places(added)).toEqual(["id", "models[0].name"]);
});

test("mistakes that need no server are found at their fields", () => {
  expect(places(draft())).toEqual([]);
  expect(places(draft(), ["mine"])).toEqual(["id"]);
  expect(places(draft({ keySource: "variable" }))).toEqual(["api_key_env"]);
  expect(places({ ...draft(), fields: { ...draft().fields, concurrency: "four" } })).toEqual(["concurrency"]);
  expect(places(withModel("parameters.temperature", "hot"))).toEqual(["models[0].parameters.temperature"]);
  expect(places(withModel("price.output_usd_per_mtok", ""))).toEqual(["models[0].price.output_usd_per_mtok"]);
  expect(places(withModel("price.input_usd_per_mtok", "cheap"))).toEqual(["models[0].price.input_usd_per_mtok"]);
});

test.each([
  ["{", "not valid JSON"],
  ["[1]", "JSON object"],
  ['{"temperature": 1}', "a field of its own"],
  ['{"num_ctx": 8192}', '"extra": {"num_ctx": …}'],
])("advanced settings %s are refused", (json, message) => {
  const [error] = validateDraft(withModel("parameters", json), []);
  expect(error?.where).toBe("models[0].parameters");
  expect(error?.message).toContain(message);
});

test("only parameters without a field are advanced settings", () => {
  const [model] = draft().models;
  expect(JSON.parse(model?.parameters ?? "")).toEqual({ top_k: 40, stop: ["END"], stream: false, extra: { x: 1 } });
  const plain = { ...MODEL, parameters: { stream: true, stop: [], extra: {}, top_k: null } } as unknown as ModelEntry;
  expect(toDraft(view({ models: [plain] })).models[0]?.parameters).toBe("");
});

test("errors of the API are assigned to the fields that are shown", () => {
  const find = (where: string, shown = draft(), exists = false) => [
    ...errorsByField([{ where, message: "", near: null }], shownFields(shown, exists)).keys(),
  ];
  const ofModel = "provider.models[0]";
  expect(find(`${ofModel}.parameters.temperature`)).toEqual(["models[0].parameters.temperature"]);
  expect(find(`${ofModel}.parameters.stop[0]`)).toEqual(["models[0].parameters"]);
  expect(find(`${ofModel}.price`)).toEqual(["models[0].price.input_usd_per_mtok"]);
  expect(find(`${ofModel}.nothing`)).toEqual(["models"]);
  expect(find("provider.models[10].name")).toEqual(["models"]);
  expect(find("provider.options.api_version")).toEqual(["other"]);
  expect(find("provider.options.api_version", draft({ kind: "azure" }))).toEqual(["options.api_version"]);
  expect(find("provider.base_url")).toEqual(["base_url"]);
  expect([find("provider"), find("provider_id")]).toEqual([["id"], ["id"]]);
  expect(find("provider", draft(), true)).toEqual(["other"]);
  expect(find("key", draft({ keySource: "stored" }))).toEqual(["key"]);
});
