/** A new run of the same plan: only what went wrong, or all of it once more. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, newIdempotencyKey, restartRun } from "../../api.ts";
import type { Problem, RunView } from "../../contracts.ts";
import { controls, ground } from "../../design/sheets.ts";
import { typedAmount } from "../../format/money.ts";
import { count, plural } from "../../format/number.ts";
import { go } from "../../router.ts";
import { notify } from "../../shell/toast.ts";
import { formStyle } from "../launch/form-style.ts";
import { retriable } from "./forecast.ts";

@customElement("restart-dialog")
export class RestartDialog extends LitElement {
  static override styles = [ground, controls, formStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private run: RunView | null = null;
  @state() private fresh = false;
  @state() private cost = "";
  @state() private problem: Problem | null = null;
  @state() private sending = false;
  private key = "";

  async show(run: RunView, fresh: boolean): Promise<void> {
    this.run = run;
    this.fresh = fresh;
    this.cost = run.limits.cost_usd ?? "";
    this.problem = null;
    this.key = newIdempotencyKey();
    await this.updateComplete;
    this.dialog.open = true;
  }

  override render() {
    return html`<wa-dialog label="Restart this run">
      ${this.problem ? html`<p class="problem" role="alert"><b>${this.problem.title}</b> ${this.problem.detail}</p>` : nothing}
      ${this.run ? this.renderForm(this.run) : nothing}
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Close</wa-button>
      <wa-button slot="footer" id="again" variant="brand" ?loading=${this.sending} @click=${this.submit}>${this.fresh ? "Restart from scratch" : "Restart"}</wa-button>
    </wa-dialog>`;
  }

  private renderForm(run: RunView) {
    const again = retriable(run);
    const kept = run.progress.done - again;
    const wrong = this.wrong();
    return html`<form @submit=${this.submit} novalidate>
      <fieldset>
        <legend>What</legend>
        <div class="choice stacked">
          <label><input type="radio" name="fresh" .checked=${!this.fresh} @change=${() => this.choose(false)} /> <span>Retry only what went wrong
            <small>${plural(again, "attempt")} that ended by an error of ours, a limit or cancelling; ${count(kept)} ${kept === 1 ? "result is" : "results are"} taken over and cost nothing again</small></span></label>
          <label><input type="radio" name="fresh" .checked=${this.fresh} @change=${() => this.choose(true)} /> <span>Everything from scratch
            <small>all ${plural(run.progress.total, "attempt")}; nothing is taken over</small></span></label>
        </div>
      </fieldset>
      <label class="field">Cost limit of the new run, US dollars
        <input id="cost" inputmode="decimal" autocomplete="off" placeholder="none of its own" .value=${this.cost} @input=${this.typed} aria-invalid=${wrong} aria-describedby="cost-errors" />
        <div id="cost-errors" class="errors" role="alert">${wrong ? html`<p>Write an amount like 0.25, or leave it empty.</p>` : nothing}</div>
      </label>
      <button type="submit" hidden></button>
    </form>`;
  }

  private wrong(): boolean {
    return this.cost.trim() !== "" && typedAmount(this.cost) === null;
  }

  /** Another wish is another request, so it gets a key of its own. */
  private choose(fresh: boolean): void {
    this.fresh = fresh;
    this.key = newIdempotencyKey();
  }

  private typed(event: Event): void {
    this.cost = (event.target as HTMLInputElement).value;
    this.key = newIdempotencyKey();
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.problem = null;
    if (!this.run || this.wrong() || this.sending) return;
    this.sending = true;
    try {
      const limits = { ...this.run.limits, cost_usd: this.cost.trim() ? typedAmount(this.cost) : null };
      const run = await restartRun(this.run.run_id, { fresh: this.fresh, limits }, this.key);
      this.close();
      void notify("The run was restarted", "success");
      go(`/runs/${run.run_id}`);
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
