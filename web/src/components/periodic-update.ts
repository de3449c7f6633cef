/** Renders its host periodically, so that relative times stay correct. Fetches nothing. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

export class PeriodicUpdate implements ReactiveController {
  private timer = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly seconds: number,
    private readonly isNeeded: () => boolean = () => true,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.timer = window.setInterval(() => {
      if (this.isNeeded()) this.host.requestUpdate();
    }, this.seconds * 1000);
  }

  hostDisconnected(): void {
    window.clearInterval(this.timer);
  }
}
