/** The page for unknown paths. */

import { html, LitElement } from "lit";
import { customElement } from "lit/decorators.js";
import { emptyStateStyle } from "../components/empty-state.ts";
import { base } from "../design/styles.ts";
import { setBreadcrumbs } from "../shell/breadcrumbs.ts";

@customElement("not-found-page")
export class NotFoundPage extends LitElement {
  static override styles = [base, emptyStateStyle];

  override render() {
    setBreadcrumbs([{ name: "Not found" }]);
    return html`<section class="empty-state">
      <h1>Page not found</h1>
      <p>There is no page at <code>${location.pathname}</code>.</p>
      <p><a href="/runs">All runs</a> · <a href="/leaderboard">Leaderboard</a></p>
    </section>`;
  }
}
