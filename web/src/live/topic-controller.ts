/** Subscribes an element to a topic while it is connected, and updates it when the topic changes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { live, type Subscription } from "./connection.ts";
import type { Store } from "./store.ts";

export class TopicController<S extends Store> implements ReactiveController {
  private current: { subscription: Subscription & { store: S }; leave(): void } | null = null;
  private topic = "";

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly create: () => S,
    private readonly onChange: () => void = () => {},
  ) {
    host.addController(this);
  }

  get store(): S | null {
    return this.current?.subscription.store ?? null;
  }

  get problem() {
    return this.current?.subscription.problem ?? null;
  }

  /** Switches to a topic; does nothing if it is the current one. */
  follow(topic: string): void {
    if (topic === this.topic) return;
    this.hostDisconnected();
    this.topic = topic;
    this.hostConnected();
  }

  hostConnected(): void {
    if (!this.topic || this.current) return;
    this.current = live().watch(this.topic, this.create, () => {
      this.onChange();
      this.host.requestUpdate();
    });
  }

  hostDisconnected(): void {
    this.current?.leave();
    this.current = null;
  }
}
