/** Fields of the provider form: a label, an input whose id is the field's name, and its errors. */

import { html, nothing } from "lit";
import type { FieldError } from "../../../contracts.ts";
import { fieldErrors } from "../../../forms/form-errors.ts";

export interface FieldsContext {
  errors: Map<string, FieldError[]>;
  set(field: string, value: string): void;
}

interface TextOptions {
  placeholder?: string;
  hint?: string;
  mode?: "text" | "decimal" | "numeric" | "url";
  list?: string;
}

export function textField(form: FieldsContext, id: string, label: string, value: string, options: TextOptions = {}) {
  const { placeholder = nothing, hint, mode = "text", list = nothing } = options;
  return html`<label class="field">${label}
    <input id=${id} inputmode=${mode} placeholder=${placeholder} list=${list} autocomplete="off" spellcheck="false"
      .value=${value} @input=${(event: Event) => form.set(id, inputText(event))}
      aria-invalid=${form.errors.has(id)} aria-describedby="${id}-errors" />
    ${hint ? html`<small>${hint}</small>` : nothing}
    ${errorsOf(form, id)}
  </label>`;
}

export function selectField(
  form: FieldsContext,
  id: string,
  label: string,
  value: string,
  options: readonly (readonly [value: string, name: string])[],
) {
  return html`<label class="field">${label}
    <select id=${id} @change=${(event: Event) => form.set(id, inputText(event))}
      aria-invalid=${form.errors.has(id)} aria-describedby="${id}-errors">
      ${options.map(([key, name]) => html`<option value=${key} ?selected=${key === value}>${name}</option>`)}
    </select>
    ${errorsOf(form, id)}
  </label>`;
}

export function jsonField(form: FieldsContext, id: string, label: string, value: string, placeholder: string) {
  return html`<label class="field">${label}
    <textarea id=${id} rows="4" class="mono" placeholder=${placeholder} autocomplete="off" spellcheck="false"
      .value=${value} @input=${(event: Event) => form.set(id, inputText(event))}
      aria-invalid=${form.errors.has(id)} aria-describedby="${id}-errors"></textarea>
    ${errorsOf(form, id)}
  </label>`;
}

export function errorsOf(form: FieldsContext, id: string) {
  return fieldErrors(id, form.errors.get(id) ?? [], ({ near }) => form.set(id, near ?? ""));
}

function inputText(event: Event): string {
  return (event.target as HTMLInputElement).value;
}
