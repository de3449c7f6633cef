/** The models that a provider lists now. Fires `add` with the name of a model. */

import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { asProblem, listOfferedModels } from "../../api.ts";
import { badgeStyle } from "../../components/badge.ts";
import { emptyStateStyle, loadingRows } from "../../components/empty-state.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import { notice, noticeStyle } from "../../components/notice.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { timestamp } from "../../components/timestamp.ts";
import { asSentence, showControlCharacters } from "../../components/untrusted-text.ts";
import type { OfferedModel, OfferedModels, Problem, ProviderView } from "../../contracts.ts";
import { base, controls, facts, table } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { ModelTests, renderTestResult, testResultStyle } from "./model-tests.ts";

/** A longer list can be searched. */
const SHORT_LIST = 12;

@customElement("offered-models")
export class OfferedModelsList extends LitElement {
  static override styles = [
    base,
    controls,
    facts,
    table,
    badgeStyle,
    emptyStateStyle,
    nameStyle,
    noticeStyle,
    testResultStyle,
    css`
      .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin-bottom: 8px; }
      .bar h3 { font-size: 13px; font-weight: 620; }
      .bar input { width: 200px; }
      button.tool { height: 28px; padding: 0 10px; font-size: 13px; }
      .scroll { max-height: 380px; overflow: auto; border: 1px solid var(--line); border-radius: 5px; }
      td { padding-block: 4px; }
      .actions { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 4px 8px; }
      .hint { color: var(--quiet); font-size: 13px; margin-bottom: 8px; }
    `,
  ];

  @property({ attribute: false }) view!: ProviderView;
  @state() private offered: OfferedModels | null = null;
  @state() private problem: Problem | null = null;
  @state() private loading = false;
  @state() private search = "";
  private readonly tests = new ModelTests(this);

  constructor() {
    super();
    new PeriodicUpdate(this, 1, () => this.offered !== null);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  /** A provider that was changed, or has a new key, may list other models. */
  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("view");
    const { revision, key } = this.view;
    if (before && (before.revision !== revision || before.key?.revision !== key?.revision)) void this.load();
  }

  private load = async (): Promise<void> => {
    this.loading = true;
    try {
      this.offered = await listOfferedModels(this.view.provider_id);
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
    this.loading = false;
  };

  override render() {
    const { offered, problem } = this;
    const age = offered ? html`<span class="quiet">listed ${timestamp(offered.fetched_at)}</span>` : nothing;
    const failure = problem ? [`${problem.title}. `, ...showControlCharacters(problem.detail)] : [];
    return html`<div class="bar">
        <h3>Models at the provider</h3> ${age}
        <button class="tool" id="refresh" ?disabled=${this.loading} @click=${this.load}>Refresh</button>
        ${offered && offered.models.length > SHORT_LIST ? this.renderSearch() : nothing}
      </div>
      ${problem ? notice("offered", "danger", failure) : nothing}
      ${offered ? this.renderOffered(offered) : problem ? nothing : loadingRows(3)}`;
  }

  private renderSearch() {
    const onInput = (event: Event) => {
      this.search = (event.target as HTMLInputElement).value;
    };
    return html`<input type="search" aria-label="Search the provider’s models" placeholder="Search"
      .value=${this.search} @input=${onInput} />`;
  }

  private renderOffered({ models, reason }: OfferedModels) {
    if (reason) return notice("offered", "warn", [...showControlCharacters(asSentence(reason))]);
    const wanted = this.search.trim().toLowerCase();
    const found = models.filter(({ name, detail }) => `${name} ${detail}`.toLowerCase().includes(wanted));
    if (found.length === 0) return html`<p class="hint">No ${wanted ? "matching " : ""}models.</p>`;
    return html`${this.renderHint()}
      <div class="scroll" tabindex="0" role="region" aria-label="Models at the provider"><table>
        <thead class="visually-hidden"><tr><th>Model</th><th>About</th><th>Actions</th></tr></thead>
        <tbody>${found.map((model) => this.renderModel(model))}</tbody>
      </table></div>
      <p class="hint">${plural(found.length, "model")}</p>`;
  }

  private renderHint() {
    const { origin, provider, provider_id } = this.view;
    const use = provider.any_model ? html`Runs can use all of them, as <code>${provider_id}/NAME</code>.` : nothing;
    const change = origin === "file" && !provider.any_model ? "Add models to the list in models.yaml." : nothing;
    return use === nothing && change === nothing ? nothing : html`<p class="hint">${use}${change}</p>`;
  }

  private renderModel({ name, detail }: OfferedModel) {
    const { provider_id, provider, origin } = this.view;
    const listed = provider.models.some((model) => model.name === name);
    const full = `${provider_id}/${name}`;
    const result = this.tests.result(full);
    const add = () => this.dispatchEvent(new CustomEvent<string>("add", { detail: name }));
    const addButton = html`<button class="tool" aria-label="Add ${full}" @click=${add}>Add</button>`;
    return html`<tr data-offered=${name}>
        <td>${unbrokenName(name)}</td>
        <td class="quiet">${showControlCharacters(detail)}</td>
        <td><div class="actions">
          ${listed ? html`<span class="quiet">in the list</span>` : origin === "database" ? addButton : nothing}
          ${listed || provider.any_model ? this.tests.renderButton(full) : nothing}
        </div></td>
      </tr>
      ${result && result !== "pending" ? html`<tr><td colspan="3">${renderTestResult(full, result)}</td></tr>` : ""}`;
  }
}
