/** Ties a topic to an element: subscribed while it is shown, and rendered again when the topic changes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { type Feed, live } from "./connection.ts";
import type { Store } from "./store.ts";

export class Topic<S extends Store> implements ReactiveController {
  private current: { feed: Feed & { store: S }; leave(): void } | null = null;
  private name = "";

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly create: () => S,
    private readonly changed: () => void = () => {},
  ) {
    host.addController(this);
  }

  get store(): S | null {
    return this.current?.feed.store ?? null;
  }

  get problem() {
    return this.current?.feed.problem ?? null;
  }

  /** Follows another topic from now on; nothing happens when it is the same. */
  follow(name: string): void {
    if (name === this.name) return;
    this.hostDisconnected();
    this.name = name;
    this.hostConnected();
  }

  hostConnected(): void {
    if (!this.name || this.current) return;
    this.current = live().watch(this.name, this.create, () => {
      this.changed();
      this.host.requestUpdate();
    });
  }

  hostDisconnected(): void {
    this.current?.leave();
    this.current = null;
  }
}
