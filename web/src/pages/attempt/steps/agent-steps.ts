/** An agent's steps: as they are heard while it works, and from its transcript afterwards, a stretch at a time. */

import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { createRef, ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { asProblem } from "../../../api.ts";
import type { AttemptDetail } from "../../../contracts.ts";
import { controls, ground } from "../../../design/styles.ts";
import { count, plural } from "../../../format/number.ts";
import type { AttemptStore } from "../../../live/attempt-store.ts";
import { placeOf, type Step } from "../../../live/steps.ts";
import { note, noteStyle } from "../../../components/notice.ts";
import { empty, noticeStyle } from "../../../components/empty-state.ts";
import { plainStyle, visible } from "../../../components/untrusted-text.ts";
import { Ticking } from "../../../components/periodic-update.ts";
import { Address, go } from "../../../router.ts";
import { notify, notifyFailure } from "../../../shell/toast.ts";
import { byStem } from "../artifacts.ts";
import { metersStyle, renderMeters } from "./usage-meters.ts";
import { renderStep, renderTurn, rowStyle } from "./step-row.ts";
import { Transcript } from "./transcript.ts";
import { type Depth, wordsStyle } from "./step-text.ts";

/** As many are laid out at a time. */
const STRETCH = 200;
const REDRAW_MS = 250;

/** The number in `#step-12`; null when the address names no step. */
export function stepOfAddress(): number | null {
  const found = /^#step-(\d{1,9})$/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

@customElement("agent-steps")
export class AgentSteps extends LitElement {
  static override styles = [
    ground,
    controls,
    noteStyle,
    noticeStyle,
    plainStyle,
    metersStyle,
    wordsStyle,
    rowStyle,
    css`
      .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 8px 14px; border-bottom: 1px solid var(--line); font-size: 13px; color: var(--quiet); }
      .bar form { display: inline-flex; align-items: center; gap: 6px; }
      .bar input { width: 84px; color: var(--text); }
      .bar .range { font-variant-numeric: tabular-nums; margin-left: auto; }
      .bar .tool wa-icon { font-size: 14px; }
      .box { max-height: max(420px, calc(100vh - 260px)); overflow-y: auto; padding: 4px 0 8px; overflow-anchor: none; position: relative; }
      .box.working { max-height: max(340px, calc(100vh - 480px)); }
      .gap { padding: 8px 14px; color: var(--warn); font-size: 12.5px; }
      .now { padding: 8px 14px; color: var(--quiet); font-size: 13px; }
      .now .plain { padding: 4px 0 0; color: var(--text); }
      .note { margin: 10px 14px; }
    `,
  ];

  @property({ attribute: false }) detail: AttemptDetail | null = null;
  @property({ attribute: false }) store: AttemptStore | null = null;
  /** Changes when the store has heard more. */
  @property({ type: Number }) version = 0;
  @state() private base: Depth = 1;
  @state() private start = 0;
  @state() private following = true;
  @state() private problem = "";
  private readonly depths = new Map<number, Depth>();
  private readonly wholes = new Map<number, string>();
  private readonly box = createRef<HTMLDivElement>();
  private transcript: Transcript | null = null;
  private wanted: number | null = stepOfAddress();
  private timer = 0;

  constructor() {
    super();
    new Address(this, () => this.want(stepOfAddress()));
    new Ticking(this, 1, () => this.working);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.transcript?.stop();
    this.transcript = null;
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  private get steps(): readonly Step[] {
    const heard = this.store?.steps ?? [];
    const kept = this.transcript;
    return kept && (kept.done || kept.steps.length >= heard.length) ? kept.steps : heard;
  }

  private get working(): boolean {
    return this.transcript === null && ["waiting", "queued", "running"].includes(this.detail?.attempt.state ?? "");
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("detail")) this.read();
    const { steps } = this;
    const place = this.wanted === null ? -1 : placeOf(steps, this.wanted);
    if (place >= 0) {
      this.following = false;
      if (place < this.start || place >= this.start + STRETCH) this.start = place - (place % STRETCH);
    } else if (this.working && this.following) this.start = Math.max(0, steps.length - STRETCH);
    if (this.start >= steps.length) this.start = 0;
  }

  override render() {
    const { detail, steps } = this;
    if (!detail) return nothing;
    return html`${renderMeters(detail, steps.at(-1))}${steps.length ? this.renderBar(steps) : nothing}
      ${this.problem ? note("transcript", "danger", visible(`The transcript could not be read: ${this.problem}`)) : nothing}
      ${this.transcript?.done && this.transcript.unreadable ? note("unreadable", "warn", html`${plural(this.transcript.unreadable, "line")} of the transcript cannot be read as steps. The file itself is among the artifacts.`) : nothing}
      ${this.transcript?.done && this.wanted !== null ? note("missing", "warn", html`There is no step ${this.wanted}: the transcript has ${count(steps.length)}.`) : nothing}
      ${steps.length || this.working ? this.renderBox(steps) : this.renderNothing()}`;
  }

  private renderNothing() {
    if (this.transcript && !this.transcript.done) return html`<p class="now" role="status">Reading the transcript…</p>`;
    return empty("No steps", html`<p>This attempt left no transcript.</p>`);
  }

  private renderBar(steps: readonly Step[]) {
    const end = Math.min(steps.length, this.start + STRETCH);
    const last = Math.max(0, steps.length - STRETCH);
    const move = (name: string, icon: string, to: number) =>
      html`<button class="tool" aria-label=${name} title=${name} ?disabled=${to === this.start} @click=${() => this.turnTo(to)}><wa-icon name=${icon}></wa-icon></button>`;
    return html`<div class="bar" role="group" aria-label="Steps shown">
      <button class="tool" id="expand" @click=${() => this.all(2)}>Expand all</button>
      <button class="tool" id="fold" @click=${() => this.all(0)}>Fold all</button>
      ${this.working ? html`<button class="tool" id="follow" aria-pressed=${this.following} @click=${() => this.follow(!this.following)}>${this.following ? "Following" : "Follow"}</button>` : nothing}
      <form @submit=${this.typed}><label for="to">Step</label><input id="to" inputmode="numeric" pattern="[0-9]*" size="6" aria-label="Go to step" placeholder=${String(steps.at(-1)?.number ?? "")} /></form>
      <span class="range" role="status">${count(steps[this.start]?.number ?? 0)}–${count(steps[end - 1]?.number ?? 0)} of ${count(steps.at(-1)?.number ?? 0)}${this.transcript && !this.transcript.done ? html` <span class="quiet">so far</span>` : nothing}</span>
      ${steps.length > STRETCH ? html`${move("Earlier steps", "chevron-left", Math.max(0, this.start - STRETCH))}${move("Later steps", "chevron-right", Math.min(last, this.start + STRETCH))}${move("The last steps", "arrow-down", last)}` : nothing}
    </div>`;
  }

  private renderBox(steps: readonly Step[]) {
    const shown = steps.slice(this.start, this.start + STRETCH);
    return html`<div class="box ${this.working ? "working" : ""}" role="region" aria-label="Steps" tabindex="0" ${ref(this.box)} @scroll=${this.scrolled}>
      <ol>${repeat(
        shown,
        (step) => step.number,
        (step, at) => this.renderOne(step, steps[this.start + at - 1]),
      )}</ol>
      ${this.working ? this.renderNow() : nothing}
    </div>`;
  }

  private renderOne(step: Step, before: Step | undefined) {
    const gap = step.number - (before?.number ?? 0) - 1;
    const newTurn = step.turn > 0 && step.turn !== before?.turn;
    return html`${gap > 0 ? html`<li class="gap">${plural(gap, "step")} before this ${gap === 1 ? "was" : "were"} not heard here; the transcript has ${gap === 1 ? "it" : "them"} when the attempt has run.</li>` : nothing}
      ${newTurn ? renderTurn(step, before) : nothing}
      ${renderStep(step, {
        depth: this.depthOf(step),
        whole: this.wholes.get(step.number),
        target: step.number === stepOfAddress(),
        href: this.linkTo(step),
        fold: () => this.set(step, this.depthOf(step) ? 0 : Math.max(1, this.base)),
        showAll: () => void this.showAll(step),
        copy: () => void this.copy(step),
      })}`;
  }

  private renderNow() {
    const { saying = "", doing = "" } = this.store ?? {};
    if (saying) return html`<div class="now">The model says …<pre class="plain">${visible(saying)}</pre></div>`;
    if (doing) return html`<div class="now">${visible(doing)}</div>`;
    return html`<div class="now">${this.steps.length ? "Working …" : "No steps yet. They appear here as they happen."}</div>`;
  }

  override updated(): void {
    const box = this.box.value;
    if (!box) return;
    if (this.wanted !== null && placeOf(this.steps, this.wanted) >= 0) this.arrive(box, this.wanted);
    else if (this.working && this.following) box.scrollTop = box.scrollHeight;
  }

  /** The wanted step is laid out: bring it to sight once. */
  private arrive(box: HTMLElement, number: number): void {
    const row = box.querySelector<HTMLElement>(`[data-step="${number}"]`);
    if (!row) return;
    this.wanted = null;
    box.scrollIntoView({ block: "nearest" });
    box.scrollTop = row.offsetTop - 8;
    row.focus({ preventScroll: true });
  }

  private read(): void {
    const found = this.detail ? byStem(this.detail, "transcript") : null;
    if (!found || !this.detail || found.ref.sha256 === this.transcript?.sha256) return;
    this.transcript?.stop();
    this.problem = "";
    const transcript = new Transcript(this.detail.attempt.attempt_id, found.name, found.ref.sha256, () => this.soon());
    this.transcript = transcript;
    transcript.load().catch((error) => {
      if (this.transcript !== transcript) return;
      const { title, detail } = asProblem(error);
      this.problem = detail || title;
    });
  }

  /** While a long transcript comes, it is drawn now and then. */
  private soon(): void {
    if (this.timer) return;
    this.timer = window.setTimeout(
      () => {
        this.timer = 0;
        this.requestUpdate();
      },
      this.steps.length > STRETCH && !this.transcript?.done ? REDRAW_MS : 0,
    );
  }

  private depthOf(step: Step): Depth {
    return this.depths.get(step.number) ?? this.base;
  }

  private set(step: Step, depth: number): void {
    this.depths.set(step.number, depth as Depth);
    if (depth < 3) this.wholes.delete(step.number);
    this.requestUpdate();
  }

  private all(depth: Depth): void {
    this.depths.clear();
    this.wholes.clear();
    this.base = depth;
  }

  private async showAll(step: Step): Promise<void> {
    try {
      if (this.transcript) this.wholes.set(step.number, await this.transcript.whole(step));
      this.depths.set(step.number, 3);
      this.requestUpdate();
    } catch (error) {
      notifyFailure("The step could not be read", error);
    }
  }

  private linkTo(step: Step): string {
    return `/attempts/${this.detail?.attempt.attempt_id ?? ""}#step-${step.number}`;
  }

  /** Without leave to copy, the link is at least in the address bar. */
  private async copy(step: Step): Promise<void> {
    const link = this.linkTo(step);
    try {
      await navigator.clipboard.writeText(new URL(link, location.href).href);
      await notify(`The link to step ${step.number} is copied.`, "success");
    } catch {
      go(link, "replace");
      await notify(`The link to step ${step.number} is in the address bar.`);
    }
  }

  private want(number: number | null): void {
    if (number !== null) this.wanted = number;
  }

  private typed(event: SubmitEvent): void {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).querySelector("input");
    const number = Number(field?.value.replaceAll(",", ""));
    if (!Number.isInteger(number) || number < 1) return;
    go(`${location.pathname}${location.search}#step-${number}`, "replace");
  }

  private turnTo(start: number): void {
    this.following = this.working && start >= this.steps.length - STRETCH;
    this.start = start;
    if (this.box.value) this.box.value.scrollTop = 0;
  }

  private follow(following: boolean): void {
    this.following = following;
  }

  /** Scrolling up is asking to stay; scrolling to the end is asking to follow again. */
  private scrolled(event: Event): void {
    if (!this.working || this.start + STRETCH < this.steps.length) return;
    const box = event.target as HTMLElement;
    this.following = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
  }
}
