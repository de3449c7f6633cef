/** Asks before a run is cancelled, since it cannot be taken back. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { cancelRun } from "../../api.ts";
import type { RunView } from "../../contracts.ts";
import { ground } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";

/** What attempts under way have to end by themselves; the server's own figure. */
const GRACE_SECONDS = 10;

@customElement("cancel-dialog")
export class CancelDialog extends LitElement {
  static override styles = [ground];

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
      ${this.run ? this.renderTold(this.run) : ""}
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Keep running</wa-button>
      <wa-button slot="footer" id="confirm" variant="danger" ?loading=${this.sending} @click=${this.confirm}>Cancel the run</wa-button>
    </wa-dialog>`;
  }

  private renderTold({ progress }: RunView) {
    const begun = progress.running + progress.executed + progress.grading;
    const idle = progress.waiting + progress.queued;
    return html`
      <p>${plural(idle, "attempt")} not begun ${idle === 1 ? "is" : "are"} cancelled at once. ${begun ? html`<b>${plural(begun, "attempt")} under way ${begun === 1 ? "has" : "have"} ${GRACE_SECONDS} seconds</b> to end by ${begun === 1 ? "itself" : "themselves"}, and ${begun === 1 ? "is" : "are"} stopped then.` : "None is under way."}</p>
      <p>Results so far, and what they cost, are kept. This cannot be undone; a restart takes up what is done.</p>`;
  }

  private async confirm(): Promise<void> {
    if (!this.run) return;
    this.sending = true;
    try {
      const run = await cancelRun(this.run.run_id);
      void notify(run.status === "cancelled" ? "The run was cancelled" : "The run is being cancelled");
    } catch (error) {
      notifyFailure("The run was not cancelled", error);
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
