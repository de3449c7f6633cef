/** Why attempts of a run ended ungraded: each reason with its number of attempts and what to do next. */

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { getCauses } from "../../api.ts";
import { badge, badgeStyle } from "../../components/badge.ts";
import { nameStyle, unbrokenName } from "../../components/name.ts";
import { ThrottledFetch } from "../../components/throttled-fetch.ts";
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
  private readonly causes = new ThrottledFetch<Causes>(this, getCauses, MIN_REFRESH_MS);

  /** The numbers of ungraded attempts, on which the causes depend. */
  private get wanted(): string {
    const outcomes = this.progress?.outcomes ?? {};
    const counts = UNGRADED.map((name) => outcomes[name] ?? 0);
    return counts.some((count) => count > 0) ? `${counts}` : "";
  }

  override willUpdate(): void {
    this.causes.want(this.runId, this.wanted);
  }

  override render() {
    const { value, problem } = this.causes;
    const { items = [], more = 0 } = value ?? {};
    if (!this.wanted || (!items.length && !problem)) return nothing;
    return html`<section aria-labelledby="title">
      <header><h2 id="title">Causes</h2></header>
      ${problem ? html`<p class="more">Cannot load the causes: ${showControlCharacters(problem)}</p>` : nothing}
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
