/** The fields of a run's limits, as people type them: dollars, minutes, counts. */

import { html, nothing, type TemplateResult } from "lit";
import type { FieldError, RunLimits } from "../contracts.ts";
import { typedAmount } from "../format/money.ts";

export interface LimitsDraft {
  /** Empty: no limit of the run's own. */
  cost: string;
  minutes: string;
  concurrency: string;
  priority: string;
}

/** The server's own defaults. */
export const LIMITS: RunLimits = { cost_usd: "1", seconds: 10_800, concurrency: 0, no_progress_seconds: 600 };
export const PRIORITY = 5;

export function drafted(limits: RunLimits, priority: number): LimitsDraft {
  return {
    cost: limits.cost_usd ?? "",
    minutes: String(Number((limits.seconds / 60).toFixed(3))),
    concurrency: limits.concurrency ? String(limits.concurrency) : "",
    priority: String(priority),
  };
}

/** What is meant; `base` gives what is not asked for here. Ask `wrongLimits` first. */
export function limitsOf(draft: LimitsDraft, base: RunLimits = LIMITS): RunLimits {
  return {
    ...base,
    cost_usd: draft.cost.trim() ? typedAmount(draft.cost) : null,
    seconds: draft.minutes.trim() ? Number(draft.minutes) * 60 : base.seconds,
    concurrency: Number(draft.concurrency || 0),
  };
}

export function priorityOf(draft: LimitsDraft): number {
  return Number(draft.priority || PRIORITY);
}

export function wrongLimits(draft: LimitsDraft): FieldError[] {
  const errors: FieldError[] = [];
  const add = (where: string, message: string) => errors.push({ where, message, near: null });
  if (draft.cost.trim() && typedAmount(draft.cost) === null)
    add("cost", "Write an amount like 0.25, or leave it empty.");
  const minutes = Number(draft.minutes || 1);
  if (!(minutes > 0 && minutes <= 43_200)) add("minutes", "Write minutes, at most 43200 (30 days).");
  if (!whole(draft.concurrency || "0", 0, 100_000)) add("concurrency", "Write a whole number, or leave it empty.");
  if (!whole(draft.priority || "5", 1, 9)) add("priority", "Write a whole number from 1 to 9.");
  return errors;
}

function whole(text: string, least: number, most: number): boolean {
  const number = Number(text);
  return Number.isInteger(number) && number >= least && number <= most;
}

interface Form {
  draft: LimitsDraft;
  errors(field: keyof LimitsDraft): TemplateResult;
  invalid(field: keyof LimitsDraft): boolean;
  typed(event: Event): void;
  /** The field that a dialog opens at. */
  first?: keyof LimitsDraft;
}

/** Labels with their inputs; each input's id is its field. */
export function limitFields({ draft, errors, invalid, typed, first }: Form) {
  const field = (id: keyof LimitsDraft, label: string, empty: string, mode: "decimal" | "numeric", hint = "") =>
    html`<label class="field">${label}
      <input id=${id} ?autofocus=${id === first} inputmode=${mode} autocomplete="off" placeholder=${empty} .value=${draft[id]} @input=${typed} aria-invalid=${invalid(id)} aria-describedby="${id}-errors" />
      ${hint ? html`<small>${hint}</small>` : nothing}
      ${errors(id)}
    </label>`;
  return html`
    ${field("cost", "Cost limit, US dollars", "none of its own", "decimal")}
    ${field("minutes", "Time limit, minutes", "180", "decimal", "from the first attempt")}
    ${field("concurrency", "Attempts at once", "as workers allow", "numeric")}
    ${field("priority", "Priority, 1 to 9", "5", "numeric", "share among runs that wait")}
  `;
}
