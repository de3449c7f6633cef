/** A time relative to now, with the exact time in its title. */

import { html } from "lit";
import type { Instant } from "../contracts.ts";
import { absoluteTime, relativeTime } from "../format/time.ts";

export function timestamp(at: Instant) {
  return html`<time datetime=${at} title=${absoluteTime(at)}>${relativeTime(at)}</time>`;
}
