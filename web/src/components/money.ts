/** A rounded amount, with the exact one in its title. */

import { html } from "lit";
import type { Usd } from "../contracts.ts";
import { dollars } from "../format/money.ts";

export function money(amount: Usd) {
  return html`<span class="number" title="$${amount}">${dollars(amount)}</span>`;
}
