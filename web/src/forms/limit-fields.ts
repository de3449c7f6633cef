/** Form fields for a run's limits: dollars, minutes, counts. */

import { html, nothing, type TemplateResult } from "lit";
import type { FieldError, RunLimits } from "../contracts.ts";
import { parseAmount } from "../format/money.ts";

export interface LimitsDraft {
  /** Empty: no cost limit for this run. */
  cost: string;
  minutes: string;
  concurrency: string;
  priority: string;
}

/** The server's defaults. */
export const DEFAULT_LIMITS: RunLimits = { cost_usd: "1", seconds: 10_800, concurrency: 0, no_progress_seconds: 600 };
export const DEFAULT_PRIORITY = 5;

export function toLimitsDraft(limits: RunLimits, priority: number): LimitsDraft {
  return {
    cost: limits.cost_usd ?? "",
    minutes: String(Number((limits.seconds / 60).toFixed(3))),
    concurrency: limits.concurrency ? String(limits.concurrency) : "",
    priority: String(priority),
  };
}

/** The limits of a valid draft; `base` supplies those that have no field. */
export function parseLimits(draft: LimitsDraft, base: RunLimits = DEFAULT_LIMITS): RunLimits {
  return {
    ...base,
    cost_usd: draft.cost.trim() ? parseAmount(draft.cost) : null,
    seconds: draft.minutes.trim() ? Number(draft.minutes) * 60 : base.seconds,
    concurrency: Number(draft.concurrency || 0),
  };
}

export function parsePriority(draft: LimitsDraft): number {
  return Number(draft.priority || DEFAULT_PRIORITY);
}

export function validateLimits(draft: LimitsDraft): FieldError[] {
  const errors: FieldError[] = [];
  const add = (where: string, message: string) => errors.push({ where, message, near: null });
  if (draft.cost.trim() && parseAmount(draft.cost) === null)
    add("cost", "Enter an amount like 0.25, or leave it empty.");
  const minutes = Number(draft.minutes || 1);
  if (!(minutes > 0 && minutes <= 43_200)) add("minutes", "Enter minutes, at most 43200 (30 days).");
  if (!isInteger(draft.concurrency || "0", 0, 100_000)) add("concurrency", "Enter a whole number, or leave it empty.");
  if (!isInteger(draft.priority || "5", 1, 9)) add("priority", "Enter a whole number from 1 to 9.");
  return errors;
}

function isInteger(text: string, min: number, max: number): boolean {
  const number = Number(text);
  return Number.isInteger(number) && number >= min && number <= max;
}

interface FieldsContext {
  draft: LimitsDraft;
  renderErrors(field: keyof LimitsDraft): TemplateResult;
  invalid(field: keyof LimitsDraft): boolean;
  onInput(event: Event): void;
  /** The field that is focused when the dialog opens. */
  autofocus?: keyof LimitsDraft;
}

/** Labels with inputs; an input's id is the name of its field. */
export function renderLimitFields({ draft, renderErrors, invalid, onInput, autofocus }: FieldsContext) {
  const field = (id: keyof LimitsDraft, label: string, placeholder: string, mode: "decimal" | "numeric", hint = "") =>
    html`<label class="field">${label}
      <input id=${id} ?autofocus=${id === autofocus} inputmode=${mode} autocomplete="off" placeholder=${placeholder}
        .value=${draft[id]} @input=${onInput} aria-invalid=${invalid(id)} aria-describedby="${id}-errors" />
      ${hint ? html`<small>${hint}</small>` : nothing}
      ${renderErrors(id)}
    </label>`;
  return html`
    ${field("cost", "Cost limit (USD)", "no limit", "decimal")}
    ${field("minutes", "Time limit (minutes)", "180", "decimal", "counted from the first attempt")}
    ${field("concurrency", "Concurrent attempts", "no limit", "numeric")}
    ${field("priority", "Priority (1 to 9)", "5", "numeric", "higher gets a larger share of the workers")}
  `;
}
