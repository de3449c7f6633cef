/** `/models`: the models that runs can name, and their providers. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import { html, LitElement } from "lit";
import { customElement, state } from "lit/decorators.js";
import { asProblem, listModels, listProviders } from "../../api.ts";
import { emptyStateStyle, errorState, loadingRows } from "../../components/empty-state.ts";
import type { ModelView, Problem, ProviderView } from "../../contracts.ts";
import { base, controls, page } from "../../design/styles.ts";
import { queryParam, setQueryParams, UrlController } from "../../router.ts";
import { setBreadcrumbs } from "../../shell/breadcrumbs.ts";
import { notifyFailure } from "../../shell/toast.ts";
import type { ProviderAction } from "./provider-details.ts";
import type { Removal } from "./remove-dialog.ts";
import "./models-table.ts";
import "./providers-table.ts";

const PARTS = { models: "Models", providers: "Providers" };
type Part = keyof typeof PARTS;
/** Query parameters of one part only. */
const CLEARED = { search: "", provider: "", kind: "", needs: "", sort: "", open: "" };

@customElement("models-page")
export class ModelsPage extends LitElement {
  static override styles = [base, page, controls, emptyStateStyle];

  @state() private models: ModelView[] | null = null;
  @state() private providers: ProviderView[] | null = null;
  @state() private problem: Problem | null = null;

  constructor() {
    super();
    new UrlController(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    setBreadcrumbs([{ name: "Models" }]);
    void this.load();
  }

  /** Those of the database first, because they can be changed here. */
  private async load(): Promise<void> {
    try {
      const [models, providers] = await Promise.all([listModels(), listProviders()]);
      const rank = ({ origin }: ProviderView) => (origin === "database" ? 0 : 1);
      this.models = models;
      this.providers = providers.sort((a, b) => rank(a) - rank(b));
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Opens a provider that was added. */
  private async onChanged({ detail: id }: CustomEvent<string | null>): Promise<void> {
    const isNew = id !== null && !this.providers?.some((view) => view.provider_id === id);
    await this.load();
    if (isNew) setQueryParams({ ...CLEARED, view: "providers", open: id });
  }

  private get shownPart(): Part {
    return queryParam("view") === "providers" ? "providers" : "models";
  }

  override render() {
    return html`
      <div class="head">
        <div>
          <h1>Models</h1>
          <p class="quiet">What runs can use, and the providers that serve it.</p>
        </div>
        <div class="kinds" role="group" aria-label="Show">
          ${this.renderPart("models")} ${this.renderPart("providers")}
        </div>
        <wa-button id="add-provider" size="s" variant="brand" @click=${() => this.edit(null)}>
          <wa-icon slot="start" name="plus"></wa-icon>Add provider
        </wa-button>
      </div>
      <section class="panel" aria-label=${PARTS[this.shownPart]}>${this.renderPanel()}</section>
    `;
  }

  private renderPart(part: Part) {
    const show = () => setQueryParams({ ...CLEARED, view: part === "models" ? "" : part });
    return html`<button class="tool" data-part=${part} aria-pressed=${part === this.shownPart} @click=${show}>
      ${PARTS[part]}
    </button>`;
  }

  private renderPanel() {
    const { models, providers, problem } = this;
    if (!models || !providers) return problem ? errorState(problem) : loadingRows(8);
    if (this.shownPart === "models")
      return html`<models-table .models=${models}
        @edit-model=${({ detail }: CustomEvent<ModelView>) => this.editModel(detail)}
        @remove-model=${({ detail }: CustomEvent<ModelView>) => this.removeModel(detail)}></models-table>`;
    return html`<providers-table .providers=${providers}
      @action=${({ detail }: CustomEvent<ProviderAction>) => this.act(detail)}></providers-table>`;
  }

  private async act(action: ProviderAction): Promise<void> {
    const { view } = action;
    if (action.name === "edit") return this.edit(view, action.model);
    if (action.name === "key") return this.storeKey(view);
    const { removalOfKey, removalOfProvider } = await import("./remove-dialog.ts");
    await this.confirmRemoval(action.name === "remove" ? removalOfProvider(view) : removalOfKey(view));
  }

  private providerOf({ provider }: ModelView): ProviderView | null {
    const isIt = (view: ProviderView) => view.provider_id === provider && view.origin === "database";
    return this.providers?.find(isIt) ?? null;
  }

  private async editModel(model: ModelView): Promise<void> {
    const view = this.providerOf(model);
    if (view) await this.edit(view, nameAtProvider(model));
  }

  private async removeModel(model: ModelView): Promise<void> {
    const view = this.providerOf(model);
    const { removalOfModel } = await import("./remove-dialog.ts");
    if (view) await this.confirmRemoval(removalOfModel(view, nameAtProvider(model)));
  }

  private async edit(view: ProviderView | null, model?: string): Promise<void> {
    const others = this.providers?.filter((other) => other !== view) ?? [];
    const taken = others.map(({ provider_id }) => provider_id);
    await this.open(
      "provider-dialog",
      () => import("./provider-form/provider-dialog.ts"),
      (dialog) => dialog.show(model === undefined ? { view, taken } : { view, taken, model }),
    );
  }

  private async storeKey(view: ProviderView): Promise<void> {
    await this.open(
      "key-dialog",
      () => import("./key-dialog.ts"),
      (dialog) => dialog.show(view),
    );
  }

  private async confirmRemoval(removal: Removal): Promise<void> {
    await this.open(
      "remove-dialog",
      () => import("./remove-dialog.ts"),
      (dialog) => dialog.show(removal),
    );
  }

  /** Loads a dialog when it is first needed. The page is loaded again when the dialog has changed something. */
  private async open<Name extends "provider-dialog" | "key-dialog" | "remove-dialog">(
    name: Name,
    load: () => Promise<unknown>,
    show: (dialog: HTMLElementTagNameMap[Name]) => Promise<void>,
  ): Promise<void> {
    try {
      await load();
    } catch (error) {
      notifyFailure("Cannot load the dialog", error);
      return;
    }
    let dialog = this.renderRoot.querySelector<HTMLElementTagNameMap[Name]>(name);
    if (!dialog) {
      dialog = document.createElement(name) as HTMLElementTagNameMap[Name];
      dialog.addEventListener("changed", (event) => void this.onChanged(event as CustomEvent<string | null>));
      this.renderRoot.append(dialog);
    }
    await show(dialog);
  }
}

/** `small` for `mine/small`. */
function nameAtProvider({ name, provider }: ModelView): string {
  return name.slice(provider.length + 1);
}
