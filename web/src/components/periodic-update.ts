/** Renders its host now and then, so that what is relative to now stays true. Asks nobody for anything. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Ticking implements ReactiveController {
  private timer = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly seconds: number,
    private readonly wanted: () => boolean = () => true,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.timer = window.setInterval(() => {
      if (this.wanted()) this.host.requestUpdate();
    }, this.seconds * 1000);
  }

  hostDisconnected(): void {
    window.clearInterval(this.timer);
  }
}
