/** Starts a new run of the same plan: only the errors again, or everything. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, newIdempotencyKey, restartRun } from "../../api.ts";
import type { Problem, RunView } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { parseAmount } from "../../format/money.ts";
import { plural } from "../../format/number.ts";
import { fieldErrors, problemAlert } from "../../forms/form-errors.ts";
import { formStyle } from "../../forms/form-style.ts";
import { navigate } from "../../router.ts";
import { notify } from "../../shell/toast.ts";
import { unscoredAttempts } from "./run-progress.ts";

const INVALID_COST = { where: "cost", message: "Enter an amount like 0.25, or leave it empty.", near: null };

@customElement("restart-dialog")
export class RestartDialog extends LitElement {
  static override styles = [base, controls, formStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private run: RunView | null = null;
  @state() private fresh = false;
  @state() private cost = "";
  @state() private problem: Problem | null = null;
  @state() private sending = false;
  private idempotencyKey = "";

  async show(run: RunView, fresh: boolean): Promise<void> {
    this.run = run;
    this.fresh = fresh;
    this.cost = run.limits.cost_usd ?? "";
    this.problem = null;
    this.idempotencyKey = newIdempotencyKey();
    await this.updateComplete;
    this.dialog.open = true;
  }

  override render() {
    return html`<wa-dialog label="Restart run">
      ${problemAlert(this.problem)}
      ${this.run ? this.renderForm(this.run) : nothing}
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Close</wa-button>
      <wa-button slot="footer" id="again" variant="brand" ?loading=${this.sending} @click=${this.submit}>
        ${this.fresh ? "Run everything again" : "Retry errors"}
      </wa-button>
    </wa-dialog>`;
  }

  private renderForm(run: RunView) {
    const retried = unscoredAttempts(run.progress);
    const reused = plural(run.progress.done - retried, "result");
    const invalid = this.costIsInvalid();
    return html`<form @submit=${this.submit} novalidate>
      <fieldset>
        <legend>Attempts</legend>
        <div class="choice stacked">
          <label>
            <input type="radio" name="fresh" .checked=${!this.fresh} @change=${() => this.setFresh(false)} />
            <span>Retry errors only
              <small>
                ${plural(retried, "attempt")} that ended with an infrastructure or provider error, a limit or
                cancellation; ${reused} reused at no cost
              </small>
            </span>
          </label>
          <label>
            <input type="radio" name="fresh" .checked=${this.fresh} @change=${() => this.setFresh(true)} />
            <span>Run everything again <small>${plural(run.progress.total, "attempt")}, no results reused</small></span>
          </label>
        </div>
      </fieldset>
      <label class="field">Cost limit of the new run (USD)
        <input id="cost" inputmode="decimal" autocomplete="off" placeholder="no limit"
          .value=${this.cost} @input=${this.onInput} aria-invalid=${invalid} aria-describedby="cost-errors" />
        ${fieldErrors("cost", invalid ? [INVALID_COST] : [])}
      </label>
      <button type="submit" hidden></button>
    </form>`;
  }

  private costIsInvalid(): boolean {
    return this.cost.trim() !== "" && parseAmount(this.cost) === null;
  }

  /** A changed request needs a new idempotency key. */
  private setFresh(fresh: boolean): void {
    this.fresh = fresh;
    this.idempotencyKey = newIdempotencyKey();
  }

  private onInput(event: Event): void {
    this.cost = (event.target as HTMLInputElement).value;
    this.idempotencyKey = newIdempotencyKey();
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.problem = null;
    if (!this.run || this.costIsInvalid() || this.sending) return;
    this.sending = true;
    try {
      const limits = { ...this.run.limits, cost_usd: this.cost.trim() ? parseAmount(this.cost) : null };
      const run = await restartRun(this.run.run_id, { fresh: this.fresh, reuse: false, limits }, this.idempotencyKey);
      this.close();
      void notify("Run restarted", "success");
      navigate(`/runs/${run.run_id}`);
    } catch (error) {
      this.problem = asProblem(error);
    }
    this.sending = false;
  };

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "restart-dialog": RestartDialog;
  }
}
