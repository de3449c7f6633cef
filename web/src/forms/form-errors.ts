/** Errors in forms: of the whole request, or of one field. */

import { html, nothing } from "lit";
import type { FieldError, Problem } from "../contracts.ts";

export function problemAlert(problem: Problem | null, showDetail = true) {
  if (!problem) return nothing;
  return html`<p class="problem" role="alert"><b>${problem.title}</b> ${showDetail ? problem.detail : nothing}</p>`;
}

/** `accept` is called when the suggestion of an error is clicked. */
export function fieldErrors(field: string, errors: readonly FieldError[], accept?: (error: FieldError) => void) {
  return html`<div id="${field}-errors" class="errors" role="alert">
    ${errors.map((error) => html`<p>${error.message}${accept && error.near ? suggestion(error, accept) : nothing}</p>`)}
  </div>`;
}

function suggestion(error: FieldError, accept: (error: FieldError) => void) {
  return html` Did you mean <button type="button" @click=${() => accept(error)}>${error.near}</button>?`;
}
