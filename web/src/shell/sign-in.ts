/** Sign-in dialog, shown if the gateway requires a token. The gateway sets a cookie. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, signIn } from "../api.ts";
import { base, controls } from "../design/styles.ts";

@customElement("sign-in")
export class SignIn extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      form { display: grid; gap: 12px; }
      label { display: grid; gap: 4px; }
      .error { color: var(--danger); }
    `,
  ];

  @query("input") private input!: HTMLInputElement;
  @state() private error = "";

  override render() {
    return html`<wa-dialog label="Sign in" open>
      <form @submit=${this.submit}>
        <p class="quiet">The token is the value of <code>ASSAY_TOKEN</code> with which the gateway was started.</p>
        <label>Token <input type="password" autocomplete="current-password" required aria-describedby="error" /></label>
        <p id="error" class="error" role="alert">${this.error}</p>
        <wa-button type="submit" variant="brand" @click=${this.submit}>Sign in</wa-button>
      </form>
    </wa-dialog>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    try {
      await signIn(this.input.value);
      location.reload();
    } catch (error) {
      this.error = asProblem(error).title;
    }
  }
}
