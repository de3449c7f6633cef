/** The project's limits, and the time zone of its days. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { asProblem, setMoneyLimits } from "../../api.ts";
import type { FieldError, Money, Problem } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { parseAmount } from "../../format/money.ts";
import { fieldErrors, problemAlert } from "../../forms/form-errors.ts";
import { formStyle } from "../../forms/form-style.ts";
import { notify } from "../../shell/toast.ts";

type Field = "day_usd" | "project_usd" | "judge_usd" | "time_zone";
type Draft = Record<Field, string>;

const TIME_ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

function toDraft(money: Money): Draft {
  const limit = (kind: string) => money.accounts.find((account) => account.kind === kind)?.limit_usd ?? "";
  const time_zone = money.next_time_zone || money.time_zone;
  return { day_usd: limit("day"), project_usd: limit("project"), judge_usd: limit("judge"), time_zone };
}

@customElement("money-limits")
export class MoneyLimitsForm extends LitElement {
  static override styles = [
    base,
    controls,
    formStyle,
    css`form { gap: 12px; } .row { display: flex; align-items: center; gap: 10px; }`,
  ];

  @property({ attribute: false }) money: Money | null = null;
  /** Unsaved input; null while the form shows the current limits. */
  @state() private draft: Draft | null = null;
  @state() private fieldErrors: FieldError[] = [];
  @state() private problem: Problem | null = null;
  @state() private sending = false;

  override render() {
    if (!this.money) return nothing;
    const draft = this.draft ?? toDraft(this.money);
    return html`<form @submit=${this.submit} novalidate>
      ${this.problem?.errors.length ? nothing : problemAlert(this.problem)}
      <div class="numbers">
        ${this.renderField(draft, "day_usd", "Daily limit (USD)", "no limit")}
        ${this.renderField(draft, "project_usd", "Lifetime limit (USD)", "no limit")}
        ${this.renderField(draft, "judge_usd", "Lifetime limit of judges (USD)", "no limit")}
        ${this.renderField(draft, "time_zone", "Time zone", "UTC")}
      </div>
      <datalist id="zones">${TIME_ZONES.map((zone) => html`<option value=${zone}></option>`)}</datalist>
      <div class="row">
        <wa-button id="save" type="submit" size="s" variant="brand" ?disabled=${!this.draft} ?loading=${this.sending}>
          Save limits
        </wa-button>
        ${this.draft ? html`<button type="button" class="tool" @click=${() => this.reset()}>Undo</button>` : nothing}
      </div>
      <button type="submit" hidden></button>
    </form>`;
  }

  private renderField(draft: Draft, field: Field, label: string, placeholder: string) {
    const isZone = field === "time_zone";
    const errors = this.fieldErrors.filter(({ where }) => where.split(/[.[\]]+/).includes(field));
    return html`<label class="field">${label}
      <input id=${field} inputmode=${isZone ? "text" : "decimal"} list=${isZone ? "zones" : nothing} autocomplete="off"
        placeholder=${placeholder} .value=${draft[field]} @input=${this.onInput}
        aria-invalid=${errors.length > 0} aria-describedby="${field}-errors" />
      ${fieldErrors(field, errors, ({ near }) => this.setField(field, near ?? ""))}
    </label>`;
  }

  private onInput(event: Event): void {
    const { id, value } = event.target as HTMLInputElement;
    this.setField(id as Field, value);
  }

  private setField(field: Field, value: string): void {
    if (!this.money) return;
    this.draft = { ...(this.draft ?? toDraft(this.money)), [field]: value };
    this.fieldErrors = this.fieldErrors.filter(({ where }) => !where.includes(field));
  }

  private reset(): void {
    this.draft = null;
    this.fieldErrors = [];
    this.problem = null;
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { draft } = this;
    if (!draft || this.sending) return;
    this.problem = null;
    this.fieldErrors = validate(draft);
    if (this.fieldErrors.length) return;
    this.sending = true;
    try {
      const limit = (text: string) => (text.trim() ? parseAmount(text) : null);
      const money = await setMoneyLimits({
        day_usd: limit(draft.day_usd),
        project_usd: limit(draft.project_usd),
        judge_usd: limit(draft.judge_usd),
        time_zone: draft.time_zone.trim() || "UTC",
      });
      this.reset();
      this.dispatchEvent(new CustomEvent<Money>("changed", { detail: money }));
      void notify("Limits saved", "success");
    } catch (error) {
      this.problem = asProblem(error);
      this.fieldErrors = this.problem.errors;
    }
    this.sending = false;
  };
}

function validate(draft: Draft): FieldError[] {
  const amounts = (["day_usd", "project_usd", "judge_usd"] as const).filter(
    (field) => draft[field].trim() && parseAmount(draft[field]) === null,
  );
  return amounts.map((where) => ({ where, message: "Enter an amount like 20, or leave it empty.", near: null }));
}
