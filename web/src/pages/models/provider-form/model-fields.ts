/** The fields of one model in the provider form. */

import { html, nothing } from "lit";
import { showControlCharacters } from "../../../components/untrusted-text.ts";
import { REASONING_EFFORTS } from "../../../contracts.ts";
import { type FieldsContext, jsonField, selectField, textField } from "./fields.ts";
import type { ModelDraft, ModelField } from "./model-draft.ts";

const DEFAULT = ["", "provider default"] as const;
const EFFORTS = [DEFAULT, ...REASONING_EFFORTS.map((effort) => [effort, effort] as const)];
const TOOLS = [DEFAULT, ["native", "through the API"], ["text", "as JSON in the text"]] as const;
const KNOWN = [
  ["", "unknown"],
  ["true", "yes"],
  ["false", "no"],
] as const;

interface ModelFields extends FieldsContext {
  draft: ModelDraft;
  index: number;
  /** Tokens are free unless there is a price. */
  local: boolean;
  open: boolean;
  remove(): void;
}

export function renderModelFields(form: ModelFields) {
  const { draft, index, open } = form;
  const prefix = `models[${index}]`;
  const invalid = [...form.errors.keys()].some((field) => field.startsWith(`${prefix}.`));
  const text = (field: ModelField, name: string, options: Parameters<typeof textField>[4] = {}) =>
    textField(form, `${prefix}.${field}`, name, draft[field], options);
  const select = (field: ModelField, name: string, options: Parameters<typeof selectField>[4]) =>
    selectField(form, `${prefix}.${field}`, name, draft[field], options);
  return html`<details class="model" data-index=${index} ?open=${open || invalid}>
    <summary>
      <span class="name">${draft.name ? showControlCharacters(draft.name) : "New model"}</span>
      ${draft.title ? html`<small>${showControlCharacters(draft.title)}</small>` : nothing}
    </summary>
    <div class="numbers">
      ${text("name", "Name at the provider", { placeholder: "qwen3-8b" })}
      ${text("title", "Title", { placeholder: "optional" })}
    </div>
    ${renderPrices(text, form.local)}
    <h3>Default parameters</h3>
    <div class="numbers">
      ${text("parameters.temperature", "Temperature", { placeholder: DEFAULT[1], mode: "decimal" })}
      ${text("parameters.top_p", "Top p", { placeholder: DEFAULT[1], mode: "decimal" })}
      ${text("parameters.max_tokens", "Maximum output tokens", { placeholder: "the task’s", mode: "numeric" })}
      ${text("parameters.seed", "Seed", { placeholder: DEFAULT[1], mode: "numeric" })}
      ${select("parameters.reasoning_effort", "Reasoning effort", EFFORTS)}
      ${select("parameters.tools", "Tool calls", TOOLS)}
    </div>
    ${renderAdvanced(form, `${prefix}.parameters`)}
    <h3>Capabilities</h3>
    <div class="numbers">
      ${select("capabilities.vision", "Images", KNOWN)}
      ${select("capabilities.tools", "Tools", KNOWN)}
      ${select("capabilities.structured_output", "Structured output", KNOWN)}
      ${select("capabilities.reasoning", "Reasoning", KNOWN)}
      ${text("capabilities.context_tokens", "Context (tokens)", { placeholder: "unknown", mode: "numeric" })}
    </div>
    <button type="button" class="tool" @click=${form.remove}>
      Remove ${draft.name ? showControlCharacters(draft.name) : "this model"}
    </button>
  </details>`;
}

type RenderText = (field: ModelField, name: string, options?: Parameters<typeof textField>[4]) => unknown;

function renderPrices(text: RenderText, local: boolean) {
  const part = (
    name: "input" | "output" | "cached" | "cache_write" | "reasoning",
    label: string,
    placeholder: string,
  ) => text(`price.${name}_usd_per_mtok`, label, { placeholder, mode: "decimal" });
  const otherwise = local ? "free" : "from the tables";
  const needed = local ? "if they are not free" : "for models that the price tables do not know";
  return html`<h3>Price <small>USD per million tokens, ${needed}</small></h3>
    <div class="numbers">
      ${part("input", "Input", otherwise)} ${part("output", "Output", otherwise)}
      ${part("cached", "Cached input", "like input")} ${part("cache_write", "Cache writes", "like input")}
      ${part("reasoning", "Reasoning", "like output")}
    </div>`;
}

function renderAdvanced(form: ModelFields, field: string) {
  const { draft } = form;
  return html`<details class="advanced" ?open=${draft.parameters !== "" || form.errors.has(field)}>
    <summary>Advanced settings (JSON)</summary>
    ${jsonField(form, field, "top_k, stop, response_schema, stream, extra", draft.parameters, '{"top_k": 40}')}
    <p class="hint"><code>extra</code> is added to the request’s body unchanged.</p>
  </details>`;
}
