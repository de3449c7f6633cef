/** A moment told relative to now, with the exact time in its title. */

import { html } from "lit";
import type { Instant } from "../contracts.ts";
import { absolute, ago } from "../format/time.ts";

export function moment(at: Instant) {
  return html`<time datetime=${at} title=${absolute(at)}>${ago(at)}</time>`;
}
