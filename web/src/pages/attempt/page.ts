/** `/attempts/<id>`: one attempt, all there is to know of it, while it runs and afterwards. */

import "@awesome.me/webawesome/dist/components/tab-group/tab-group.js";
import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { getAttempt } from "../../api.ts";
import type { AttemptDetail } from "../../contracts.ts";
import { controls, facts, ground, page, table } from "../../design/styles.ts";
import { nano } from "../../format/money.ts";
import { count, score } from "../../format/number.ts";
import { duration } from "../../format/time.ts";
import { AttemptStore } from "../../live/attempt-store.ts";
import { Topic } from "../../live/topic-controller.ts";
import { badge, badgeStyle } from "../../components/badge.ts";
import { moment } from "../../components/timestamp.ts";
import { money } from "../../components/money.ts";
import { failed, noticeStyle, skeletons } from "../../components/empty-state.ts";
import { plainStyle, visible } from "../../components/untrusted-text.ts";
import { Ticking } from "../../components/periodic-update.ts";
import { Address, queryValue, setQuery } from "../../router.ts";
import { tellCrumbs } from "../../shell/breadcrumbs.ts";
import { notifyFailure } from "../../shell/toast.ts";
import { byStem, logs } from "./artifacts.ts";
import { renderTab, stepped, TABS, type Tab, tabStyle } from "./tabs.ts";

@customElement("attempt-page")
export class AttemptPage extends LitElement {
  static override styles = [
    ground,
    page,
    facts,
    table,
    controls,
    badgeStyle,
    noticeStyle,
    plainStyle,
    tabStyle,
    css`
      .reason { margin-top: 12px; padding-top: 12px; border-top: 1px solid var(--line); overflow-wrap: anywhere; unicode-bidi: plaintext; }
      wa-tab-group { --indicator-color: var(--accent); margin-top: var(--gap); }
      wa-tab-panel { --padding: 12px 0 0; }
      wa-tab { font-size: 14px; }
      wa-tab[active]::part(base) { color: var(--accent); }
      wa-tab small { color: var(--quiet); margin-left: 5px; }
    `,
  ];

  @property() attemptId = "";
  private readonly topic: Topic<AttemptStore> = new Topic(
    this,
    () => new AttemptStore(),
    () => void this.catchUp(),
  );
  private reading = 0;
  /** The tab that is shown unless the address says another; chosen once, so that nothing turns by itself. */
  private opening: Tab | null = null;

  constructor() {
    super();
    new Address(this);
    new Ticking(this, 10);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("attemptId")) {
      this.topic.follow(`attempt:${this.attemptId}`);
      this.opening = null;
    }
    const attempt = this.topic.store?.detail?.attempt;
    const runId = attempt?.run_id ?? this.attemptId.split("-")[0] ?? "";
    const name = attempt ? `${attempt.task_id} ${attempt.sample_id} · ${attempt.model}` : this.attemptId;
    tellCrumbs([{ name: "Runs", href: "/runs" }, { name: `Run ${runId.slice(-8)}`, href: `/runs/${runId}` }, { name }]);
  }

  /** A fact brings the attempt's row but not its tries, calls and artifacts: read those when there is news. */
  private async catchUp(): Promise<void> {
    const store = this.topic.store;
    if (!store?.behind || store.behind === this.reading) return;
    this.reading = store.behind;
    try {
      store.take(await getAttempt(this.attemptId));
    } catch (error) {
      notifyFailure("The attempt could not be read", error);
    }
    this.requestUpdate();
  }

  override render() {
    const store = this.topic.store;
    if (this.topic.problem && !store?.detail) return failed(this.topic.problem);
    if (!store?.detail) return html`<h1>Attempt</h1>${skeletons(8)}`;
    const { detail } = store;
    return html`
      <div class="head"><div>
        <h1>${detail.attempt.task_id} <span class="quiet">${detail.attempt.sample_id}</span></h1>
        <p class="quiet">${detail.attempt.model} · repeat ${detail.attempt.repeat} · ${detail.attempt.category}</p>
      </div></div>
      <section class="panel padded" aria-label="Result">
        ${this.renderFacts(detail)}
        ${store.recalled === null ? nothing : html`<p class="reason" id="recalled">It waits again before anyone began it. ${visible(store.recalled)}</p>`}
        ${detail.attempt.reused_from ? html`<p class="reason" id="reused">Not made again: this is the result of <a href="/attempts/${detail.attempt.reused_from}">attempt ${detail.attempt.reused_from}</a>, whose content is the same.</p>` : nothing}
        ${detail.attempt.reason || detail.verdict?.reason ? html`<p class="reason">${visible(detail.attempt.reason || detail.verdict?.reason || "")}</p>` : nothing}
      </section>
      ${this.renderTabs(detail, store)}
    `;
  }

  private renderFacts({ attempt, tries }: AttemptDetail) {
    const { usage } = attempt;
    return html`<dl class="facts">
      <div><dt>State</dt><dd id="state">${badge(attempt.state)}</dd></div>
      ${attempt.outcome ? html`<div><dt>Outcome</dt><dd id="outcome">${badge(attempt.outcome)}</dd></div>` : nothing}
      <div><dt>Score</dt><dd>${score(attempt.score)}</dd></div>
      <div><dt>Cost</dt><dd>${money(attempt.cost_usd)}</dd></div>
      ${nano(attempt.held_usd) > 0n ? html`<div><dt>Held</dt><dd id="held" title="Reserved for its requests; what they do not cost is released">${money(attempt.held_usd)}</dd></div>` : nothing}
      <div><dt>Tokens</dt><dd>${count(usage.input_tokens)} <small>in</small> ${count(usage.output_tokens)} <small>out</small></dd></div>
      <div><dt>Took</dt><dd>${attempt.duration_seconds ? duration(attempt.duration_seconds) : "–"}</dd></div>
      <div><dt>Tries</dt><dd>${Math.max(attempt.tries, tries.length)}</dd></div>
      <div><dt>Changed</dt><dd>${moment(attempt.changed_at)}</dd></div>
    </dl>`;
  }

  private renderTabs(detail: AttemptDetail, store: AttemptStore) {
    const agent = stepped(detail, store);
    const working = ["waiting", "queued", "running"].includes(detail.attempt.state);
    this.opening ??= agent && working ? "steps" : "overview";
    const chosen = this.chosen(this.opening);
    const tabs = TABS.filter((tab) => tab !== "steps" || agent || chosen === "steps");
    const counts: Partial<Record<string, number>> = {
      steps: store.steps.at(-1)?.number ?? 0,
      logs: logs(detail).length || store.lines.length,
      artifacts: Object.keys(detail.artifacts).length,
      calls: detail.calls.length,
      patch: byStem(detail, "patch") ? 1 : 0,
    };
    return html`<wa-tab-group active=${chosen} @wa-tab-show=${this.turned}>
      ${tabs.map((tab) => html`<wa-tab panel=${tab}>${tab[0]?.toUpperCase()}${tab.slice(1)}${counts[tab] && tab !== "patch" ? html`<small>${count(counts[tab])}</small>` : nothing}</wa-tab>`)}
      ${tabs.map((tab) => html`<wa-tab-panel name=${tab}>${tab === chosen ? renderTab(tab, detail, store) : nothing}</wa-tab-panel>`)}
    </wa-tab-group>`;
  }

  private chosen(opening: Tab): Tab {
    const asked = TABS.find((tab) => tab === queryValue("tab"));
    return asked ?? (location.hash.startsWith("#step-") ? "steps" : opening);
  }

  private turned(event: CustomEvent<{ name: string }>): void {
    const { name } = event.detail;
    const opening = this.opening ?? "overview";
    if (name !== this.chosen(opening)) setQuery({ tab: name === opening ? "" : name });
  }
}
