import { expect, test } from "vitest";
import type { Capabilities, ModelView, ProviderView } from "../src/contracts.ts";
import { abilityNames, type ModelFilter, matches } from "../src/pages/models/filter.ts";
import { addressText, limitsText } from "../src/pages/models/provider-text.ts";
import { provider } from "./fixtures.ts";

const UNKNOWN: Capabilities = {
  vision: null,
  tools: null,
  structured_output: null,
  reasoning: null,
  context_tokens: null,
};
const ANY: ModelFilter = { search: "", provider: "", kind: "", needs: "" };

function model(name: string, capabilities: Partial<Capabilities> = {}): ModelView {
  const [id = ""] = name.split("/");
  return {
    name,
    provider: id,
    kind: "hosted",
    origin: "file",
    title: "A Title",
    parameters: {} as ModelView["parameters"],
    price: null,
    capabilities: { ...UNKNOWN, ...capabilities },
    available: null,
  };
}

test("models are filtered by text, provider and kind", () => {
  const shown = (filter: Partial<ModelFilter>) => matches(model("openai/gpt-4.1"), { ...ANY, ...filter });
  expect([shown({}), shown({ search: " GPT " }), shown({ search: "a title" }), shown({ search: "x" })]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect([shown({ provider: "openai" }), shown({ provider: "xai" }), shown({ kind: "local" })]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a model works with a task unless it is known to lack what the task needs", () => {
  const works = (vision: boolean | null) => matches(model("a/b", { vision }), { ...ANY, needs: "vision" });
  expect([works(true), works(null), works(false)]).toEqual([true, true, false]);
});

test("capabilities are named as far as they are known", () => {
  expect(abilityNames(UNKNOWN)).toEqual([]);
  expect(abilityNames({ ...UNKNOWN, vision: true, tools: false })).toEqual(["images", "no tools"]);
});

test("addresses and limits of providers in a few words", () => {
  const view = (parts: Partial<ProviderView["provider"]>) => ({ provider: { ...provider(), ...parts } });
  expect(addressText(view({ base_url: "http://x/v1", base_url_env: "X_URL" }))).toBe("http://x/v1");
  expect(addressText(view({ kind: "anthropic", base_url: null }))).toBe("Anthropic’s own");
  expect(addressText(view({ base_url: null, base_url_env: "X_URL" }))).toBe("in X_URL");
  expect(limitsText(view({}))).toBe("4 at once");
  expect(limitsText(view({ requests_per_minute: 1, tokens_per_minute: 90_000 }))).toBe(
    "4 at once, 1 request/min, 90,000 tokens/min",
  );
});
