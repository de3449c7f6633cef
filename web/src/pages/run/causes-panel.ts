/** Why attempts of a run ended ungraded: each reason with its number of attempts and what to do next. */

import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { asProblem, getCauses } from "../../api.ts";
import { badge, badgeStyle } from "../../components/badge.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import { showControlCharacters, withCommands } from "../../components/untrusted-text.ts";
import type { Cause, Causes, Progress } from "../../contracts.ts";
import { base } from "../../design/styles.ts";
import { plural } from "../../format/number.ts";

const UNGRADED = ["timeout", "limit", "refused", "agent_error", "infra_error"] as const;
const MIN_REFRESH_MS = 1_500;
const MAX_NAMES = 3;

@customElement("causes-panel")
export class CausesPanel extends LitElement {
  static override styles = [
    base,
    badgeStyle,
    nameStyle,
    css`
      section { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); }
      section { margin-top: var(--gap); }
      header { padding: 10px 14px; border-bottom: 1px solid var(--line); }
      ul { list-style: none; margin: 0; padding: 0; }
      li { display: grid; grid-template-columns: 190px minmax(0, 1fr); gap: 4px 16px; padding: 10px 14px; }
      li + li { border-top: 1px solid var(--line); }
      li p { overflow-wrap: break-word; unicode-bidi: plaintext; max-width: 110ch; }
      .remedy, small, .more { color: var(--quiet); font-size: 13px; }
      small { display: block; }
      .more { padding: 0 14px 10px; }
      @media (max-width: 640px) { li { grid-template-columns: minmax(0, 1fr); } }
    `,
  ];

  @property() runId = "";
  @property({ attribute: false }) progress: Progress | null = null;
  @state() private causes: Causes | null = null;
  @state() private problem = "";
  private loaded = "";
  private timer = 0;
  private refreshedAt = Number.NEGATIVE_INFINITY;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  /** What the causes depend on: the run, and its numbers of ungraded attempts. */
  private get wanted(): string {
    const outcomes = this.progress?.outcomes ?? {};
    const counts = UNGRADED.map((name) => outcomes[name] ?? 0);
    return counts.some((count) => count > 0) ? `${this.runId} ${counts}` : "";
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has("runId") && changed.get("runId")) this.causes = null;
    if (!this.wanted || this.wanted === this.loaded || this.timer) return;
    const wait = Math.max(0, this.refreshedAt + MIN_REFRESH_MS - performance.now());
    this.timer = window.setTimeout(() => void this.load(), wait);
  }

  private async load(): Promise<void> {
    const { runId, wanted } = this;
    this.loaded = wanted;
    this.refreshedAt = performance.now();
    try {
      const causes = await getCauses(runId);
      if (runId === this.runId) [this.causes, this.problem] = [causes, ""];
    } catch (error) {
      const { title, detail } = asProblem(error);
      this.problem = `Cannot load the causes: ${detail || title}`;
    }
    this.timer = 0;
    this.requestUpdate();
  }

  override render() {
    if (!this.wanted || (!this.causes?.items.length && !this.problem)) return nothing;
    const { items = [], more = 0 } = this.causes ?? {};
    return html`<section aria-labelledby="title">
      <header><h2 id="title">Causes</h2></header>
      ${this.problem ? html`<p class="more">${showControlCharacters(this.problem)}</p>` : nothing}
      <ul>${items.map(renderCause)}</ul>
      ${more ? html`<p class="more">${plural(more, "more attempt")} with other causes</p>` : nothing}
    </section>`;
  }
}

function renderCause(cause: Cause) {
  const { outcome, attempts, kind, reason, remedy, first_attempt_id: first, models } = cause;
  const filter = new URLSearchParams({ outcome, ...(models.length === 1 ? { model: models[0] } : {}) });
  const prefix = kind ? `${kind}: ` : "";
  return html`<li data-outcome=${outcome}>
    <div>
      <a href=${`?${filter}`}>${badge(outcome)} · ${plural(attempts, "attempt")}</a>
      <small>${renderNames(models)}</small>
      <small><a href="/attempts/${first}">First attempt</a></small>
    </div>
    <div>
      <p>${prefix}${reason ? showControlCharacters(reason) : "no reason was given"}</p>
      ${remedy ? html`<p class="remedy">${withCommands(remedy)}</p>` : nothing}
    </div>
  </li>`;
}

function renderNames(names: string[]) {
  if (names.length > MAX_NAMES) return plural(names.length, "model");
  return names.map((name, index) => html`${index ? ", " : ""}${unbrokenName(name)}`);
}
