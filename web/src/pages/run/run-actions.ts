/** Buttons for what can be done with a run in its current status. Dialogs are loaded on first use. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { pauseRun, resumeRun } from "../../api.ts";
import type { RunView } from "../../contracts.ts";
import { base } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";
import { erroredAttempts, hasEnded } from "./run-progress.ts";

type Dialog = "cancel-dialog" | "limits-dialog" | "restart-dialog";

const DIALOGS: Record<Dialog, () => Promise<unknown>> = {
  "cancel-dialog": () => import("./cancel-dialog.ts"),
  "limits-dialog": () => import("./limits-dialog.ts"),
  "restart-dialog": () => import("./restart-dialog.ts"),
};

@customElement("run-actions")
export class RunActions extends LitElement {
  static override styles = [
    base,
    css`.actions { display: flex; flex-wrap: wrap; gap: 8px; } .actions:empty { display: none; }`,
  ];

  @property({ attribute: false }) run: RunView | null = null;
  @state() private sending = false;

  override render() {
    if (!this.run) return nothing;
    const buttons = hasEnded(this.run) ? this.renderEnded(this.run) : this.renderOpen(this.run);
    return html`<div class="actions">${buttons}</div>`;
  }

  private renderOpen({ status }: RunView) {
    if (status === "cancelling") return nothing;
    const showLimits = () => this.open("limits-dialog", (dialog, run) => dialog.show(run));
    const showCancel = () => this.open("cancel-dialog", (dialog, run) => dialog.show(run));
    return html`
      ${
        status === "paused"
          ? this.renderButton("resume", "play", "Resume", this.togglePause, this.sending)
          : this.renderButton("pause", "pause", "Pause", this.togglePause, this.sending)
      }
      ${this.renderButton("limits", "gauge", "Limits", showLimits)}
      <wa-button id="cancel" size="s" appearance="outlined" variant="danger" @click=${showCancel}>
        <wa-icon slot="start" name="stop"></wa-icon>Cancel run
      </wa-button>`;
  }

  private renderEnded(run: RunView) {
    if (run.imported) return nothing;
    const errors = erroredAttempts(run.progress);
    const restart = (fresh: boolean) => () => this.open("restart-dialog", (dialog, run) => dialog.show(run, fresh));
    return html`
      ${errors ? this.renderButton("retry", "rotate", `Retry ${plural(errors, "error")}`, restart(false)) : nothing}
      ${this.renderButton("restart", "rotate", "Restart", restart(true))}`;
  }

  private renderButton(id: string, icon: string, label: string, onClick: () => unknown, loading = false) {
    return html`<wa-button id=${id} size="s" appearance="outlined" ?loading=${loading} @click=${onClick}>
      <wa-icon slot="start" name=${icon}></wa-icon>${label}
    </wa-button>`;
  }

  private togglePause = async (): Promise<void> => {
    if (!this.run || this.sending) return;
    const { run_id, status } = this.run;
    this.sending = true;
    try {
      await (status === "paused" ? resumeRun(run_id) : pauseRun(run_id));
      void notify(status === "paused" ? "Run resumed" : "Run paused. Attempts in progress will finish.");
    } catch (error) {
      notifyFailure(status === "paused" ? "Cannot resume the run" : "Cannot pause the run", error);
    }
    this.sending = false;
  };

  private async open<D extends Dialog>(
    name: D,
    show: (dialog: HTMLElementTagNameMap[D], run: RunView) => Promise<void>,
  ): Promise<void> {
    await DIALOGS[name]().catch((error) => notifyFailure("Cannot load the dialog", error));
    const dialog = this.renderRoot.querySelector(name) ?? document.createElement(name);
    if (!dialog.isConnected) this.renderRoot.append(dialog);
    if (this.run) await show(dialog as HTMLElementTagNameMap[D], this.run);
  }
}
