/** Asks for the gateway's token, once, where one is configured. The gateway answers with a cookie. */

import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { asProblem, signIn } from "../api.ts";
import { controls, ground } from "../design/styles.ts";

@customElement("sign-in")
export class SignIn extends LitElement {
  static override styles = [
    ground,
    controls,
    css`
      form { display: grid; gap: 12px; }
      label { display: grid; gap: 4px; }
      .wrong { color: var(--danger); }
    `,
  ];

  @query("input") private input!: HTMLInputElement;
  @state() private wrong = "";

  override render() {
    return html`<wa-dialog label="This gateway wants its token" open>
      <form @submit=${this.send}>
        <p class="quiet">It is the value of <code>ASSAY_TOKEN</code> the gateway was started with.</p>
        <label>Token <input type="password" autocomplete="current-password" required aria-describedby="wrong" /></label>
        <p id="wrong" class="wrong" role="alert">${this.wrong}</p>
        <wa-button type="submit" variant="brand" @click=${this.send}>Sign in</wa-button>
      </form>
    </wa-dialog>`;
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    try {
      await signIn(this.input.value);
      location.reload();
    } catch (error) {
      this.wrong = asProblem(error).title;
    }
  }
}
