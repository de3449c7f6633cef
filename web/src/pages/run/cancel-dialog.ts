/** Confirms the cancellation of a run, which cannot be undone. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { cancelRun } from "../../api.ts";
import type { RunView } from "../../contracts.ts";
import { base } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";

/** How long attempts in progress have to finish; the server's default. */
const GRACE_SECONDS = 10;

@customElement("cancel-dialog")
export class CancelDialog extends LitElement {
  static override styles = [base, css`ul { margin: 0 0 10px; padding-left: 20px; }`];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private run: RunView | null = null;
  @state() private sending = false;

  async show(run: RunView): Promise<void> {
    this.run = run;
    await this.updateComplete;
    this.dialog.open = true;
  }

  override render() {
    return html`<wa-dialog label="Cancel this run?">
      ${this.run ? this.renderConsequences(this.run) : ""}
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Keep running</wa-button>
      <wa-button slot="footer" id="confirm" variant="danger" ?loading=${this.sending} @click=${this.confirm}>
        Cancel run
      </wa-button>
    </wa-dialog>`;
  }

  private renderConsequences({ progress }: RunView) {
    const started = progress.running + progress.executed + progress.grading;
    const idle = progress.waiting + progress.queued;
    return html`
      <ul>
        <li><b>${plural(idle, "attempt")}</b> not started: cancelled immediately</li>
        <li><b>${plural(started, "attempt")}</b> in progress: stopped if not done in ${GRACE_SECONDS} seconds</li>
      </ul>
      <p>Results so far and their costs are kept. This cannot be undone, but a restart can reuse finished results.</p>`;
  }

  private async confirm(): Promise<void> {
    if (!this.run) return;
    this.sending = true;
    try {
      const run = await cancelRun(this.run.run_id);
      void notify(run.status === "cancelled" ? "Run cancelled" : "Cancelling the run");
    } catch (error) {
      notifyFailure("Cannot cancel the run", error);
    }
    this.sending = false;
    this.close();
  }

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "cancel-dialog": CancelDialog;
  }
}
