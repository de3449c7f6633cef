/** `/runs/<id>`: one run, as it happens. */

import "@awesome.me/webawesome/dist/components/copy-button/copy-button.js";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { OUTCOMES, type RunView, STATES } from "../../contracts.ts";
import { controls, facts, ground, page } from "../../design/styles.ts";
import { count, percent, plural, short } from "../../format/number.ts";
import { absolute, duration, until } from "../../format/time.ts";
import { type Row, RunStore } from "../../live/run-store.ts";
import { Topic } from "../../live/topic-controller.ts";
import { badge, badgeStyle, words } from "../../components/badge.ts";
import { PRIORITY } from "../../components/limit-fields.ts";
import { moment } from "../../components/timestamp.ts";
import { noteStyle } from "../../components/notice.ts";
import { empty, failed, noticeStyle, skeletons } from "../../components/empty-state.ts";
import "../../components/outcome-bar.ts";
import { Ticking } from "../../components/periodic-update.ts";
import { Address, setQuery } from "../../router.ts";
import { tellCrumbs } from "../../shell/breadcrumbs.ts";
import { notify } from "../../shell/toast.ts";
import { passRate, runName } from "../runs/row.ts";
import "./run-actions.ts";
import "./attempts-table.ts";
import { filtered, filterOfAddress, NO_FILTER } from "./filter.ts";
import { elapsed, ended, remaining } from "./run-progress.ts";
import "./score-matrix.ts";
import { moneyPanel, moneyStyle } from "./money-panel.ts";
import { notes, warningWords } from "./run-notices.ts";
import { outlook } from "./cost-forecast.ts";
import { Past } from "./warning-history.ts";
import { Rest } from "./remaining-attempts.ts";

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
    noteStyle,
    moneyStyle,
    css`
      .id { display: inline-flex; align-items: center; gap: 2px; }
      outcome-bar { --bar-height: 12px; margin-bottom: 14px; display: block; }
      details > summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
      details[open] > summary { border-bottom: 1px solid var(--line); }
      .short { color: var(--warn); }
      wa-copy-button { font-size: 12px; }
    `,
  ];

  @property() runId = "";
  private readonly rest = new Rest(() => this.requestUpdate());
  private readonly past = new Past(() => this.requestUpdate());
  private readonly topic: Topic<RunStore> = new Topic(
    this,
    () => new RunStore(),
    () => this.heard(),
  );
  /** Warnings up to this one were shown above the page. */
  private toasted = 0;
  private shown: Row[] = [];
  private shownAt = 0;
  private later = 0;

  constructor() {
    super();
    new Address(this);
    new Ticking(this, 1, () => this.topic.store?.run != null && !ended(this.topic.store.run));
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("runId")) this.topic.follow(`run:${this.runId}`);
    this.pace(this.topic.store?.attempts ?? []);
    const run = this.topic.store?.run;
    tellCrumbs([{ name: "Runs", href: "/runs" }, { name: run ? runName(run) : this.runId }]);
  }

  private heard(): void {
    const { store } = this.topic;
    void this.rest.fetch(store);
    void this.past.recall(store);
    for (const warning of store?.warnings ?? []) {
      if (!warning.fresh || warning.sequence <= this.toasted) continue;
      this.toasted = warning.sequence;
      void notify(warningWords(warning), warning.percent >= 100 ? "danger" : "warning");
    }
  }

  private pace(attempts: Row[]): void {
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
    const { store } = this.topic;
    const run = store?.run;
    if (this.topic.problem && !run) return failed(this.topic.problem);
    if (!store || !run) return html`<h1>Run</h1>${skeletons(10)}`;
    return html`
      <div class="head">
        <div>
          <h1>${runName(run)}</h1>
          <p class="quiet id"><span class="mono">${run.run_id}</span><wa-copy-button value=${run.run_id} copy-label="Copy the run's id"></wa-copy-button></p>
        </div>
        <run-actions .run=${run}></run-actions>
      </div>
      ${notes(run, store)}
      <section class="panel padded" aria-label="Progress">
        <outcome-bar legend .progress=${run.progress}></outcome-bar>
        ${this.renderFacts(run)}
      </section>
      ${moneyPanel(run, outlook(run, this.shown, store.holds))}
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
      ${progress.reused ? html`<div><dt>Taken over</dt><dd>${count(progress.reused)}</dd></div>` : nothing}
      <div><dt>Tokens</dt><dd title="${count(progress.usage.input_tokens)} in, ${count(progress.usage.output_tokens)} out">${short(progress.usage.input_tokens)} <small>in</small> ${short(progress.usage.output_tokens)} <small>out</small></dd></div>
      <div><dt>Elapsed</dt><dd>${run.started_at ? duration(elapsed(run)) : "–"}</dd></div>
      ${left === null ? nothing : html`<div><dt>Left, about</dt><dd>${duration(left)}</dd></div>`}
      ${this.renderDeadline(run)}
      <div><dt>Started</dt><dd>${moment(run.started_at ?? run.created_at)}</dd></div>
      ${run.suite ? html`<div><dt>Suite</dt><dd>${run.suite}</dd></div>` : nothing}
      <div><dt>Models</dt><dd>${run.models.length > 3 ? plural(run.models.length, "model") : run.models.join(", ")}</dd></div>
      ${run.priority === PRIORITY ? nothing : html`<div><dt>Priority</dt><dd>${run.priority} <small>of 9</small></dd></div>`}
      ${run.limits.concurrency ? html`<div><dt>At once</dt><dd>${count(run.limits.concurrency)} <small>at most</small></dd></div>` : nothing}
      ${run.repeats > 1 ? html`<div><dt>Repeats</dt><dd>${run.repeats}</dd></div>` : nothing}
    </dl>`;
  }

  private renderDeadline(run: RunView) {
    if (ended(run)) return nothing;
    const { deadline_at: at, limits } = run;
    if (!at) return html`<div><dt>Time limit</dt><dd>${duration(limits.seconds)}</dd></div>`;
    const left = until(at);
    return html`<div id="deadline" title="Ends ${absolute(at)}"><dt>Time left</dt><dd class=${left < limits.seconds * 0.2 ? "short" : ""}>${left ? duration(left) : "none"} <small>of ${duration(limits.seconds)}</small></dd></div>`;
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
}
