/** Changes the limits or the priority of a run that has not ended. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, changeRun } from "../../api.ts";
import type { FieldError, Problem, RunView } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { dollars, parseNano } from "../../format/money.ts";
import { fieldErrors, problemAlert } from "../../forms/form-errors.ts";
import { formStyle } from "../../forms/form-style.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_PRIORITY,
  type LimitsDraft,
  parseLimits,
  parsePriority,
  renderLimitFields,
  toLimitsDraft,
  validateLimits,
} from "../../forms/limit-fields.ts";
import { notify } from "../../shell/toast.ts";

/** Fields of the form by the server's names. */
const FIELD_BY_SERVER_NAME: Record<string, keyof LimitsDraft> = { cost_usd: "cost", seconds: "minutes" };

@customElement("limits-dialog")
export class LimitsDialog extends LitElement {
  static override styles = [base, controls, formStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private run: RunView | null = null;
  @state() private draft: LimitsDraft = toLimitsDraft(DEFAULT_LIMITS, DEFAULT_PRIORITY);
  @state() private fieldErrors: FieldError[] = [];
  @state() private problem: Problem | null = null;
  @state() private sending = false;

  async show(run: RunView): Promise<void> {
    this.run = run;
    this.draft = toLimitsDraft(run.limits, run.priority);
    this.fieldErrors = [];
    this.problem = null;
    await this.updateComplete;
    this.dialog.open = true;
  }

  override render() {
    return html`<wa-dialog label="Change limits">
      ${problemAlert(this.problem)}
      <form @submit=${this.submit} novalidate>
        <div class="numbers">${renderLimitFields({
          draft: this.draft,
          renderErrors: (field) => fieldErrors(field, this.errorsOf(field)),
          invalid: (field) => this.errorsOf(field).length > 0,
          onInput: (event) => this.onInput(event),
          autofocus: "cost",
        })}</div>
        ${this.renderBelowSpent()}
        <button type="submit" hidden></button>
      </form>
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Close</wa-button>
      <wa-button slot="footer" id="change" variant="brand" ?loading=${this.sending} @click=${this.submit}>
        Save
      </wa-button>
    </wa-dialog>`;
  }

  /** A limit below the amount spent is allowed; this says what it does. */
  private renderBelowSpent() {
    const limit = parseLimits(this.draft).cost_usd;
    const spent = this.run?.progress.cost_usd ?? "0";
    if (limit === null || parseNano(limit) >= parseNano(spent)) return nothing;
    return html`<p class="hint" id="below">
      This run has already spent ${dollars(spent)}. A lower limit stops new requests; finished attempts are kept.
    </p>`;
  }

  private errorsOf(field: keyof LimitsDraft): FieldError[] {
    return this.fieldErrors.filter(({ where }) =>
      where.split(/[.[\]]+/).some((part) => (FIELD_BY_SERVER_NAME[part] ?? part) === field),
    );
  }

  private onInput(event: Event): void {
    const { id, value } = event.target as HTMLInputElement;
    this.draft = { ...this.draft, [id]: value };
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.problem = null;
    this.fieldErrors = validateLimits(this.draft);
    if (!this.run || this.fieldErrors.length || this.sending) return;
    this.sending = true;
    try {
      const limits = parseLimits(this.draft, this.run.limits);
      await changeRun(this.run.run_id, { limits, priority: parsePriority(this.draft) });
      void notify("Limits changed", "success");
      this.close();
    } catch (error) {
      this.problem = asProblem(error);
      this.fieldErrors = this.problem.errors;
    }
    this.sending = false;
  };

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "limits-dialog": LimitsDialog;
  }
}
