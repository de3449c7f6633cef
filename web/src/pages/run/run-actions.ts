/** What can be done with a run as it is now. Dialogs are loaded when first asked for. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { pauseRun, resumeRun } from "../../api.ts";
import type { RunView } from "../../contracts.ts";
import { ground } from "../../design/styles.ts";
import { count } from "../../format/number.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";
import { ended, retriable } from "./run-progress.ts";

type Dialog = "cancel-dialog" | "limits-dialog" | "restart-dialog";

const DIALOGS: Record<Dialog, () => Promise<unknown>> = {
  "cancel-dialog": () => import("./cancel-dialog.ts"),
  "limits-dialog": () => import("./limits-dialog.ts"),
  "restart-dialog": () => import("./restart-dialog.ts"),
};

@customElement("run-actions")
export class RunActions extends LitElement {
  static override styles = [
    ground,
    css`.actions { display: flex; flex-wrap: wrap; gap: 8px; } .actions:empty { display: none; }`,
  ];

  @property({ attribute: false }) run: RunView | null = null;
  @state() private sending = false;

  override render() {
    if (!this.run) return nothing;
    return html`<div class="actions">${ended(this.run) ? this.renderEnded(this.run) : this.renderOpen(this.run)}</div>`;
  }

  private renderOpen({ status }: RunView) {
    if (status === "cancelling") return nothing;
    const paused = status === "paused";
    return html`
      ${this.renderButton(paused ? "resume" : "pause", paused ? "play" : "pause", paused ? "Resume" : "Pause", this.toggle, this.sending)}
      ${this.renderButton("limits", "gauge", "Limits", () => this.open("limits-dialog", (dialog, run) => dialog.show(run)))}
      <wa-button id="cancel" size="s" appearance="outlined" variant="danger" @click=${() => this.open("cancel-dialog", (dialog, run) => dialog.show(run))}><wa-icon slot="start" name="stop"></wa-icon>Cancel run</wa-button>`;
  }

  private renderEnded(run: RunView) {
    const again = retriable(run);
    const restart = (fresh: boolean) => () => this.open("restart-dialog", (dialog, run) => dialog.show(run, fresh));
    return html`
      ${again ? this.renderButton("retry", "rotate", `Retry ${count(again)} undecided`, restart(false)) : nothing}
      ${this.renderButton("restart", "rotate", "Restart", restart(true))}`;
  }

  private renderButton(id: string, icon: string, name: string, act: () => unknown, loading = false) {
    return html`<wa-button id=${id} size="s" appearance="outlined" ?loading=${loading} @click=${act}><wa-icon slot="start" name=${icon}></wa-icon>${name}</wa-button>`;
  }

  private toggle = async (): Promise<void> => {
    if (!this.run || this.sending) return;
    const { run_id, status } = this.run;
    this.sending = true;
    try {
      await (status === "paused" ? resumeRun(run_id) : pauseRun(run_id));
      void notify(status === "paused" ? "The run goes on" : "The run is paused; what is under way goes on");
    } catch (error) {
      notifyFailure(status === "paused" ? "The run was not resumed" : "The run was not paused", error);
    }
    this.sending = false;
  };

  private async open<D extends Dialog>(
    name: D,
    show: (dialog: HTMLElementTagNameMap[D], run: RunView) => Promise<void>,
  ): Promise<void> {
    await DIALOGS[name]().catch((error) => notifyFailure("The dialog could not be loaded", error));
    const dialog = this.renderRoot.querySelector(name) ?? document.createElement(name);
    if (!dialog.isConnected) this.renderRoot.append(dialog);
    if (this.run) await show(dialog as HTMLElementTagNameMap[D], this.run);
  }
}
