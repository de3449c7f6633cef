/**
 * The page's only WebSocket. Elements that watch the same topic share a subscription. After a reconnect a run resumes
 * from its cursor, other topics get a new snapshot; a missing fact also triggers a snapshot. Nothing is polled.
 */

import ReconnectingWebSocket from "partysocket/ws";
import type { ClientFrame, Problem, ServerFrame } from "../contracts.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Store } from "./store.ts";

export type ConnectionState = "connecting" | "live" | "lost";

/** `latency_ms` is the round trip of the last ping, `retries` the number of reconnects tried. */
export interface Status {
  state: ConnectionState;
  degraded: string;
  latency_ms: number | null;
  retries: number;
}

export interface Subscription {
  readonly topic: string;
  readonly store: Store;
  problem: Problem | null;
  /** A snapshot was requested because facts were missing. */
  resyncing: boolean;
  readonly watchers: Set<() => void>;
}

/** The part of ReconnectingWebSocket that is used here. */
export interface Socket extends EventTarget {
  readonly readyState: number;
  readonly retryCount: number;
  send(text: string): void;
  reconnect(): void;
}

const OPEN = 1;
const RECONNECT_OPTIONS = {
  minReconnectionDelay: 300,
  maxReconnectionDelay: 4_000,
  connectionTimeout: 4_000,
  maxEnqueuedMessages: 0,
};

export class LiveConnection extends EventTarget {
  status: Status = { state: "connecting", degraded: "", latency_ms: null, retries: 0 };
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly changed = new Set<Subscription>();
  private flushScheduled = false;
  private readonly heartbeat: Heartbeat;

  constructor(
    private readonly socket: Socket,
    private readonly schedule: (flush: () => void) => void = (flush) => requestAnimationFrame(flush),
  ) {
    super();
    this.heartbeat = new Heartbeat(
      () => this.send({ type: "ping" }),
      () => this.onTimeout(),
    );
    socket.addEventListener("open", () => this.onOpen());
    socket.addEventListener("close", () => this.onClose());
    socket.addEventListener("message", (event) => this.onMessage(JSON.parse((event as MessageEvent<string>).data)));
  }

  /** Calls `watcher` after changes of the topic until `leave` is called. */
  watch<S extends Store>(
    topic: string,
    create: () => S,
    watcher: () => void,
  ): { subscription: Subscription & { store: S }; leave(): void } {
    const subscription = this.subscriptions.get(topic) ?? this.open(topic, create());
    subscription.watchers.add(watcher);
    const leave = () => this.leave(subscription, watcher);
    return { subscription: subscription as Subscription & { store: S }, leave };
  }

  /** Reconnects immediately, for example when the network is back. */
  retry(): void {
    if (this.status.state !== "live") this.socket.reconnect();
  }

  private open(topic: string, store: Store): Subscription {
    const subscription: Subscription = { topic, store, problem: null, resyncing: false, watchers: new Set() };
    this.subscriptions.set(topic, subscription);
    this.subscribe(subscription);
    return subscription;
  }

  private leave(subscription: Subscription, watcher: () => void): void {
    subscription.watchers.delete(watcher);
    if (subscription.watchers.size > 0 || this.subscriptions.get(subscription.topic) !== subscription) return;
    this.subscriptions.delete(subscription.topic);
    this.send({ type: "unsubscribe", topic: subscription.topic });
  }

  private subscribe(subscription: Subscription): void {
    const cursor = subscription.resyncing ? null : subscription.store.cursor;
    this.send({ type: "subscribe", topic: subscription.topic, ...(cursor === null ? {} : { cursor }) });
  }

  private send(frame: ClientFrame): void {
    if (this.socket.readyState === OPEN) this.socket.send(JSON.stringify(frame));
  }

  private onOpen(): void {
    this.updateStatus({ state: "live", retries: 0, degraded: "" });
    this.heartbeat.start();
    for (const subscription of this.subscriptions.values()) this.subscribe(subscription);
  }

  private onClose(): void {
    this.heartbeat.stop();
    this.updateStatus({ state: "lost", latency_ms: null, retries: this.socket.retryCount });
  }

  private onTimeout(): void {
    this.onClose();
    this.socket.reconnect();
  }

  /** A message can hold several frames. */
  private onMessage(frames: ServerFrame | ServerFrame[]): void {
    for (const frame of Array.isArray(frames) ? frames : [frames]) this.onFrame(frame);
  }

  private onFrame(frame: ServerFrame): void {
    const latency = this.heartbeat.onFrame(frame.type === "pong");
    if (latency !== null) this.updateStatus({ latency_ms: latency });
    if (frame.type === "degraded")
      this.updateStatus({ degraded: frame.degraded ? frame.reason || "no reason given" : "" });
    if (!("topic" in frame)) return;
    const subscription = this.subscriptions.get(frame.topic);
    if (!subscription) return;
    this.apply(subscription, frame);
    this.changed.add(subscription);
    this.scheduleFlush();
  }

  private apply(subscription: Subscription, frame: Exclude<ServerFrame, { type: "degraded" | "pong" }>): void {
    if (frame.type === "error") subscription.problem = frame.problem;
    else if (frame.type === "tail") subscription.store.tail?.(frame);
    else if (frame.type === "snapshot") {
      subscription.problem = null;
      subscription.resyncing = false;
      subscription.store.snapshot(frame);
    } else if (subscription.store.fact(frame) === "gap" && !subscription.resyncing) this.resync(subscription);
  }

  private resync(subscription: Subscription): void {
    subscription.resyncing = true;
    this.send({ type: "unsubscribe", topic: subscription.topic });
    this.subscribe(subscription);
  }

  private scheduleFlush(): void {
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    this.schedule(() => {
      this.flushScheduled = false;
      const subscriptions = [...this.changed];
      this.changed.clear();
      for (const subscription of subscriptions) for (const watcher of subscription.watchers) watcher();
    });
  }

  private updateStatus(change: Partial<Status>): void {
    this.status = { ...this.status, ...change };
    this.dispatchEvent(new Event("status"));
  }
}

let shared: LiveConnection | null = null;

/** The page's connection, opened on first use. */
export function live(): LiveConnection {
  if (!shared) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    shared = new LiveConnection(
      new ReconnectingWebSocket(`${scheme}://${location.host}/api/v1/live?batch=1`, [], RECONNECT_OPTIONS),
    );
    window.addEventListener("online", () => shared?.retry());
  }
  return shared;
}
