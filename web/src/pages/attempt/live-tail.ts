/** Live output of an attempt, line by line. Follows the end until the reader scrolls up. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { createRef, ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import { AnsiParser, ansiStyle, renderStyledText } from "../../components/ansi.ts";
import { plainStyle, truncateLine } from "../../components/untrusted-text.ts";
import { base, controls } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";
import { clockTime } from "../../format/time.ts";
import type { OutputLine } from "../../live/tail-position.ts";

const MAX_LINES = 800;

@customElement("live-tail")
export class LiveTail extends LitElement {
  static override styles = [
    base,
    controls,
    plainStyle,
    ansiStyle,
    css`
      .bar {
        display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; padding: 8px 14px;
        border-bottom: 1px solid var(--line); color: var(--quiet); font-size: 13px;
      }
      .lines { height: min(60vh, 560px); overflow-y: auto; padding: 8px 0; overflow-anchor: none; }
      .line {
        display: grid; grid-template-columns: 92px 58px 1fr; gap: 0 10px; padding: 0 14px;
        font: 12.5px/1.55 var(--mono);
      }
      .line > :last-child { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
      .line time, .line .kind { color: var(--quiet); font-size: 11.5px; }
      .line.step > :last-child { color: var(--accent); }
      .line.stderr > :last-child { color: var(--danger); }
      .line.prompt > :last-child, .line.reasoning > :last-child { color: var(--quiet); }
      .lost { color: var(--warn); }
      .gap { padding: 3px 14px; color: var(--quiet); font-size: 12.5px; }
      .gap::before { content: "⋯ "; }
      @media (max-width: 640px) { .line { grid-template-columns: 50px 1fr; } .line time { display: none; } }
    `,
  ];

  @property({ attribute: false }) lines: OutputLine[] = [];
  @property({ type: Number }) version = 0;
  @property({ type: Number }) droppedLines = 0;
  @state() private following = true;
  private readonly container = createRef<HTMLDivElement>();
  private shownLines: OutputLine[] = [];

  override render() {
    if (this.following || this.shownLines.length === 0) this.shownLines = this.lines.slice(-MAX_LINES);
    return html`
      <div class="bar">
        <button class="tool" aria-pressed=${!this.following} @click=${() => this.setFollowing(!this.following)}>
          ${this.following ? "Pause" : "Follow"}
        </button>
        <span>${this.following ? "following" : "paused"}</span>
        ${this.droppedLines ? this.renderDropped() : nothing}
      </div>
      <div class="lines" role="log" aria-label="Live output" aria-live="off" tabindex="0"
          ${ref(this.container)} @scroll=${this.onScroll}>
        ${repeat(
          this.shownLines,
          (_, index) => index,
          (line) => this.renderLine(line),
        )}
      </div>`;
  }

  private renderDropped() {
    const lines = plural(this.droppedLines, "line");
    return html`<span class="lost">${lines} not received live; the stored artifacts are complete.</span>`;
  }

  private renderLine(line: OutputLine) {
    const text = line.text.replace(/\n$/, "").split("\n").map(truncateLine).join("\n");
    const styled = renderStyledText(new AnsiParser().parse(`${text}\n`));
    return html`${line.missing ? renderGap(line) : nothing}<div class="line ${line.kind}">
      <time datetime=${line.time}>${clockTime(line.time)}</time>
      <span class="kind">${line.kind}</span>
      <span>${styled}</span>
    </div>`;
  }

  override updated(): void {
    const box = this.container.value;
    if (this.following && box) box.scrollTop = box.scrollHeight;
  }

  private setFollowing(following: boolean): void {
    this.following = following;
  }

  /** Scrolling up stops following, scrolling to the end resumes it. */
  private onScroll(event: Event): void {
    const box = event.target as HTMLElement;
    this.following = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
  }
}

/** The first line of a try follows a gap if the runner no longer keeps the beginning. */
function renderGap({ missing, offset }: OutputLine) {
  const where = missing === offset ? "earlier" : "more";
  return html`<div class="gap">${plural(missing, `${where} character`)} not received live</div>`;
}
