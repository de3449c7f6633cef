/** Stores a provider's key, or replaces the stored one. Fires `changed` when it was stored. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, putProviderKey } from "../../api.ts";
import type { FieldError, Problem, ProviderView } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { problemAlert } from "../../forms/form-errors.ts";
import { formStyle } from "../../forms/form-style.ts";
import { notify } from "../../shell/toast.ts";
import { renderKeyInput } from "./provider-form/provider-fields.ts";

@customElement("key-dialog")
export class KeyDialog extends LitElement {
  static override styles = [base, controls, formStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  /** Not bound to any state: its text is read once, when it is sent. */
  @query("#key") private input!: HTMLInputElement;
  @state() private view: ProviderView | null = null;
  @state() private fieldErrors: FieldError[] = [];
  @state() private problem: Problem | null = null;
  @state() private sending = false;

  async show(view: ProviderView): Promise<void> {
    this.view = view;
    this.fieldErrors = [];
    this.problem = null;
    await this.updateComplete;
    this.clear();
    this.dialog.open = true;
  }

  override render() {
    const id = this.view?.provider_id ?? "";
    const variable = this.view?.provider.api_key_env;
    const preferred = html`<p class="hint">If the runners have the variable <code>${variable}</code>, its key is used
      instead.</p>`;
    const errors = new Map(this.fieldErrors.length ? [["key", this.fieldErrors]] : []);
    return html`<wa-dialog label=${this.view?.key ? `Replace the key of ${id}` : `Store a key for ${id}`}
      @wa-after-show=${() => this.input.focus()} @wa-after-hide=${this.clear}>
      ${problemAlert(this.problem)}
      <form @submit=${this.submit} novalidate>
        ${renderKeyInput({ errors, set: () => {} }, null)}
        ${variable ? preferred : nothing}
        <button type="submit" hidden></button>
      </form>
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Close</wa-button>
      <wa-button slot="footer" id="store-key" variant="brand" ?loading=${this.sending} @click=${this.submit}>
        Store key
      </wa-button>
    </wa-dialog>`;
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!this.view || this.sending) return;
    const key = this.input.value.trim();
    this.problem = null;
    this.fieldErrors = key ? [] : [{ where: "key", message: "Enter the key.", near: null }];
    if (!key) return;
    this.clear();
    this.sending = true;
    try {
      await putProviderKey(this.view.provider_id, key, this.view.revision);
      void notify("Key stored", "success");
      this.close();
    } catch (error) {
      const problem = asProblem(error);
      this.fieldErrors = problem.errors.filter(({ where }) => where === "key");
      this.problem = this.fieldErrors.length ? null : problem;
    }
    this.sending = false;
    this.dispatchEvent(new CustomEvent<string>("changed", { detail: this.view.provider_id }));
  };

  private clear = (): void => {
    if (this.input) this.input.value = "";
  };

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "key-dialog": KeyDialog;
  }
}
