/** Confirms the removal of a model, a provider or a stored key. Fires `changed` when it was removed. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, putProvider, removeProvider, removeProviderKey } from "../../api.ts";
import type { Problem, ProviderView } from "../../contracts.ts";
import { base } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { problemAlert } from "../../forms/form-errors.ts";
import { formStyle } from "../../forms/form-style.ts";
import { notify } from "../../shell/toast.ts";

/** What is removed, in words, and how. */
export interface Removal {
  title: string;
  /** The button. */
  verb: string;
  consequences: TemplateResult;
  done: string;
  remove(): Promise<unknown>;
}

export function removalOfProvider({ provider_id, provider, key, hidden }: ProviderView): Removal {
  const models = `Its ${plural(provider.models.length, "model")}`;
  const unused = html`<p>It is not used: models.yaml has a provider with the same id.</p>`;
  return {
    title: `Remove provider ${provider_id}?`,
    verb: "Remove provider",
    consequences: hidden
      ? unused
      : html`<p>${models}${key ? " and its stored key" : ""} will be removed with it. Attempts of its models that
          have not started end as infrastructure errors. Results and costs are kept.</p>`,
    done: "Provider removed",
    remove: () => removeProvider(provider_id),
  };
}

/** `model` is its name at the provider. A provider without any model is removed as well. */
export function removalOfModel(view: ProviderView, model: string): Removal {
  const { provider_id, provider, revision } = view;
  const models = provider.models.filter((entry) => entry.name !== model);
  const isLast = models.length === 0 && !provider.any_model;
  const effect = provider.any_model
    ? "Its title, parameters and price are forgotten, but runs can still name it, because its provider takes any model."
    : "Its attempts that have not started end as infrastructure errors. Results and costs are kept.";
  const last = html`<p>It is the last model of provider ${provider_id}, which is removed as well${
    view.key ? ", with its stored key" : ""
  }.</p>`;
  return {
    title: `Remove model ${provider_id}/${model}?`,
    verb: "Remove model",
    consequences: html`<p>${effect}</p>${isLast ? last : ""}`,
    done: "Model removed",
    remove: () => (isLast ? removeProvider(provider_id) : putProvider(provider_id, { ...provider, models }, revision)),
  };
}

export function removalOfKey({ provider_id, provider }: ProviderView): Removal {
  const variable = provider.api_key_env;
  const without = variable
    ? html`the runners need the variable <code>${variable}</code>`
    : "its models cannot be called until a key is stored";
  return {
    title: `Remove the stored key of ${provider_id}?`,
    verb: "Remove key",
    consequences: html`<p>Without it, ${without}. Attempts that have
      begun keep the key until they end.</p>`,
    done: "Key removed",
    remove: () => removeProviderKey(provider_id),
  };
}

@customElement("remove-dialog")
export class RemoveDialog extends LitElement {
  static override styles = [base, formStyle, css`.problem { margin: 10px 0 0; }`];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private removal: Removal | null = null;
  @state() private problem: Problem | null = null;
  @state() private sending = false;

  async show(removal: Removal): Promise<void> {
    this.removal = removal;
    this.problem = null;
    await this.updateComplete;
    this.dialog.open = true;
  }

  override render() {
    return html`<wa-dialog label=${this.removal?.title ?? ""}>
      ${this.removal?.consequences} ${problemAlert(this.problem)}
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Keep</wa-button>
      <wa-button slot="footer" id="confirm" variant="danger" ?loading=${this.sending} @click=${this.confirm}>
        ${this.removal?.verb}
      </wa-button>
    </wa-dialog>`;
  }

  private async confirm(): Promise<void> {
    if (!this.removal || this.sending) return;
    this.sending = true;
    this.problem = null;
    try {
      await this.removal.remove();
      void notify(this.removal.done, "success");
      this.close();
    } catch (error) {
      this.problem = asProblem(error);
    }
    this.sending = false;
    this.dispatchEvent(new CustomEvent("changed"));
  }

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "remove-dialog": RemoveDialog;
  }
}
