/** The models to choose from in the launch dialog, and a field for others. */

import { html, nothing, type TemplateResult } from "lit";
import { asSentence, showControlCharacters, withCommands } from "../../components/untrusted-text.ts";
import type { ModelProblem, ModelView, Price } from "../../contracts.ts";
import { nanoDollars } from "../../format/money.ts";
import type { OfferedNames } from "./offered-names.ts";

interface ModelsField {
  models: readonly ModelView[];
  /** Names, also of models that are not in `models`. */
  selected: readonly string[];
  errors: TemplateResult;
  /** Why models cannot be called, as far as it is known. */
  problems: readonly ModelProblem[];
  /** Completes the names of other models. */
  offered: OfferedNames;
  onSelect(names: string[]): void;
}

export function renderModelsField(field: ModelsField) {
  const { models, selected, errors, offered } = field;
  const others = selected.filter((name) => !models.some((model) => model.name === name));
  return html`<fieldset aria-describedby="models-errors">
    <legend>Models</legend>
    <div class="models">
      ${models.map((model) => renderModel(model.name, html`<small>${summary(model)}</small>`, field))}
      ${others.map((name) => renderModel(name, html``, field))}
    </div>
    <label class="field">Another model
      <input id="another" placeholder="provider/name, then Enter" list="offered-names" autocomplete="off"
        @input=${(event: Event) => offered.complete((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => add(event, field)} />
    </label>
    <datalist id="offered-names">${offered.names.map((name) => html`<option value=${name}></option>`)}</datalist>
    <p class="hint"><a href="/models">Models and providers</a></p>
    ${errors}
  </fieldset>`;
}

function renderModel(name: string, description: TemplateResult, { selected, problems, onSelect }: ModelsField) {
  const isSelected = selected.includes(name);
  const problem = isSelected ? problems.find(({ model }) => model === name) : undefined;
  const toggle = () => onSelect(isSelected ? selected.filter((other) => other !== name) : [...selected, name]);
  return html`<label>
    <input type="checkbox" name="models" value=${name} .checked=${isSelected} @change=${toggle} />
    <span>${name}${description}${problem ? renderProblem(problem) : nothing}</span>
  </label>`;
}

function renderProblem({ model, reason, remedy }: ModelProblem) {
  const why = showControlCharacters(asSentence(reason));
  return html`<small class="problem-of-model" role="status" data-problem=${model}
    >Cannot be called. ${why} ${withCommands(asSentence(remedy))}</small>`;
}

function add(event: KeyboardEvent, { selected, onSelect }: ModelsField): void {
  const input = event.target as HTMLInputElement;
  const name = input.value.trim();
  if (event.key !== "Enter" || !name) return;
  event.preventDefault();
  onSelect([...new Set([...selected, name])]);
  input.value = "";
}

/** Kind, price and availability of a model, and what it is known not to accept. */
function summary({ kind, price, available, capabilities }: ModelView): string {
  const lacks = [
    ...(capabilities.vision === false ? ["images"] : []),
    ...(capabilities.tools === false ? ["tools"] : []),
  ];
  return [
    kind,
    ...(price && !price.local ? [priceText(price)] : []),
    ...lacks.map((name) => `no ${name}`),
    ...(available === false ? ["unreachable"] : []),
  ].join(", ");
}

function priceText({ input_nanousd_per_mtok, output_nanousd_per_mtok }: Price): string {
  return `${nanoDollars(input_nanousd_per_mtok)} in, ${nanoDollars(output_nanousd_per_mtok)} out per million tokens`;
}
