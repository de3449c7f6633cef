/** The project's limits and the time zone its days are counted in. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { asProblem, setMoneyLimits } from "../../api.ts";
import type { FieldError, Money, Problem } from "../../contracts.ts";
import { controls, ground } from "../../design/styles.ts";
import { typedAmount } from "../../format/money.ts";
import { notify } from "../../shell/toast.ts";
import { formStyle } from "../launch/form-style.ts";

type Field = "day_usd" | "project_usd" | "time_zone";
type Draft = Record<Field, string>;

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

function drafted(money: Money): Draft {
  const limit = (kind: string) => money.accounts.find((account) => account.kind === kind)?.limit_usd ?? "";
  return { day_usd: limit("day"), project_usd: limit("project"), time_zone: money.time_zone };
}

@customElement("money-limits")
export class MoneyLimits extends LitElement {
  static override styles = [
    ground,
    controls,
    formStyle,
    css`form { gap: 12px; } .row { display: flex; align-items: center; gap: 10px; }`,
  ];

  @property({ attribute: false }) money: Money | null = null;
  /** What was typed and not saved; null while the form shows what holds. */
  @state() private draft: Draft | null = null;
  @state() private refused: FieldError[] = [];
  @state() private problem: Problem | null = null;
  @state() private sending = false;

  override render() {
    if (!this.money) return nothing;
    const draft = this.draft ?? drafted(this.money);
    return html`<form @submit=${this.submit} novalidate>
      ${this.problem && !this.problem.errors.length ? html`<p class="problem" role="alert"><b>${this.problem.title}</b> ${this.problem.detail}</p>` : nothing}
      <div class="numbers">
        ${this.renderField(draft, "day_usd", "Limit per day, $", "none")}
        ${this.renderField(draft, "project_usd", "Limit of all time, $", "none")}
        ${this.renderField(draft, "time_zone", "Time zone of the days", "UTC")}
      </div>
      <datalist id="zones">${ZONES.map((zone) => html`<option value=${zone}></option>`)}</datalist>
      <div class="row">
        <wa-button id="save" type="submit" size="s" variant="brand" ?disabled=${!this.draft} ?loading=${this.sending}>Save limits</wa-button>
        ${this.draft ? html`<button type="button" class="tool" @click=${() => this.forget()}>Undo</button>` : nothing}
      </div>
      <button type="submit" hidden></button>
    </form>`;
  }

  private renderField(draft: Draft, field: Field, label: string, empty: string) {
    const errors = this.refused.filter(({ where }) => where.split(/[.[\]]+/).includes(field));
    return html`<label class="field">${label}
      <input id=${field} inputmode=${field === "time_zone" ? "text" : "decimal"} list=${field === "time_zone" ? "zones" : nothing} autocomplete="off"
        placeholder=${empty} .value=${draft[field]} @input=${this.typed} aria-invalid=${errors.length > 0} aria-describedby="${field}-errors" />
      <div id="${field}-errors" class="errors" role="alert">${errors.map((error) => html`<p>${error.message}${error.near ? html` Did you mean <button type="button" @click=${() => this.change(field, error.near ?? "")}>${error.near}</button>?` : nothing}</p>`)}</div>
    </label>`;
  }

  private typed(event: Event): void {
    const { id, value } = event.target as HTMLInputElement;
    this.change(id as Field, value);
  }

  private change(field: Field, value: string): void {
    if (!this.money) return;
    this.draft = { ...(this.draft ?? drafted(this.money)), [field]: value };
    this.refused = this.refused.filter(({ where }) => !where.includes(field));
  }

  private forget(): void {
    this.draft = null;
    this.refused = [];
    this.problem = null;
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { draft } = this;
    if (!draft || this.sending) return;
    this.problem = null;
    this.refused = wrong(draft);
    if (this.refused.length) return;
    this.sending = true;
    try {
      const limit = (text: string) => (text.trim() ? typedAmount(text) : null);
      const money = await setMoneyLimits({
        day_usd: limit(draft.day_usd),
        project_usd: limit(draft.project_usd),
        time_zone: draft.time_zone.trim() || "UTC",
      });
      this.forget();
      this.dispatchEvent(new CustomEvent<Money>("changed", { detail: money }));
      void notify("The limits hold from now on", "success");
    } catch (error) {
      this.problem = asProblem(error);
      this.refused = this.problem.errors;
    }
    this.sending = false;
  };
}

function wrong(draft: Draft): FieldError[] {
  const amounts = (["day_usd", "project_usd"] as const).filter(
    (field) => draft[field].trim() && typedAmount(draft[field]) === null,
  );
  return amounts.map((where) => ({ where, message: "Write an amount like 20, or leave it empty.", near: null }));
}
