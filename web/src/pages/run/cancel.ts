/** Asks before a run is cancelled, since it cannot be taken back. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { cancelRun } from "../../api.ts";
import type { RunView } from "../../contracts.ts";
import { ground } from "../../design/sheets.ts";
import { plural } from "../../format/number.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";

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
    const open = this.run ? this.run.progress.total - this.run.progress.done : 0;
    return html`<wa-dialog label="Cancel this run?">
      <p>${plural(open, "attempt")} that ${open === 1 ? "is" : "are"} not done will be cancelled. Results so far are kept. This cannot be undone.</p>
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Keep running</wa-button>
      <wa-button slot="footer" id="confirm" variant="danger" ?loading=${this.sending} @click=${this.confirm}>Cancel the run</wa-button>
    </wa-dialog>`;
  }

  private async confirm(): Promise<void> {
    if (!this.run) return;
    this.sending = true;
    try {
      await cancelRun(this.run.run_id);
      void notify("The run was cancelled");
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
