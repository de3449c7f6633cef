/** No such page. */

import { html, LitElement } from "lit";
import { customElement } from "lit/decorators.js";
import { ground } from "../design/styles.ts";
import { empty, noticeStyle } from "../components/empty-state.ts";
import { tellCrumbs } from "../shell/breadcrumbs.ts";

@customElement("missing-page")
export class MissingPage extends LitElement {
  static override styles = [ground, noticeStyle];

  override render() {
    tellCrumbs([{ name: "Not found" }]);
    return empty(
      "There is no such page",
      html`<p>Nothing is at <code>${location.pathname}</code>.</p><p><a href="/runs">All runs</a> · <a href="/leaderboard">Leaderboard</a></p>`,
    );
  }
}
