/** `/runs/<id>`: one run, live. */

import "@awesome.me/webawesome/dist/components/copy-button/copy-button.js";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { badgeStyle, label, runBadge } from "../../components/badge.ts";
import { emptyState, emptyStateStyle, errorPage, loadingRows } from "../../components/empty-state.ts";
import { fact } from "../../components/fact.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import { noticeStyle } from "../../components/notice.ts";
import { timestamp } from "../../components/timestamp.ts";
import { OUTCOMES, type RunView, STATES } from "../../contracts.ts";
import { base, controls, facts, page } from "../../design/styles.ts";
import { compactCount, count, percent, plural } from "../../format/number.ts";
import { absoluteTime, duration, secondsUntil } from "../../format/time.ts";
import { DEFAULT_PRIORITY } from "../../forms/limit-fields.ts";
import { type AttemptRow, RunStore } from "../../live/run-store.ts";
import { TopicController } from "../../live/topic-controller.ts";
import "../../components/outcome-bar.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { setQueryParams, UrlController } from "../../router.ts";
import { setBreadcrumbs } from "../../shell/breadcrumbs.ts";
import { notify } from "../../shell/toast.ts";
import { passRate, runName } from "../runs/row.ts";
import "./run-actions.ts";
import "./attempts-table.ts";
import "./causes-panel.ts";
import { applyFilter, filterFromUrl, NO_FILTER } from "./filter.ts";
import { elapsedSeconds, hasEnded, remainingSeconds } from "./run-progress.ts";
import "./score-matrix.ts";
import { costForecast } from "./cost-forecast.ts";
import "./metrics-panel.ts";
import { moneyStyle, renderMoneyPanel } from "./money-panel.ts";
import { RemainingAttempts } from "./remaining-attempts.ts";
import { runNotices, warningText } from "./run-notices.ts";
import { WarningHistory } from "./warning-history.ts";

/** From this many attempts on, rows are sorted and laid out at most every `MIN_REDRAW_MS`. */
const LARGE_RUN = 1_500;
const MIN_REDRAW_MS = 250;

@customElement("run-page")
export class RunPage extends LitElement {
  static override styles = [
    base,
    page,
    facts,
    controls,
    badgeStyle,
    emptyStateStyle,
    noticeStyle,
    moneyStyle,
    nameStyle,
    css`
      .id { display: inline-flex; align-items: center; gap: 2px; }
      outcome-bar { --bar-height: 12px; margin-bottom: 14px; display: block; }
      details > summary { cursor: pointer; padding: 10px 14px; font-weight: 620; }
      details[open] > summary { border-bottom: 1px solid var(--line); }
      causes-panel + .panel, metrics-panel + .panel { margin-top: var(--gap); }
      .short { color: var(--warn); }
      wa-copy-button { font-size: 12px; }
    `,
  ];

  @property() runId = "";
  private readonly remainingAttempts = new RemainingAttempts(() => this.requestUpdate());
  private readonly warningHistory = new WarningHistory(() => this.requestUpdate());
  private readonly topic: TopicController<RunStore> = new TopicController(
    this,
    () => new RunStore(),
    () => this.onChange(),
  );
  /** Warnings up to this sequence have been shown as toasts. */
  private lastToastSequence = 0;
  private shown: AttemptRow[] = [];
  private shownAt = 0;
  private redrawTimer = 0;

  constructor() {
    super();
    new UrlController(this);
    new PeriodicUpdate(this, 1, () => this.topic.store?.run != null && !hasEnded(this.topic.store.run));
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("runId")) this.topic.follow(`run:${this.runId}`);
    this.throttleRows(this.topic.store?.attempts ?? []);
    const run = this.topic.store?.run;
    setBreadcrumbs([{ name: "Runs", href: "/runs" }, { name: run ? runName(run) : this.runId }]);
  }

  private onChange(): void {
    const { store } = this.topic;
    void this.remainingAttempts.load(store);
    void this.warningHistory.load(store);
    for (const warning of store?.warnings ?? []) {
      if (!warning.live || warning.sequence <= this.lastToastSequence) continue;
      this.lastToastSequence = warning.sequence;
      void notify(warningText(warning), warning.percent >= 100 ? "danger" : "warning");
    }
  }

  private throttleRows(attempts: AttemptRow[]): void {
    if (attempts === this.shown) return;
    const early = attempts.length > LARGE_RUN && performance.now() - this.shownAt < MIN_REDRAW_MS;
    if (!early) {
      this.shown = attempts;
      this.shownAt = performance.now();
    } else if (!this.redrawTimer) {
      this.redrawTimer = window.setTimeout(() => {
        this.redrawTimer = 0;
        this.requestUpdate();
      }, MIN_REDRAW_MS);
    }
  }

  override render() {
    const { store } = this.topic;
    const run = store?.run;
    if (this.topic.problem && !run) return errorPage(this.topic.problem);
    if (!store || !run) return html`<h1>Run</h1>${loadingRows(10)}`;
    return html`
      <div class="head">
        <div>
          <h1>${runName(run)}</h1>
          <p class="quiet id">
            <span class="mono">${run.run_id}</span>
            <wa-copy-button value=${run.run_id} copy-label="Copy the run ID"></wa-copy-button>
          </p>
        </div>
        <run-actions .run=${run}></run-actions>
      </div>
      ${runNotices(run, store)}
      <section class="panel padded" aria-label="Progress">
        <outcome-bar legend .progress=${run.progress}></outcome-bar>
        ${this.renderFacts(run)}
      </section>
      <causes-panel .runId=${run.run_id} .progress=${run.progress}></causes-panel>
      ${renderMoneyPanel(run, costForecast(run, this.shown, store.largestHolds))}
      <section class="panel">
        <details open>
          <summary>Scores by task and model</summary>
          <score-matrix .attempts=${this.shown}></score-matrix>
        </details>
      </section>
      <metrics-panel .runId=${run.run_id} .progress=${run.progress}></metrics-panel>
      ${this.renderAttempts(run)}
    `;
  }

  private renderFacts(run: RunView) {
    const { progress, limits } = run;
    const { input_tokens: input, output_tokens: output } = progress.usage;
    const rate = passRate(progress);
    const remaining = remainingSeconds(run);
    const tokens = html`${compactCount(input)} <small>in</small> ${compactCount(output)} <small>out</small>`;
    return html`<dl class="facts">
      ${fact("Status", runBadge(run))}
      ${fact("Done", html`${count(progress.done)} <small>of ${count(progress.total)}</small>`)}
      ${fact("Pass rate", rate === null ? "–" : percent(rate))}
      ${this.renderAuditFacts(run)}
      ${progress.reused ? fact("Reused", count(progress.reused)) : nothing}
      ${fact("Tokens", tokens, { title: `${count(input)} in, ${count(output)} out` })}
      ${fact("Elapsed", run.started_at ? duration(elapsedSeconds(run)) : "–")}
      ${remaining === null ? nothing : fact("ETA", duration(remaining), { title: "Extrapolated from the pace so far" })}
      ${this.renderTimeLimit(run)}
      ${fact("Started", timestamp(run.started_at ?? run.created_at))}
      ${run.suite ? fact("Suite", run.suite) : nothing}
      ${fact("Models", renderModels(run.models), { id: "models", title: run.models.join("\n") })}
      ${run.priority === DEFAULT_PRIORITY ? nothing : fact("Priority", html`${run.priority} <small>of 9</small>`)}
      ${limits.concurrency ? fact("Concurrency", html`${count(limits.concurrency)} <small>max</small>`) : nothing}
      ${run.repeats > 1 ? fact("Repeats", run.repeats) : nothing}
    </dl>`;
  }

  private renderAuditFacts({ progress }: RunView) {
    const { flagged, impossible, impossible_passed: passed } = progress;
    const flags = { id: "passed-with-flags", title: "Attempts that passed and have audit flags: for information" };
    const title = "Attempts at tasks that contradict their own tests: they count for no score, and a pass is suspect";
    const passes = html`${count(passed)} <small>of ${count(impossible)}</small>`;
    return html`
      ${flagged ? fact("Passed with flags", count(flagged), flags) : nothing}
      ${impossible ? fact("Impossible passed", passes, { id: "impossible", title }) : nothing}
    `;
  }

  private renderTimeLimit(run: RunView) {
    if (hasEnded(run)) return nothing;
    const { deadline_at: deadline, limits } = run;
    if (!deadline) return fact("Time limit", duration(limits.seconds));
    const left = secondsUntil(deadline);
    const text = html`<span class=${left < limits.seconds * 0.2 ? "short" : ""}>${duration(left)}</span>
      <small>left of ${duration(limits.seconds)}</small>`;
    return fact("Time limit", text, { id: "deadline", title: `Ends ${absoluteTime(deadline)}` });
  }

  private renderAttempts(run: RunView) {
    const filter = filterFromUrl();
    const isFiltered = Object.values(filter).some(Boolean);
    const rows = applyFilter(this.shown, filter);
    const total = plural(this.shown.length, "attempt");
    const clear = () => setQueryParams({ ...NO_FILTER });
    return html`<section class="panel" aria-label="Attempts">
      <header>
        <h2>Attempts</h2>
        <div class="filters">
          ${this.renderSelect("state", "State", STATES, filter.state)}
          ${this.renderSelect("outcome", "Outcome", OUTCOMES, filter.outcome)}
          ${this.renderSelect("model", "Model", run.models, filter.model)}
          ${this.renderSelect("task", "Task", run.task_ids, filter.task)}
          ${this.renderFlagFilter(filter.flagged)}
          ${isFiltered ? html`<button class="tool" @click=${clear}>Clear</button>` : nothing}
        </div>
        <span class="spring"></span>
        <span class="quiet number" id="shown">
          ${rows.length === this.shown.length ? total : `${count(rows.length)} of ${total}`}
        </span>
      </header>
      ${
        rows.length
          ? html`<attempts-table .attempts=${rows}></attempts-table>`
          : emptyState("No matching attempts", html`<p>Change or clear the filter.</p>`)
      }
    </section>`;
  }

  private renderFlagFilter(flagged: string) {
    if (!flagged && !this.shown.some((attempt) => attempt.flag_count)) return nothing;
    const toggle = () => setQueryParams({ flagged: flagged ? "" : "yes" });
    return html`<button class="tool" id="flagged" aria-pressed=${flagged ? "true" : "false"} @click=${toggle}>
      Flagged
    </button>`;
  }

  private renderSelect(name: string, title: string, options: string[], selected: string) {
    const onChange = (event: Event) => setQueryParams({ [name]: (event.target as HTMLSelectElement).value });
    return html`<label>${title}
      <select name=${name} @change=${onChange}>
        <option value="" ?selected=${!selected}>any</option>
        ${options.map(
          (option) => html`<option value=${option} ?selected=${option === selected}>${label(option)}</option>`,
        )}
      </select>
    </label>`;
  }
}

function renderModels(models: string[]) {
  if (models.length > 3) return plural(models.length, "model");
  return models.map((model, index) => html`${index ? ", " : ""}${unbrokenName(model)}`);
}
