/** An agent's steps, a page at a time: live while it works, from its transcript afterwards. */

import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { createRef, ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { asProblem } from "../../../api.ts";
import { emptyState, emptyStateStyle } from "../../../components/empty-state.ts";
import { notice, noticeStyle } from "../../../components/notice.ts";
import { PeriodicUpdate } from "../../../components/periodic-update.ts";
import { plainStyle, showControlCharacters } from "../../../components/untrusted-text.ts";
import type { AttemptDetail } from "../../../contracts.ts";
import { base, controls } from "../../../design/styles.ts";
import { count, plural } from "../../../format/number.ts";
import type { AttemptStore } from "../../../live/attempt-store.ts";
import { indexOfStep, type Step } from "../../../live/steps.ts";
import { navigate, UrlController } from "../../../router.ts";
import { notify, notifyFailure } from "../../../shell/toast.ts";
import { findArtifact } from "../artifacts.ts";
import { agentStepsStyle } from "./agent-steps-style.ts";
import { renderStep, renderTurn, stepRowStyle } from "./step-row.ts";
import { type Depth, stepTextStyle } from "./step-text.ts";
import { renderStepsBar } from "./steps-bar.ts";
import { Transcript } from "./transcript.ts";
import { metersStyle, renderMeters } from "./usage-meters.ts";

/** Steps laid out at a time. */
const PAGE_STEPS = 200;
const REDRAW_MS = 250;

/** The step number in `#step-12`; null if the URL has none. */
export function stepFromUrl(): number | null {
  const match = /^#step-(\d{1,9})$/.exec(location.hash);
  return match ? Number(match[1]) : null;
}

@customElement("agent-steps")
export class AgentSteps extends LitElement {
  static override styles = [
    base,
    controls,
    noticeStyle,
    emptyStateStyle,
    plainStyle,
    metersStyle,
    stepTextStyle,
    stepRowStyle,
    agentStepsStyle,
  ];

  @property({ attribute: false }) detail: AttemptDetail | null = null;
  @property({ attribute: false }) store: AttemptStore | null = null;
  /** Changes with every update of the store. */
  @property({ type: Number }) version = 0;
  @state() private defaultDepth: Depth = 1;
  @state() private firstIndex = 0;
  @state() private following = true;
  @state() private problem = "";
  private readonly depths = new Map<number, Depth>();
  private readonly fullTexts = new Map<number, string>();
  private readonly container = createRef<HTMLDivElement>();
  private transcript: Transcript | null = null;
  private pendingStep: number | null = stepFromUrl();
  private redrawTimer = 0;

  constructor() {
    super();
    new UrlController(this, () => this.scrollToStep(stepFromUrl()));
    new PeriodicUpdate(this, 1, () => this.isRunning);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.transcript?.stop();
    this.transcript = null;
    window.clearTimeout(this.redrawTimer);
    this.redrawTimer = 0;
  }

  private get steps(): readonly Step[] {
    const live = this.store?.steps ?? [];
    const stored = this.transcript;
    return stored && (stored.done || stored.steps.length >= live.length) ? stored.steps : live;
  }

  private get isRunning(): boolean {
    return this.transcript === null && ["waiting", "queued", "running"].includes(this.detail?.attempt.state ?? "");
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("detail")) this.loadTranscript();
    const { steps } = this;
    const index = this.pendingStep === null ? -1 : indexOfStep(steps, this.pendingStep);
    if (index >= 0) {
      this.following = false;
      if (index < this.firstIndex || index >= this.firstIndex + PAGE_STEPS)
        this.firstIndex = index - (index % PAGE_STEPS);
    } else if (this.isRunning && this.following) this.firstIndex = Math.max(0, steps.length - PAGE_STEPS);
    if (this.firstIndex >= steps.length) this.firstIndex = 0;
  }

  override render() {
    const { detail, steps } = this;
    if (!detail) return nothing;
    return html`${renderMeters(detail, steps.at(-1))}${steps.length ? this.renderBar(steps) : nothing}
      ${this.renderNotices(steps)} ${steps.length || this.isRunning ? this.renderBox(steps) : this.renderEmpty()}`;
  }

  private renderNotices(steps: readonly Step[]) {
    const { pendingStep } = this;
    const unreadable = this.transcript?.done ? this.transcript.unreadable : 0;
    const missing = this.transcript?.done && pendingStep !== null && indexOfStep(steps, pendingStep) < 0;
    const problem = showControlCharacters(`Cannot load the transcript: ${this.problem}`);
    const skipped = `Skipped ${plural(unreadable, "invalid line")} of the transcript. The file is in the artifacts.`;
    const absent = `There is no step ${pendingStep}: the transcript has ${count(steps.length)}.`;
    return html`
      ${this.problem ? notice("transcript", "danger", problem) : nothing}
      ${unreadable ? notice("unreadable", "warn", [skipped]) : nothing}
      ${missing ? notice("missing", "warn", [absent]) : nothing}
    `;
  }

  private renderEmpty() {
    if (this.transcript && !this.transcript.done)
      return html`<p class="activity" role="status">Loading the transcript…</p>`;
    return emptyState("No steps", html`<p>This attempt has no transcript.</p>`);
  }

  private renderBar(steps: readonly Step[]) {
    return renderStepsBar({
      steps,
      firstIndex: this.firstIndex,
      pageSteps: PAGE_STEPS,
      isPartial: this.transcript !== null && !this.transcript.done,
      following: this.isRunning ? this.following : null,
      setDepth: (depth) => this.setAllDepths(depth),
      setFollowing: (following) => this.setFollowing(following),
      showPage: (firstIndex) => this.showPage(firstIndex),
    });
  }

  private renderBox(steps: readonly Step[]) {
    const shown = steps.slice(this.firstIndex, this.firstIndex + PAGE_STEPS);
    return html`<div class="box ${this.isRunning ? "working" : ""}" role="region" aria-label="Steps" tabindex="0"
        ${ref(this.container)} @scroll=${this.onScroll}>
      <ol>${repeat(
        shown,
        (step) => step.number,
        (step, index) => this.renderStepItem(step, steps[this.firstIndex + index - 1]),
      )}</ol>
      ${this.isRunning ? this.renderActivity() : nothing}
    </div>`;
  }

  private renderStepItem(step: Step, before: Step | undefined) {
    const gap = step.number - (before?.number ?? 0) - 1;
    const newTurn = step.turn > 0 && step.turn !== before?.turn;
    const missed = html`<li class="gap">
      ${plural(gap, "step")} not received live; the transcript will be complete when the attempt has been executed.
    </li>`;
    return html`${gap > 0 ? missed : nothing} ${newTurn ? renderTurn(step, before) : nothing}
      ${renderStep(step, {
        depth: this.depthOf(step),
        fullText: this.fullTexts.get(step.number),
        target: step.number === stepFromUrl(),
        href: this.linkTo(step),
        toggle: () => this.setDepth(step, this.depthOf(step) ? 0 : Math.max(1, this.defaultDepth)),
        showAll: () => void this.showAll(step),
        copyLink: () => void this.copyLink(step),
      })}`;
  }

  private renderActivity() {
    const { partialMessage = "", partialReasoning = "", activity = "" } = this.store ?? {};
    const idle = this.steps.length ? "Working…" : "No steps yet. They are shown here live.";
    const partial = partialMessage || partialReasoning;
    if (!partial) return html`<div class="activity">${activity ? showControlCharacters(activity) : idle}</div>`;
    return html`<div class="activity">
      ${partialMessage ? "Model output" : "Reasoning"}<pre class="plain">${showControlCharacters(partial)}</pre>
    </div>`;
  }

  override updated(): void {
    const box = this.container.value;
    if (!box) return;
    if (this.pendingStep !== null && indexOfStep(this.steps, this.pendingStep) >= 0)
      this.revealStep(box, this.pendingStep);
    else if (this.isRunning && this.following) box.scrollTop = box.scrollHeight;
  }

  /** Scrolls to the pending step once it is laid out. */
  private revealStep(box: HTMLElement, number: number): void {
    const row = box.querySelector<HTMLElement>(`[data-step="${number}"]`);
    if (!row) return;
    this.pendingStep = null;
    box.scrollIntoView({ block: "nearest" });
    box.scrollTop = row.offsetTop - 8;
    row.focus({ preventScroll: true });
  }

  private loadTranscript(): void {
    const artifact = this.detail ? findArtifact(this.detail, "transcript") : null;
    if (!artifact || !this.detail || artifact.ref.sha256 === this.transcript?.sha256) return;
    this.transcript?.stop();
    this.problem = "";
    const transcript = new Transcript(this.detail.attempt.attempt_id, artifact.name, artifact.ref.sha256, () =>
      this.scheduleRedraw(),
    );
    this.transcript = transcript;
    transcript.load().catch((error) => {
      if (this.transcript !== transcript) return;
      const { title, detail } = asProblem(error);
      this.problem = detail || title;
    });
  }

  /** A long transcript is redrawn at most every `REDRAW_MS` while it loads. */
  private scheduleRedraw(): void {
    if (this.redrawTimer) return;
    this.redrawTimer = window.setTimeout(
      () => {
        this.redrawTimer = 0;
        this.requestUpdate();
      },
      this.steps.length > PAGE_STEPS && !this.transcript?.done ? REDRAW_MS : 0,
    );
  }

  private depthOf(step: Step): Depth {
    return this.depths.get(step.number) ?? this.defaultDepth;
  }

  private setDepth(step: Step, depth: number): void {
    this.depths.set(step.number, depth as Depth);
    if (depth < 3) this.fullTexts.delete(step.number);
    this.requestUpdate();
  }

  private setAllDepths(depth: Depth): void {
    this.depths.clear();
    this.fullTexts.clear();
    this.defaultDepth = depth;
  }

  private async showAll(step: Step): Promise<void> {
    try {
      if (this.transcript) this.fullTexts.set(step.number, await this.transcript.fullText(step));
      this.depths.set(step.number, 3);
      this.requestUpdate();
    } catch (error) {
      notifyFailure("Cannot load the step", error);
    }
  }

  private linkTo(step: Step): string {
    return `/attempts/${this.detail?.attempt.attempt_id ?? ""}#step-${step.number}`;
  }

  /** Without permission to copy, puts the link into the address bar. */
  private async copyLink(step: Step): Promise<void> {
    const link = this.linkTo(step);
    try {
      await navigator.clipboard.writeText(new URL(link, location.href).href);
      await notify(`Link to step ${step.number} copied.`, "success");
    } catch {
      navigate(link, "replace");
      await notify(`Link to step ${step.number} is in the address bar.`);
    }
  }

  private scrollToStep(number: number | null): void {
    if (number !== null) this.pendingStep = number;
  }

  private showPage(firstIndex: number): void {
    this.following = this.isRunning && firstIndex >= this.steps.length - PAGE_STEPS;
    this.firstIndex = firstIndex;
    if (this.container.value) this.container.value.scrollTop = 0;
  }

  private setFollowing(following: boolean): void {
    this.following = following;
  }

  /** Scrolling up stops following, scrolling to the end resumes it. */
  private onScroll(event: Event): void {
    if (!this.isRunning || this.firstIndex + PAGE_STEPS < this.steps.length) return;
    const box = event.target as HTMLElement;
    this.following = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
  }
}
