/** Adds or changes a provider and its models. Fires `changed` when one was stored. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, listProviders, putProvider, putProviderKey, removeProviderKey } from "../../../api.ts";
import type { FieldError, Problem, ProviderView } from "../../../contracts.ts";
import { base, controls } from "../../../design/styles.ts";
import { fieldErrors, problemAlert } from "../../../forms/form-errors.ts";
import { formStyle } from "../../../forms/form-style.ts";
import { notify } from "../../../shell/toast.ts";
import { errorsByField, type ProviderDraft, shownFields, toDraft, toProvider, validateDraft } from "./draft.ts";
import { errorsOf } from "./fields.ts";
import { EMPTY_MODEL, type ModelDraft, toModelDraft } from "./model-draft.ts";
import { renderModelFields } from "./model-fields.ts";
import { renderKeyFields, renderLimitFields, renderProviderFields } from "./provider-fields.ts";
import { providerFormStyle } from "./provider-form-style.ts";

interface Shown {
  /** null: a new provider. */
  view: ProviderView | null;
  /** Ids of other providers. */
  taken: readonly string[];
  /** A model to add, or to edit if the provider lists it. */
  model?: string;
}

@customElement("provider-dialog")
export class ProviderDialog extends LitElement {
  static override styles = [base, controls, formStyle, providerFormStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @query("#key") private keyInput!: HTMLInputElement | null;
  @state() private draft: ProviderDraft = toDraft(null);
  @state() private view: ProviderView | null = null;
  @state() private openModel = 0;
  @state() private fieldErrors: FieldError[] = [];
  @state() private problem: Problem | null = null;
  @state() private sending = false;
  private taken: readonly string[] = [];
  private startsAtModel = false;

  async show({ view, taken, model }: Shown): Promise<void> {
    this.load(view);
    this.taken = taken;
    if (model !== undefined) {
      const index = this.draft.models.findIndex(({ name }) => name === model);
      if (index < 0) this.addModel(model);
      else this.openModel = index;
    }
    await this.updateComplete;
    this.clearKey();
    this.startsAtModel = model !== undefined;
    this.dialog.open = true;
  }

  /** Unless somebody has begun to type while the dialog was still opening. */
  private onShown = (): void => {
    if (this.shadowRoot?.activeElement?.matches("input, select, textarea")) return;
    if (this.startsAtModel) void this.focusModel();
    else this.renderRoot.querySelector("input")?.focus();
  };

  /** Replaces the input by the stored provider. */
  private load(view: ProviderView | null): void {
    this.view = view;
    this.draft = toDraft(view);
    this.openModel = view && this.draft.models.length > 1 ? -1 : 0;
    this.problem = null;
    this.fieldErrors = [];
  }

  override render() {
    const { view, problem, draft } = this;
    const errors = errorsByField(this.fieldErrors, this.shownFields);
    const form = {
      draft,
      errors,
      editing: view !== null,
      storedKey: view?.key ?? null,
      set: (field: string, value: string) => this.setField(field, value),
      change: (parts: Partial<ProviderDraft>) => this.change(parts),
    };
    const label = view ? `Edit ${view.provider_id}` : "Add a provider";
    return html`<wa-dialog label=${label} @wa-after-show=${this.onShown} @wa-after-hide=${this.clearKey}>
      ${this.renderProblem(problem, errors)}
      <form @submit=${this.submit} novalidate>
        ${renderProviderFields(form)} ${renderKeyFields(form)}
        <fieldset id="models">
          <legend>Models</legend>
          ${draft.models.map((model, index) =>
            renderModelFields({
              ...form,
              draft: model,
              index,
              local: draft.local,
              open: index === this.openModel,
              remove: () => this.removeModel(index),
            }),
          )}
          <button type="button" class="tool" id="add-model" @click=${() => this.addModel("").focusModel()}>
            Add a model
          </button>
          ${errorsOf(form, "models")}
        </fieldset>
        ${renderLimitFields(form)}
        <button type="submit" hidden></button>
      </form>
      <wa-button slot="footer" appearance="plain" @click=${() => this.close()}>Close</wa-button>
      <wa-button slot="footer" id="save" variant="brand" ?loading=${this.sending} @click=${this.submit}>Save</wa-button>
    </wa-dialog>`;
  }

  private renderProblem(problem: Problem | null, errors: Map<string, FieldError[]>) {
    const remedies: Record<string, unknown> = {
      provider_changed: html`<button type="button" class="tool" id="reload" @click=${this.reload}>
        Discard my changes and load the current version
      </button>`,
      provider_has_key: html`<button type="button" class="tool" id="remove-old-key" @click=${this.removeKey}>
        Remove the stored key
      </button>`,
    };
    const hasKey = html`<p class="problem" role="alert"><b>The provider has a stored key</b> It must not be sent to
      another address. Remove it, enter the key of the new address, and save again.</p>`;
    const other = (errors.get("other") ?? []).map((error) => ({
      ...error,
      message: `${error.where}: ${error.message}`,
    }));
    return html`<div class="problems">
      ${problem?.code === "provider_has_key" ? hasKey : nothing}
      ${problem && problem.code !== "provider_has_key" && !problem.errors.length ? problemAlert(problem) : nothing}
      ${problem ? remedies[problem.code] : nothing}
      ${other.length ? fieldErrors("other", other) : nothing}
    </div>`;
  }

  private get shownFields(): string[] {
    return shownFields(this.draft, this.view !== null);
  }

  private change(parts: Partial<ProviderDraft>): void {
    this.draft = { ...this.draft, ...parts };
  }

  private setField(field: string, value: string): void {
    const ofModel = /^models\[(\d+)\]\.(.+)$/.exec(field);
    if (ofModel) {
      const index = Number(ofModel[1]);
      const models = this.draft.models.map((model, other) =>
        other === index ? { ...model, [ofModel[2] as keyof ModelDraft]: value } : model,
      );
      this.change({ models });
    } else this.change({ fields: { ...this.draft.fields, [field]: value } });
    this.fieldErrors = this.fieldErrors.filter((error) => !errorsByField([error], this.shownFields).has(field));
  }

  private addModel(name: string): this {
    this.change({ models: [...this.draft.models, toModelDraft({ ...EMPTY_MODEL, name })] });
    this.openModel = this.draft.models.length - 1;
    return this;
  }

  private removeModel(index: number): void {
    this.change({ models: this.draft.models.filter((_, other) => other !== index) });
    this.openModel = -1;
    this.fieldErrors = this.fieldErrors.filter(({ where }) => !where.includes("models["));
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("#add-model")?.focus());
  }

  private async focusModel(): Promise<void> {
    await this.updateComplete;
    const model = this.renderRoot.querySelector(`.model[data-index="${this.openModel}"]`);
    model?.scrollIntoView({ block: "start" });
    model?.querySelector("input")?.focus();
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { draft, view } = this;
    this.problem = null;
    this.fieldErrors = validateDraft(draft, this.taken);
    if (this.sending) return;
    if (this.fieldErrors.length) return this.focusError();
    this.sending = true;
    try {
      const stored = await putProvider(draft.fields.id.trim(), toProvider(draft), view?.revision ?? 0);
      this.view = { ...stored, key: view?.key ?? null };
      await this.sendKey(stored);
      void notify(view ? "Provider changed" : "Provider added", "success");
      this.close();
    } catch (error) {
      this.problem = asProblem(error);
      this.fieldErrors = this.problem.errors;
    }
    this.sending = false;
    if (this.problem) await this.focusError();
  };

  /** Sends the entered key, if any, after the provider was stored. It is kept nowhere. */
  private async sendKey({ provider_id, revision, provider }: ProviderView): Promise<void> {
    const key = this.keyInput?.value.trim();
    this.clearKey();
    try {
      if (key && provider.stored_key) await putProviderKey(provider_id, key, revision);
    } catch (error) {
      void notify("The provider is saved, but not its key. Enter the key again.", "warning");
      throw error;
    } finally {
      this.dispatchEvent(new CustomEvent<string>("changed", { detail: provider_id }));
    }
  }

  private clearKey = (): void => {
    if (this.keyInput) this.keyInput.value = "";
  };

  private async focusError(): Promise<void> {
    await this.updateComplete;
    const field = this.renderRoot.querySelector<HTMLElement>("[aria-invalid=true]");
    field?.focus();
    const shown = field ?? this.renderRoot.querySelector(".problems");
    shown?.scrollIntoView({ block: "center" });
  }

  private reload = async (): Promise<void> => {
    try {
      const id = this.draft.fields.id.trim();
      const view = (await listProviders()).find((other) => other.provider_id === id && other.origin === "database");
      if (view) this.load(view);
      else {
        this.view = null;
        this.problem = null;
      }
    } catch (error) {
      this.problem = asProblem(error);
    }
  };

  private removeKey = async (): Promise<void> => {
    if (!this.view) return;
    try {
      await removeProviderKey(this.view.provider_id);
      this.view = { ...this.view, key: null };
      this.problem = null;
      this.dispatchEvent(new CustomEvent<string>("changed", { detail: this.view.provider_id }));
    } catch (error) {
      this.problem = asProblem(error);
    }
  };

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "provider-dialog": ProviderDialog;
  }
}
