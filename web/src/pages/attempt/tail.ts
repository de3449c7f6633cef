/** What an attempt says while it works, line by line, following the end until one scrolls away from it. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { createRef, ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import type { TailLine } from "../../contracts.ts";
import { controls, ground } from "../../design/sheets.ts";
import { plural } from "../../format/number.ts";
import { clock } from "../../format/time.ts";
import { ansiStyle, renderPieces, Terminal } from "../../parts/ansi.ts";
import { cutLine, plainStyle } from "../../parts/plain.ts";

const SHOWN = 800;

@customElement("live-tail")
export class LiveTail extends LitElement {
  static override styles = [
    ground,
    controls,
    plainStyle,
    ansiStyle,
    css`
      .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; padding: 8px 14px; border-bottom: 1px solid var(--line); color: var(--quiet); font-size: 13px; }
      .lines { height: min(60vh, 560px); overflow-y: auto; padding: 8px 0; overflow-anchor: none; }
      .line { display: grid; grid-template-columns: 92px 58px 1fr; gap: 0 10px; padding: 0 14px; font: 12.5px/1.55 var(--mono); }
      .line > :last-child { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
      .line time, .line .kind { color: var(--quiet); font-size: 11.5px; }
      .line.step > :last-child { color: var(--accent); }
      .line.stderr > :last-child { color: var(--danger); }
      .line.prompt > :last-child { color: var(--quiet); }
      .lost { color: var(--warn); }
      @media (max-width: 640px) { .line { grid-template-columns: 50px 1fr; } .line time { display: none; } }
    `,
  ];

  @property({ attribute: false }) lines: TailLine[] = [];
  @property({ type: Number }) version = 0;
  @property({ type: Number }) lost = 0;
  @state() private following = true;
  private readonly box = createRef<HTMLDivElement>();
  private kept: TailLine[] = [];

  override render() {
    if (this.following || this.kept.length === 0) this.kept = this.lines.slice(-SHOWN);
    return html`
      <div class="bar">
        <button class="tool" aria-pressed=${!this.following} @click=${() => this.follow(!this.following)}>${this.following ? "Pause" : "Follow"}</button>
        <span>${this.following ? "following" : "paused"}</span>
        ${this.lost ? html`<span class="lost">${plural(this.lost, "line")} lost on the way; the whole is kept in the artifacts.</span>` : nothing}
      </div>
      <div class="lines" role="log" aria-label="Live output" aria-live="off" tabindex="0" ${ref(this.box)} @scroll=${this.scrolled}>
        ${repeat(
          this.kept,
          (_, at) => at,
          (line) => this.renderLine(line),
        )}
      </div>`;
  }

  private renderLine(line: TailLine) {
    const text = line.text.replace(/\n$/, "").split("\n").map(cutLine).join("\n");
    return html`<div class="line ${line.kind}"><time datetime=${line.time}>${clock(line.time)}</time><span class="kind">${line.kind}</span><span>${renderPieces(new Terminal().read(`${text}\n`))}</span></div>`;
  }

  override updated(): void {
    const box = this.box.value;
    if (this.following && box) box.scrollTop = box.scrollHeight;
  }

  private follow(following: boolean): void {
    this.following = following;
  }

  /** Scrolling up is asking to stay; scrolling to the end is asking to follow again. */
  private scrolled(event: Event): void {
    const box = event.target as HTMLElement;
    this.following = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
  }
}
