/** The dialog that starts a run and opens its page. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import {
  asProblem,
  listCatalogMistakes,
  listModels,
  listSuites,
  listTasks,
  newIdempotencyKey,
  submitRun,
} from "../../api.ts";
import { emptyStateStyle, loadingRows } from "../../components/empty-state.ts";
import type { CatalogMistake, FieldError, ModelView, Problem, SuiteView, TaskView } from "../../contracts.ts";
import { base, controls } from "../../design/styles.ts";
import { dollars } from "../../format/money.ts";
import { plural } from "../../format/number.ts";
import { fieldErrors, problemAlert } from "../../forms/form-errors.ts";
import { formStyle } from "../../forms/form-style.ts";
import { renderLimitFields } from "../../forms/limit-fields.ts";
import { navigate } from "../../router.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";
import { mistakesStyle, renderMistakes } from "./catalog-mistakes.ts";
import {
  countAttempts,
  type Draft,
  EMPTY_DRAFT,
  errorsByField,
  type Field,
  type Source,
  toRequest,
  validateDraft,
} from "./draft.ts";
import { renderModelsField } from "./models-field.ts";
import { OfferedNames } from "./offered-names.ts";
import { QuoteController } from "./quote-controller.ts";
import { quoteStyle, renderQuotePanel } from "./quote-panel.ts";
import "./task-tree.ts";

@customElement("launch-dialog")
export class LaunchDialog extends LitElement {
  static override styles = [base, controls, emptyStateStyle, formStyle, quoteStyle, mistakesStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private draft: Draft = EMPTY_DRAFT;
  @state() private catalog: { suites: SuiteView[]; tasks: TaskView[]; models: ModelView[] } | null = null;
  @state() private mistakes: CatalogMistake[] = [];
  @state() private problem: Problem | null = null;
  @state() private invalidFields: FieldError[] = [];
  @state() private sending = false;
  private readonly quoteController = new QuoteController(this);
  private readonly offered = new OfferedNames(this);
  private idempotencyKey = { body: "", value: "" };

  async show(): Promise<void> {
    await this.updateComplete;
    this.dialog.open = true;
    this.problem = null;
    this.invalidFields = [];
    this.quoteController.update(null);
    try {
      const lists = [listSuites(), listTasks(), listModels(), listCatalogMistakes()] as const;
      const [suites, tasks, models, mistakes] = await Promise.all(lists);
      this.mistakes = mistakes;
      this.catalog = { suites, tasks, models };
      const suite = suites.find(({ suite_id }) => suite_id === "demo") ?? suites[0];
      if (!this.draft.suite) this.change({ suite: suite?.suite_id ?? "" });
    } catch (error) {
      this.problem = asProblem(error);
    }
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("#suite")?.focus();
  }

  override render() {
    const { catalog, problem } = this;
    const disabled = !catalog || this.blocked;
    return html`<wa-dialog label="New run">
      ${problemAlert(problem, !problem?.errors.length)}
      ${catalog ? this.renderForm() : problem ? nothing : loadingRows(7)}
      <div slot="footer" class="footer">
        <div class="sum"><output aria-live="polite">${this.renderTotal()}</output> ${this.renderEstimate()}</div>
        <wa-button appearance="plain" @click=${() => this.close()}>Close</wa-button>
        <wa-button id="start" variant="brand" ?loading=${this.sending} ?disabled=${disabled} @click=${this.submit}>
          Start run
        </wa-button>
      </div>
    </wa-dialog>`;
  }

  private renderForm() {
    const { source } = this.draft;
    return html`<form @submit=${this.submit} novalidate>
      <fieldset>
        <legend>Tasks</legend>
        ${renderMistakes(this.mistakes)}
        <div class="choice">
          ${this.renderSource("suite", "A suite")} ${this.renderSource("tasks", "Tasks by category")}
        </div>
        ${source === "suite" ? this.renderSuite() : this.renderTasks()}
      </fieldset>
      ${this.renderModels()}
      <fieldset class="numbers">
        <legend>Options</legend>
        ${this.renderInput("repeats", "Repeats", "suite default", { min: 1, max: 1000, step: 1 })}
        ${this.renderInput("samples", "Samples per task", "all", { min: 1, max: 1_000_000, step: 1 })}
        ${this.renderInput("temperature", "Temperature", "provider default", { min: 0, max: 2, step: 0.1 })}
        ${this.renderInput("name", "Name", "optional")}
        ${this.renderInput("judges", "Judges", "for rubrics; default: the tasks'")}
        ${this.renderErrors("other")}
      </fieldset>
      ${this.renderLimits()} ${renderQuotePanel(this.quoteController, this.draft.partial)}
      <button type="submit" hidden></button>
    </form>`;
  }

  private renderSource(source: Source, label: string) {
    return html`<label>
      <input type="radio" name="source" value=${source} .checked=${this.draft.source === source}
        @change=${() => this.change({ source })} /> ${label}
    </label>`;
  }

  private renderSuite() {
    const suites = this.catalog?.suites ?? [];
    const selected = suites.find((suite) => suite.suite_id === this.draft.suite);
    const count = ({ task_ids }: SuiteView) => `${plural(task_ids.length, "task")}.`;
    const option = ({ suite_id, title }: SuiteView) =>
      html`<option value=${suite_id} ?selected=${suite_id === this.draft.suite}>${title || suite_id}</option>`;
    return html`<label class="field">Suite
        <select id="suite" autofocus @change=${this.onInput}
            aria-describedby="suite-errors" aria-invalid=${this.errorsOf("suite").length > 0}>
          ${suites.length ? suites.map(option) : html`<option value="">no suites in the catalog</option>`}
        </select>
      </label>
      ${selected ? html`<p class="quiet hint">${selected.description} ${count(selected)}</p>` : nothing}
      ${this.renderErrors("suite")}`;
  }

  private renderTasks() {
    const tasks = this.catalog?.tasks ?? [];
    const onSelection = (event: CustomEvent<string[]>) => this.change({ tasks: event.detail });
    return html`<task-tree .tasks=${tasks} .selected=${this.draft.tasks} @selection=${onSelection}></task-tree>
      ${this.renderErrors("tasks")}`;
  }

  private renderModels() {
    return renderModelsField({
      models: this.catalog?.models ?? [],
      selected: this.draft.models,
      errors: this.renderErrors("models"),
      problems: this.quoteController.quote?.problems ?? [],
      offered: this.offered,
      onSelect: (models) => this.change({ models }),
    });
  }

  private renderInput(
    field: "repeats" | "samples" | "temperature" | "name" | "judges",
    label: string,
    placeholder: string,
    number?: { min: number; max: number; step: number },
  ) {
    return html`<label class="field">${label}
        <input id=${field} type=${number ? "number" : "text"} inputmode=${number ? "decimal" : "text"} maxlength="200"
          min=${number?.min ?? nothing} max=${number?.max ?? nothing} step=${number?.step ?? nothing}
          placeholder=${placeholder} .value=${this.draft[field]} @input=${this.onInput}
          aria-invalid=${this.errorsOf(field).length > 0} aria-describedby="${field}-errors" />
        ${this.renderErrors(field)}
      </label>`;
  }

  private renderLimits() {
    return html`<fieldset>
      <legend>Limits</legend>
      <div class="numbers">${renderLimitFields({
        draft: this.draft,
        renderErrors: (field) => this.renderErrors(field),
        invalid: (field) => this.errorsOf(field).length > 0,
        onInput: (event) => this.onInput(event),
      })}</div>
      <div class="checks">
        ${this.renderCheck("partial", "Run until the budget is used up", "the others end with outcome “limit”")}
        ${this.renderCheck("reuse", "Reuse earlier results", "attempts with the same content are not run again")}
      </div>
    </fieldset>`;
  }

  private renderCheck(id: "partial" | "reuse", label: string, hint: string) {
    return html`<label>
      <input type="checkbox" id=${id} .checked=${this.draft[id]} @change=${this.onCheck} />
      <span>${label}<small>${hint}</small></span>
    </label>`;
  }

  private renderErrors(field: Field | "other") {
    return fieldErrors(field, this.errorsOf(field), (error) => this.acceptSuggestion(field, error));
  }

  private renderTotal() {
    if (!this.catalog) return nothing;
    const attempts = countAttempts(this.draft, this.catalog.suites, this.catalog.tasks);
    return html`<b class="number">${plural(attempts, "attempt")}</b>`;
  }

  private renderEstimate() {
    const { estimated_usd: estimated, worst_usd: worst } = this.quoteController.quote ?? {};
    if (!estimated || !worst) return nothing;
    return html`<span class="estimate">estimated ${dollars(estimated)}, worst case ${dollars(worst)}</span>`;
  }

  /** The request is known to be refused. */
  private get blocked(): boolean {
    return this.quoteController.refusal !== "" && !this.draft.partial;
  }

  override updated(): void {
    const isComplete = this.catalog && validateDraft(this.draft).length === 0;
    this.quoteController.update(isComplete ? toRequest(this.draft) : null);
  }

  private errorsOf(field: Field | "other"): FieldError[] {
    return errorsByField(this.invalidFields).get(field) ?? [];
  }

  private change(parts: Partial<Draft>): void {
    this.draft = { ...this.draft, ...parts };
  }

  private onInput(event: Event): void {
    const { id, value } = event.target as HTMLInputElement;
    this.change({ [id]: value });
  }

  private onCheck(event: Event): void {
    const { id, checked } = event.target as HTMLInputElement;
    this.change({ [id]: checked });
  }

  /** Replaces a value by the suggestion of the server. */
  private acceptSuggestion(field: Field | "other", error: FieldError): void {
    const near = error.near ?? "";
    const position = Number(/\[(\d+)\]/.exec(error.where)?.[1] ?? -1);
    if (field === "models" || field === "tasks")
      this.change({
        [field]: [...new Set(this.draft[field].map((name, index) => (index === position ? near : name)))],
      });
    else if (field !== "other") this.change({ [field]: near });
    this.invalidFields = this.invalidFields.filter((other) => other !== error);
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.problem = null;
    this.invalidFields = validateDraft(this.draft);
    if (this.invalidFields.length || this.sending || this.blocked) return;
    this.sending = true;
    try {
      const body = toRequest(this.draft);
      const run = await submitRun(body, this.keyFor(JSON.stringify(body)));
      this.idempotencyKey = { body: "", value: "" };
      this.close();
      void notify("Run started", "success");
      navigate(`/runs/${run.run_id}`);
    } catch (error) {
      this.showErrors(error);
    } finally {
      this.sending = false;
    }
  };

  private showErrors(error: unknown): void {
    const problem = asProblem(error);
    this.problem = problem;
    this.invalidFields = problem.errors;
    if (problem.status === 0 || problem.status >= 500) notifyFailure("Cannot start the run", error);
  }

  /** The same request keeps its key, so that submitting twice starts one run. */
  private keyFor(body: string): string {
    if (this.idempotencyKey.body !== body) this.idempotencyKey = { body, value: newIdempotencyKey() };
    return this.idempotencyKey.value;
  }

  private close(): void {
    this.dialog.open = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "launch-dialog": LaunchDialog;
  }
}
