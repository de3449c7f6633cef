/** One model of the provider form. Fields are named by their paths in the API, so that its errors find them. */

import type { FieldError, ModelEntry, NewModel, Parameters, TokenPrice } from "../../../contracts.ts";
import { parseAmount } from "../../../format/money.ts";

const PRICES = ["input", "output", "cached", "cache_write", "reasoning"] as const;
const ABILITIES = ["vision", "tools", "structured_output", "reasoning"] as const;
/** Parameters with a field of their own. */
const NUMBERS = ["temperature", "top_p", "max_tokens", "seed"] as const;
const CHOICES = ["reasoning_effort", "tools"] as const;
/** The others, which are given as JSON. */
const ADVANCED = ["top_k", "stop", "response_schema", "stream", "extra"] as const;

export type ModelField =
  | "name"
  | "title"
  | `price.${(typeof PRICES)[number]}_usd_per_mtok`
  | `parameters.${(typeof NUMBERS)[number] | (typeof CHOICES)[number]}`
  | "parameters"
  | `capabilities.${(typeof ABILITIES)[number] | "context_tokens"}`;
export type ModelDraft = Record<ModelField, string>;

const NO_PRICE: TokenPrice = {
  input_usd_per_mtok: "",
  output_usd_per_mtok: "",
  cached_usd_per_mtok: null,
  cache_write_usd_per_mtok: null,
  reasoning_usd_per_mtok: null,
};

export const EMPTY_MODEL: NewModel = {
  name: "",
  title: "",
  parameters: {},
  capabilities: { vision: null, tools: null, structured_output: null, reasoning: null, context_tokens: null },
  price: null,
};

export function toModelDraft(model: ModelEntry | NewModel): ModelDraft {
  const { name, title, capabilities, parameters, price } = model;
  const draft: Record<string, string> = { name, title, parameters: advancedText(parameters) };
  for (const part of PRICES) {
    const key = `${part}_usd_per_mtok` as const;
    draft[`price.${key}`] = price?.[key] ?? "";
  }
  for (const key of [...NUMBERS, ...CHOICES]) draft[`parameters.${key}`] = text(parameters[key]);
  for (const key of [...ABILITIES, "context_tokens"] as const) draft[`capabilities.${key}`] = text(capabilities[key]);
  return draft as ModelDraft;
}

/** The model of a valid draft. */
export function toModel(draft: ModelDraft): NewModel {
  const capabilities: Record<string, boolean | null> = {};
  for (const key of ABILITIES) capabilities[key] = parseFlag(draft[`capabilities.${key}`]);
  const parameters: Record<string, unknown> = { ...parseAdvanced(draft.parameters) };
  for (const key of NUMBERS) {
    const value = parseNumber(draft[`parameters.${key}`]);
    if (value !== null) parameters[key] = value;
  }
  for (const key of CHOICES) if (draft[`parameters.${key}`]) parameters[key] = draft[`parameters.${key}`];
  return {
    name: draft.name.trim(),
    title: draft.title.trim(),
    parameters: parameters as Partial<Parameters>,
    capabilities: {
      ...(capabilities as Record<(typeof ABILITIES)[number], boolean | null>),
      context_tokens: parseNumber(draft["capabilities.context_tokens"]),
    },
    price: toPrice(draft),
  };
}

function toPrice(draft: ModelDraft): TokenPrice | null {
  const price: TokenPrice = { ...NO_PRICE };
  for (const part of PRICES) {
    const key = `${part}_usd_per_mtok` as const;
    const amount = parseAmount(draft[`price.${key}`]);
    if (amount !== null) price[key] = amount;
  }
  return price.input_usd_per_mtok && price.output_usd_per_mtok ? price : null;
}

/** Mistakes that the API would not see, or name less well. */
export function validateModel(draft: ModelDraft): FieldError[] {
  const errors: FieldError[] = [];
  const add = (where: ModelField, message: string) => errors.push({ where, message, near: null });
  if (!draft.name.trim()) add("name", "Enter the name that the provider uses for the model.");
  const numbers = [...NUMBERS.map((name) => `parameters.${name}` as const), "capabilities.context_tokens"] as const;
  for (const field of numbers) if (Number.isNaN(parseNumber(draft[field]))) add(field, "Enter a number.");
  const advanced = advancedMistake(draft.parameters);
  if (advanced) add("parameters", advanced);
  for (const [field, message] of priceMistakes(draft)) add(field, message);
  return errors;
}

function priceMistakes(draft: ModelDraft): [ModelField, string][] {
  const fields = PRICES.map((part) => `price.${part}_usd_per_mtok` as const);
  const filled = fields.filter((field) => draft[field].trim());
  const wrong = filled.filter((field) => parseAmount(draft[field]) === null);
  const missing = filled.length ? fields.slice(0, 2).filter((field) => !draft[field].trim()) : [];
  return [
    ...wrong.map((field): [ModelField, string] => [field, "Enter an amount like 0.25."]),
    ...missing.map((field): [ModelField, string] => [field, "Enter both prices, or neither."]),
  ];
}

/** Parameters without a field, as JSON; empty if there are none. */
function advancedText(parameters: Partial<Parameters>): string {
  const isDefault = (value: unknown) => value === true || Object.keys(Object(value ?? {})).length === 0;
  const entries = ADVANCED.map((name) => [name, parameters[name]] as const).filter(
    ([, value]) => typeof value === "number" || value === false || !isDefault(value),
  );
  return entries.length ? JSON.stringify(Object.fromEntries(entries), null, 2) : "";
}

function advancedMistake(json: string): string {
  if (!json.trim()) return "";
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return `This is not valid JSON: ${error instanceof Error ? error.message : error}.`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return 'Enter a JSON object, like {"top_k": 40}.';
  const names = Object.keys(value);
  const own = names.find((name) => [...NUMBERS, ...CHOICES].some((known) => known === name));
  if (own) return `“${own}” has a field of its own.`;
  const unknown = names.find((name) => !ADVANCED.some((known) => known === name));
  return unknown
    ? `Unknown parameter “${unknown}”; settings that only the provider knows belong in "extra": {"${unknown}": …}.`
    : "";
}

function parseAdvanced(json: string): Partial<Parameters> {
  return json.trim() ? JSON.parse(json) : {};
}

function text(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

function parseFlag(value: string): boolean | null {
  return value === "" ? null : value === "true";
}

/** null if it is empty, NaN if it is no number. */
export function parseNumber(value: string): number | null {
  return value.trim() === "" ? null : Number(value.replaceAll(",", ""));
}
