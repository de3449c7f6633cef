/** `/attempts/<id>`: one attempt in full, live. */

import "@awesome.me/webawesome/dist/components/tab-group/tab-group.js";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { getAttempt } from "../../api.ts";
import { badge, badgeStyle } from "../../components/badge.ts";
import { emptyStateStyle, errorPage, loadingRows } from "../../components/empty-state.ts";
import { fact } from "../../components/fact.ts";
import { flagBadge, flagStyle } from "../../components/flag-badge.ts";
import { money } from "../../components/money.ts";
import { PeriodicUpdate } from "../../components/periodic-update.ts";
import { timestamp } from "../../components/timestamp.ts";
import { plainStyle, showControlCharacters } from "../../components/untrusted-text.ts";
import type { AttemptDetail } from "../../contracts.ts";
import { base, controls, facts, page, table } from "../../design/styles.ts";
import { parseNano } from "../../format/money.ts";
import { count, formatScore } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { AttemptStore } from "../../live/attempt-store.ts";
import { TopicController } from "../../live/topic-controller.ts";
import { queryParam, setQueryParams, UrlController } from "../../router.ts";
import { setBreadcrumbs } from "../../shell/breadcrumbs.ts";
import { notifyFailure } from "../../shell/toast.ts";
import { listLogs } from "./artifacts.ts";
import { auditStyle } from "./audit.ts";
import { hasSteps, renderTab, TABS, type Tab, tabStyle } from "./tabs.ts";

@customElement("attempt-page")
export class AttemptPage extends LitElement {
  static override styles = [
    base,
    page,
    facts,
    table,
    controls,
    badgeStyle,
    emptyStateStyle,
    plainStyle,
    tabStyle,
    flagStyle,
    auditStyle,
    css`
      .reason {
        margin-top: 12px; padding-top: 12px; border-top: 1px solid var(--line); overflow-wrap: anywhere;
        unicode-bidi: plaintext;
      }
      wa-tab-group { --indicator-color: var(--accent); margin-top: var(--gap); }
      wa-tab-panel { --padding: 12px 0 0; }
      wa-tab { font-size: 14px; }
      wa-tab[active]::part(base) { color: var(--accent); }
      wa-tab small { color: var(--quiet); margin-left: 5px; }
    `,
  ];

  @property() attemptId = "";
  private readonly topic: TopicController<AttemptStore> = new TopicController(
    this,
    () => new AttemptStore(),
    () => void this.loadDetails(),
  );
  private loadingSequence = 0;
  /** The tab shown unless the URL names one. Set once, so that the tab does not change by itself. */
  private defaultTab: Tab | null = null;

  constructor() {
    super();
    new UrlController(this);
    new PeriodicUpdate(this, 10);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("attemptId")) {
      this.topic.follow(`attempt:${this.attemptId}`);
      this.defaultTab = null;
    }
    const attempt = this.topic.store?.detail?.attempt;
    const runId = attempt?.run_id ?? this.attemptId.split("-")[0] ?? "";
    const name = attempt ? `${attempt.task_id} ${attempt.sample_id} · ${attempt.model}` : this.attemptId;
    setBreadcrumbs([
      { name: "Runs", href: "/runs" },
      { name: `Run ${runId.slice(-8)}`, href: `/runs/${runId}` },
      { name },
    ]);
  }

  /** Facts carry the attempt's row, but not its tries, calls and artifacts, so the detail is fetched again. */
  private async loadDetails(): Promise<void> {
    const store = this.topic.store;
    if (!store?.missingDetailSequence || store.missingDetailSequence === this.loadingSequence) return;
    this.loadingSequence = store.missingDetailSequence;
    try {
      store.setDetail(await getAttempt(this.attemptId));
    } catch (error) {
      notifyFailure("Cannot load the attempt", error);
    }
    this.requestUpdate();
  }

  override render() {
    const store = this.topic.store;
    if (this.topic.problem && !store?.detail) return errorPage(this.topic.problem);
    if (!store?.detail) return html`<h1>Attempt</h1>${loadingRows(8)}`;
    const { detail } = store;
    return html`
      <div class="head"><div>
        <h1>${detail.attempt.task_id} <span class="quiet">${detail.attempt.sample_id}</span></h1>
        <p class="quiet">${detail.attempt.model} · repeat ${detail.attempt.repeat} · ${detail.attempt.category}</p>
      </div></div>
      <section class="panel padded" aria-label="Result">
        ${this.renderFacts(detail)}
        ${this.renderReasons(detail, store)}
      </section>
      ${this.renderTabs(detail, store)}
    `;
  }

  private renderReasons({ attempt, verdict }: AttemptDetail, { recallCause }: AttemptStore) {
    const { reused_from: reused } = attempt;
    const reason = attempt.reason || verdict?.reason;
    const link = html`<a href="/attempts/${reused}">attempt ${reused}</a>`;
    const impossible = html`The task contradicts its own tests: this attempt counts for no score, and a pass is a
      suspected cheat.`;
    const recalled = html`Recalled to waiting. ${showControlCharacters(recallCause ?? "")}`;
    return html`
      ${recallCause === null ? nothing : html`<p class="reason" id="recalled">${recalled}</p>`}
      ${reused ? html`<p class="reason" id="reused">Result of ${link}, which has the same content.</p>` : nothing}
      ${attempt.impossible ? html`<p class="reason" id="impossible">${impossible}</p>` : nothing}
      ${reason ? html`<p class="reason">${showControlCharacters(reason)}</p>` : nothing}
    `;
  }

  private renderFacts({ attempt, tries, evaluation }: AttemptDetail) {
    const ultimate = evaluation?.ultimate ?? null;
    const { input_tokens: input, output_tokens: output } = attempt.usage;
    const held = { id: "held", title: "Reserved for requests in flight; the part that is not used is released" };
    return html`<dl class="facts">
      ${fact("State", badge(attempt.state), { id: "state" })}
      ${attempt.outcome ? fact("Outcome", badge(attempt.outcome), { id: "outcome" }) : nothing}
      ${fact("Score", html`${formatScore(attempt.score)} ${flagBadge(attempt.flag_count)}`, { id: "score" })}
      ${ultimate === null ? nothing : fact("Ultimate", html`${ultimate.toFixed(2)} <small>of 10</small>`)}
      ${fact("Cost", money(attempt.cost_usd))}
      ${parseNano(attempt.held_usd) > 0n ? fact("Held", money(attempt.held_usd), held) : nothing}
      ${fact("Tokens", html`${count(input)} <small>in</small> ${count(output)} <small>out</small>`)}
      ${fact("Duration", attempt.duration_seconds ? duration(attempt.duration_seconds) : "–")}
      ${fact("Tries", Math.max(attempt.tries, tries.length))}
      ${fact("Changed", timestamp(attempt.changed_at))}
    </dl>`;
  }

  private renderTabs(detail: AttemptDetail, store: AttemptStore) {
    const agent = hasSteps(detail, store);
    const unfinished = ["waiting", "queued", "running"].includes(detail.attempt.state);
    this.defaultTab ??= unfinished ? (agent ? "steps" : "logs") : "overview";
    const selected = this.selectedTab(this.defaultTab);
    const tabs = TABS.filter((tab) => tab !== "steps" || agent || selected === "steps");
    const counts: Partial<Record<string, number>> = {
      steps: store.steps.at(-1)?.number ?? 0,
      logs: listLogs(detail).length || store.lines.length,
      artifacts: Object.keys(detail.artifacts).length,
      calls: detail.calls.length,
    };
    return html`<wa-tab-group active=${selected} @wa-tab-show=${this.onTabShow}>
      ${tabs.map(
        (tab) => html`<wa-tab panel=${tab}>
          ${tab[0]?.toUpperCase()}${tab.slice(1)}${counts[tab] ? html`<small>${count(counts[tab])}</small>` : nothing}
        </wa-tab>`,
      )}
      ${tabs.map(
        (tab) => html`<wa-tab-panel name=${tab}>
          ${tab === selected ? renderTab(tab, detail, store) : nothing}
        </wa-tab-panel>`,
      )}
    </wa-tab-group>`;
  }

  private selectedTab(otherwise: Tab): Tab {
    const requested = TABS.find((tab) => tab === queryParam("tab"));
    return requested ?? (location.hash.startsWith("#step-") ? "steps" : otherwise);
  }

  private onTabShow(event: CustomEvent<{ name: string }>): void {
    const { name } = event.detail;
    const defaultTab = this.defaultTab ?? "overview";
    if (name !== this.selectedTab(defaultTab)) setQueryParams({ tab: name === defaultTab ? "" : name });
  }
}
