/** The dialog that starts a run. Its answer is the page of the new run. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { html, LitElement, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, listModels, listSuites, listTasks, newIdempotencyKey, submitRun } from "../../api.ts";
import type { FieldError, ModelView, Problem, SuiteView, TaskView } from "../../contracts.ts";
import { controls, ground } from "../../design/sheets.ts";
import { dollars, exact } from "../../format/money.ts";
import { plural } from "../../format/number.ts";
import { limitFields } from "../../parts/limit-fields.ts";
import { noticeStyle, skeletons } from "../../parts/notice.ts";
import { go } from "../../router.ts";
import { notify, notifyFailure } from "../../shell/toast.ts";
import { attempts, type Draft, EMPTY, type Field, missing, request, sortErrors } from "./draft.ts";
import { formStyle } from "./form-style.ts";
import { quotePanel, quoteStyle } from "./quote-panel.ts";
import { Quoting } from "./quoting.ts";
import "./task-tree.ts";

@customElement("launch-dialog")
export class LaunchDialog extends LitElement {
  static override styles = [ground, controls, noticeStyle, formStyle, quoteStyle];

  @query("wa-dialog") private dialog!: WaDialog;
  @state() private draft: Draft = EMPTY;
  @state() private catalog: { suites: SuiteView[]; tasks: TaskView[]; models: ModelView[] } | null = null;
  @state() private problem: Problem | null = null;
  @state() private refused: FieldError[] = [];
  @state() private sending = false;
  private readonly quoting = new Quoting(this);
  private key = { body: "", value: "" };

  async show(): Promise<void> {
    await this.updateComplete;
    this.dialog.open = true;
    this.problem = null;
    this.refused = [];
    this.quoting.wish(null);
    try {
      const [suites, tasks, models] = await Promise.all([listSuites(), listTasks(), listModels()]);
      this.catalog = { suites, tasks, models };
      if (!this.draft.suite)
        this.change({ suite: suites.find((one) => one.suite_id === "demo")?.suite_id ?? suites[0]?.suite_id ?? "" });
    } catch (error) {
      this.problem = asProblem(error);
    }
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("#suite")?.focus();
  }

  override render() {
    return html`<wa-dialog label="New run">
      ${this.problem ? html`<p class="problem" role="alert"><b>${this.problem.title}</b> ${this.problem.errors.length ? "" : this.problem.detail}</p>` : nothing}
      ${this.catalog ? this.renderForm() : this.problem ? nothing : skeletons(7)}
      <div slot="footer" class="footer">
        <div class="sum"><output aria-live="polite">${this.renderTotal()}</output> ${this.renderAbout()}</div>
        <wa-button appearance="plain" @click=${() => this.close()}>Close</wa-button>
        <wa-button id="start" variant="brand" ?loading=${this.sending} ?disabled=${!this.catalog || this.blocked} @click=${this.submit}>Start run</wa-button>
      </div>
    </wa-dialog>`;
  }

  private renderForm() {
    const { source } = this.draft;
    return html`<form @submit=${this.submit} novalidate>
      <fieldset>
        <legend>What</legend>
        <div class="choice">
          <label><input type="radio" name="source" value="suite" .checked=${source === "suite"} @change=${() => this.change({ source: "suite" })} /> A suite</label>
          <label><input type="radio" name="source" value="tasks" .checked=${source === "tasks"} @change=${() => this.change({ source: "tasks" })} /> Tasks by category</label>
        </div>
        ${source === "suite" ? this.renderSuite() : this.renderTasks()}
      </fieldset>
      ${this.renderModels()}
      <fieldset class="numbers">
        <legend>How</legend>
        ${this.renderNumber("repeats", "Repeats", "of the suite", { min: 1, max: 1000, step: 1 })}
        ${this.renderNumber("samples", "Samples per task", "all", { min: 1, max: 1_000_000, step: 1 })}
        ${this.renderNumber("temperature", "Temperature", "of the provider", { min: 0, max: 2, step: 0.1 })}
        <label class="field">Name <input id="name" maxlength="200" placeholder="optional" .value=${this.draft.name} @input=${this.typed} aria-invalid=${this.errors("name").length > 0} aria-describedby="name-errors" /></label>
        ${this.renderErrors("name")}${this.renderErrors("other")}
      </fieldset>
      ${this.renderLimits()}
      ${quotePanel(this.quoting, this.draft.partial)}
      <button type="submit" hidden></button>
    </form>`;
  }

  private renderSuite() {
    const suites = this.catalog?.suites ?? [];
    const chosen = suites.find((suite) => suite.suite_id === this.draft.suite);
    return html`<label class="field">Suite
        <select id="suite" autofocus aria-describedby="suite-errors" aria-invalid=${this.errors("suite").length > 0} @change=${this.typed}>
          ${suites.length ? nothing : html`<option value="">no suite in the catalogue</option>`}
          ${suites.map((suite) => html`<option value=${suite.suite_id} ?selected=${suite.suite_id === this.draft.suite}>${suite.title || suite.suite_id}</option>`)}
        </select>
      </label>
      ${chosen ? html`<p class="quiet hint">${chosen.description} ${plural(chosen.task_ids.length, "task")}.</p>` : nothing}
      ${this.renderErrors("suite")}`;
  }

  private renderTasks() {
    return html`<task-tree .tasks=${this.catalog?.tasks ?? []} .chosen=${this.draft.tasks} @chosen=${(event: CustomEvent<string[]>) => this.change({ tasks: event.detail })}></task-tree>
      ${this.renderErrors("tasks")}`;
  }

  private renderModels() {
    const models = this.catalog?.models ?? [];
    return html`<fieldset aria-describedby="models-errors">
      <legend>Models</legend>
      <div class="models">
        ${models.map(
          (model) => html`<label>
          <input type="checkbox" name="models" value=${model.name} .checked=${this.draft.models.includes(model.name)} @change=${this.picked} />
          <span>${model.name}<small>${about(model)}</small></span>
        </label>`,
        )}
        ${this.draft.models.filter((name) => !models.some((model) => model.name === name)).map((name) => html`<label><input type="checkbox" name="models" value=${name} checked @change=${this.picked} /> <span>${name}</span></label>`)}
      </div>
      <label class="field">Another model <input id="another" placeholder="provider/name, then Enter" @keydown=${this.another} /></label>
      ${this.renderErrors("models")}
    </fieldset>`;
  }

  private renderNumber(
    field: "repeats" | "samples" | "temperature",
    label: string,
    otherwise: string,
    range: { min: number; max: number; step: number },
  ) {
    return html`<label class="field">${label}
        <input id=${field} type="number" inputmode="decimal" min=${range.min} max=${range.max} step=${range.step} placeholder=${otherwise}
          .value=${this.draft[field]} @input=${this.typed} aria-invalid=${this.errors(field).length > 0} aria-describedby="${field}-errors" />
        ${this.renderErrors(field)}
      </label>`;
  }

  private renderLimits() {
    const check = (id: "partial" | "reuse", label: string, hint: string) =>
      html`<label><input type="checkbox" id=${id} .checked=${this.draft[id]} @change=${this.ticked} /><span>${label}<small>${hint}</small></span></label>`;
    return html`<fieldset>
      <legend>Limits</legend>
      <div class="numbers">${limitFields({
        draft: this.draft,
        errors: (field) => this.renderErrors(field),
        invalid: (field) => this.errors(field).length > 0,
        typed: (event) => this.typed(event),
      })}</div>
      <div class="checks">
        ${check("partial", "As far as the money goes", "start it although it may not fit; what does not ends as “limit”")}
        ${check("reuse", "Take over earlier results", "attempts with the same content that are done already are not made again")}
      </div>
    </fieldset>`;
  }

  private renderErrors(field: Field | "other") {
    return html`<div id="${field}-errors" class="errors" role="alert">
      ${this.errors(field).map((error) => html`<p>${error.message}${error.near ? html` Did you mean <button type="button" @click=${() => this.mend(field, error)}>${error.near}</button>?` : nothing}</p>`)}
    </div>`;
  }

  private renderTotal() {
    if (!this.catalog) return nothing;
    return html`<b class="number">${plural(attempts(this.draft, this.catalog.suites, this.catalog.tasks), "attempt")}</b>`;
  }

  private renderAbout() {
    const { quote } = this.quoting;
    if (!quote) return nothing;
    return html`<span class="about">about ${dollars(quote.estimated_usd)}, at worst ${dollars(quote.worst_usd)}</span>`;
  }

  /** Nothing is sent that is known to be refused. */
  private get blocked(): boolean {
    return this.quoting.refusal !== "" && !this.draft.partial;
  }

  override updated(): void {
    const whole = this.catalog && missing(this.draft).length === 0;
    this.quoting.wish(whole ? request(this.draft) : null);
  }

  private errors(field: Field | "other"): FieldError[] {
    return sortErrors(this.refused).get(field) ?? [];
  }

  private change(parts: Partial<Draft>): void {
    this.draft = { ...this.draft, ...parts };
  }

  private typed(event: Event): void {
    const { id, value } = event.target as HTMLInputElement;
    this.change({ [id]: value });
  }

  private ticked(event: Event): void {
    const { id, checked } = event.target as HTMLInputElement;
    this.change({ [id]: checked });
  }

  private picked(): void {
    const boxes = this.renderRoot.querySelectorAll<HTMLInputElement>("input[name=models]:checked");
    this.change({ models: [...boxes].map((box) => box.value) });
  }

  private another(event: KeyboardEvent): void {
    const input = event.target as HTMLInputElement;
    if (event.key !== "Enter" || !input.value.trim()) return;
    event.preventDefault();
    this.change({ models: [...new Set([...this.draft.models, input.value.trim()])] });
    input.value = "";
  }

  /** Takes the near match the server offered. */
  private mend(field: Field | "other", error: FieldError): void {
    const near = error.near ?? "";
    const at = Number(/\[(\d+)\]/.exec(error.where)?.[1] ?? -1);
    if (field === "models" || field === "tasks")
      this.change({ [field]: [...new Set(this.draft[field].map((name, index) => (index === at ? near : name)))] });
    else if (field !== "other") this.change({ [field]: near });
    this.refused = this.refused.filter((one) => one !== error);
  }

  private submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.problem = null;
    this.refused = missing(this.draft);
    if (this.refused.length || this.sending || this.blocked) return;
    this.sending = true;
    try {
      const body = request(this.draft);
      const run = await submitRun(body, this.keyFor(JSON.stringify(body)));
      this.key = { body: "", value: "" };
      this.close();
      void notify("The run was started", "success");
      go(`/runs/${run.run_id}`);
    } catch (error) {
      this.refuse(error);
    } finally {
      this.sending = false;
    }
  };

  private refuse(error: unknown): void {
    const problem = asProblem(error);
    this.problem = problem;
    this.refused = problem.errors;
    if (problem.status === 0 || problem.status >= 500) notifyFailure("The run was not started", error);
  }

  /** The same request keeps its key, so that asking twice makes one run. */
  private keyFor(body: string): string {
    if (this.key.body !== body) {
      this.key = { body, value: newIdempotencyKey() };
    }
    return this.key.value;
  }

  private close(): void {
    this.dialog.open = false;
  }
}

/** What one should know of a model before asking it. */
function about(model: ModelView): string {
  const { kind, price, available } = model;
  const perMillion = (amount: number) => dollars(exact(BigInt(amount)));
  const cost =
    price && !price.local
      ? `, ${perMillion(price.input_nanousd_per_mtok)} in, ${perMillion(price.output_nanousd_per_mtok)} out per million tokens`
      : "";
  return `${kind}${cost}${available === false ? ", does not answer" : ""}`;
}

declare global {
  interface HTMLElementTagNameMap {
    "launch-dialog": LaunchDialog;
  }
}
