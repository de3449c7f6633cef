/** Other limits, or another priority, for a run that goes on. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, changeRun } from "../../api.ts";
import type { FieldError, Problem, RunView } from "../../contracts.ts";
import { controls, ground } from "../../design/styles.ts";
import { dollars, nano } from "../../format/money.ts";
import {
  drafted,
  LIMITS,
  type LimitsDraft,
  limitFields,
  limitsOf,
  PRIORITY,
  priorityOf,
  wrongLimits,
} from "../../components/limit-fields.ts";
import { notify } from "../../shell/toast.ts";
import { formStyle } from "../launch/form-style.ts";

/** The fields by what a problem of the server calls them. */
const NAMES: Record<string, keyof LimitsDraft> = { cost_usd: "cost", seconds: "minutes" };

@customElement("limits-dialog")
export class LimitsDialog extends LitElement {
  static override styles = [ground, controls, formStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private run: RunView | null = null;
  @state() private draft: LimitsDraft = drafted(LIMITS, PRIORITY);
  @state() private refused: FieldError[] = [];
  @state() private problem: Problem | null = null;
  @state() private sending = false;

  async show(run: RunView): Promise<void> {
    this.run = run;
    this.draft = drafted(run.limits, run.priority);
    this.refused = [];
    this.problem = null;
    await this.updateComplete;
    this.dialog.open = true;
  }

  override render() {
    const errors = (field: keyof LimitsDraft) => this.errors(field);
    return html`<wa-dialog label="Change limits">
      ${this.problem ? html`<p class="problem" role="alert"><b>${this.problem.title}</b> ${this.problem.detail}</p>` : nothing}
      <form @submit=${this.submit} novalidate>
        <div class="numbers">${limitFields({
          draft: this.draft,
          errors: (field) =>
            html`<div id="${field}-errors" class="errors" role="alert">${errors(field).map((error) => html`<p>${error.message}</p>`)}</div>`,
          invalid: (field) => errors(field).length > 0,
          typed: (event) => this.typed(event),
          first: "cost",
        })}</div>
        ${this.renderBelow()}
        <button type="submit" hidden></button>
      </form>
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Close</wa-button>
      <wa-button slot="footer" id="change" variant="brand" ?loading=${this.sending} @click=${this.submit}>Change</wa-button>
    </wa-dialog>`;
  }

  /** A limit below what is spent is allowed, and one should know what it does. */
  private renderBelow() {
    const limit = limitsOf(this.draft).cost_usd;
    const spent = this.run?.progress.cost_usd ?? "0";
    if (limit === null || nano(limit) >= nano(spent)) return nothing;
    return html`<p class="hint" id="below">This run has spent ${dollars(spent)} already. A limit below that stops new requests and changes nothing that was.</p>`;
  }

  private errors(field: keyof LimitsDraft): FieldError[] {
    return this.refused.filter(({ where }) => where.split(/[.[\]]+/).some((part) => (NAMES[part] ?? part) === field));
  }

  private typed(event: Event): void {
    const { id, value } = event.target as HTMLInputElement;
    this.draft = { ...this.draft, [id]: value };
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.problem = null;
    this.refused = wrongLimits(this.draft);
    if (!this.run || this.refused.length || this.sending) return;
    this.sending = true;
    try {
      const limits = limitsOf(this.draft, this.run.limits);
      await changeRun(this.run.run_id, { limits, priority: priorityOf(this.draft) });
      void notify("The limits were changed", "success");
      this.close();
    } catch (error) {
      this.problem = asProblem(error);
      this.refused = this.problem.errors;
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
