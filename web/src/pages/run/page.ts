/** `/runs/<id>`: one run, as it happens. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/copy-button/copy-button.js";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { type AttemptView, OUTCOMES, type RunView, STATES } from "../../contracts.ts";
import { controls, facts, ground, page } from "../../design/sheets.ts";
import { count, percent, plural, short } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { RunStore } from "../../live/run-store.ts";
import { Topic } from "../../live/topic.ts";
import { badge, badgeStyle, words } from "../../parts/badge.ts";
import { moment } from "../../parts/moment.ts";
import { money } from "../../parts/money.ts";
import { empty, failed, noticeStyle, skeletons } from "../../parts/notice.ts";
import "../../parts/outcome-bar.ts";
import { Ticking } from "../../parts/ticking.ts";
import { Address, setQuery } from "../../router.ts";
import { tellCrumbs } from "../../shell/crumbs.ts";
import { passRate, runName } from "../runs/row.ts";
import "./attempts-table.ts";
import type { CancelDialog } from "./cancel.ts";
import { filtered, filterOfAddress, NO_FILTER } from "./filter.ts";
import { elapsed, remaining } from "./forecast.ts";
import "./matrix.ts";
import { Rest } from "./rest.ts";

/** Many rows are sorted and laid out a few times a second, not at every frame. */
const MANY = 1_500;
const PACE_MS = 250;

@customElement("run-page")
export class RunPage extends LitElement {
  static override styles = [
    ground,
    page,
    facts,
    controls,
    badgeStyle,
    noticeStyle,
    css`
      .id { display: inline-flex; align-items: center; gap: 2px; }
      outcome-bar { --bar-height: 12px; margin-bottom: 14px; display: block; }
      details > summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
      details[open] > summary { border-bottom: 1px solid var(--line); }
      wa-copy-button { font-size: 12px; }
    `,
  ];

  @property() runId = "";
  private readonly rest = new Rest(() => this.requestUpdate());
  private readonly topic: Topic<RunStore> = new Topic(
    this,
    () => new RunStore(),
    () => void this.rest.fetch(this.topic.store),
  );
  private shown: AttemptView[] = [];
  private shownAt = 0;
  private later = 0;

  constructor() {
    super();
    new Address(this);
    new Ticking(this, 1, () => this.topic.store?.run?.status === "running");
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("runId")) this.topic.follow(`run:${this.runId}`);
    this.pace(this.topic.store?.attempts ?? []);
    const run = this.topic.store?.run;
    tellCrumbs([{ name: "Runs", href: "/runs" }, { name: run ? runName(run) : this.runId }]);
  }

  private pace(attempts: AttemptView[]): void {
    if (attempts === this.shown) return;
    const early = attempts.length > MANY && performance.now() - this.shownAt < PACE_MS;
    if (!early) {
      this.shown = attempts;
      this.shownAt = performance.now();
    } else if (!this.later) {
      this.later = window.setTimeout(() => {
        this.later = 0;
        this.requestUpdate();
      }, PACE_MS);
    }
  }

  override render() {
    const run = this.topic.store?.run;
    if (this.topic.problem && !run) return failed(this.topic.problem);
    if (!run) return html`<h1>Run</h1>${skeletons(10)}`;
    return html`
      <div class="head">
        <div>
          <h1>${runName(run)}</h1>
          <p class="quiet id"><span class="mono">${run.run_id}</span><wa-copy-button value=${run.run_id} copy-label="Copy the run's id"></wa-copy-button></p>
        </div>
        ${run.status === "waiting" || run.status === "running" ? html`<wa-button id="cancel" size="s" appearance="outlined" variant="danger" @click=${this.cancel}><wa-icon slot="start" name="stop"></wa-icon>Cancel run</wa-button>` : nothing}
      </div>
      <section class="panel padded" aria-label="Progress">
        <outcome-bar legend .progress=${run.progress}></outcome-bar>
        ${this.renderFacts(run)}
      </section>
      <section class="panel"><details open><summary>Scores by task and model</summary><score-matrix .attempts=${this.shown}></score-matrix></details></section>
      ${this.renderAttempts(run)}
    `;
  }

  private renderFacts(run: RunView) {
    const { progress } = run;
    const rate = passRate(progress);
    const left = remaining(run);
    return html`<dl class="facts">
      <div><dt>Status</dt><dd>${badge(run.status)}</dd></div>
      <div><dt>Done</dt><dd>${count(progress.done)} <small>of ${count(progress.total)}</small></dd></div>
      <div><dt>Pass rate</dt><dd>${rate === null ? "–" : percent(rate)}</dd></div>
      <div><dt>Cost</dt><dd>${money(progress.cost_usd)}</dd></div>
      <div><dt>Tokens</dt><dd title="${count(progress.usage.input_tokens)} in, ${count(progress.usage.output_tokens)} out">${short(progress.usage.input_tokens)} <small>in</small> ${short(progress.usage.output_tokens)} <small>out</small></dd></div>
      <div><dt>Elapsed</dt><dd>${run.started_at ? duration(elapsed(run)) : "–"}</dd></div>
      ${left === null ? nothing : html`<div><dt>Left, about</dt><dd>${duration(left)}</dd></div>`}
      <div><dt>Started</dt><dd>${moment(run.started_at ?? run.created_at)}</dd></div>
      ${run.suite ? html`<div><dt>Suite</dt><dd>${run.suite}</dd></div>` : nothing}
      <div><dt>Models</dt><dd>${run.models.length > 3 ? plural(run.models.length, "model") : run.models.join(", ")}</dd></div>
      ${run.repeats > 1 ? html`<div><dt>Repeats</dt><dd>${run.repeats}</dd></div>` : nothing}
    </dl>`;
  }

  private renderAttempts(run: RunView) {
    const filter = filterOfAddress();
    const rows = filtered(this.shown, filter);
    const none = rows.length === 0;
    return html`<section class="panel" aria-label="Attempts">
      <header>
        <h2>Attempts</h2>
        <div class="filters">
          ${this.renderSelect("state", "State", [...STATES], filter.state)}
          ${this.renderSelect("outcome", "Outcome", [...OUTCOMES], filter.outcome)}
          ${this.renderSelect("model", "Model", run.models, filter.model)}
          ${this.renderSelect("task", "Task", run.task_ids, filter.task)}
          ${Object.values(filter).some(Boolean) ? html`<button class="tool" @click=${() => setQuery({ ...NO_FILTER })}>Clear</button>` : nothing}
        </div>
        <span class="spring"></span>
        <span class="quiet number" id="shown">${rows.length === this.shown.length ? plural(rows.length, "attempt") : `${count(rows.length)} of ${plural(this.shown.length, "attempt")}`}</span>
      </header>
      ${none ? empty("No attempt fits", html`<p>Change or clear the filter.</p>`) : html`<attempts-table .attempts=${rows}></attempts-table>`}
    </section>`;
  }

  private renderSelect(name: string, label: string, options: string[], chosen: string) {
    return html`<label>${label}
      <select name=${name} @change=${(event: Event) => setQuery({ [name]: (event.target as HTMLSelectElement).value })}>
        <option value="" ?selected=${!chosen}>any</option>
        ${options.map((option) => html`<option value=${option} ?selected=${option === chosen}>${words(option)}</option>`)}
      </select>
    </label>`;
  }

  private async cancel(): Promise<void> {
    await import("./cancel.ts");
    const dialog: CancelDialog =
      this.renderRoot.querySelector("cancel-dialog") ?? document.createElement("cancel-dialog");
    if (!dialog.isConnected) this.renderRoot.append(dialog);
    const run = this.topic.store?.run;
    if (run) await dialog.show(run);
  }
}
