/**
 * The one WebSocket of this page. Topics are counted by who shows them, resumed after a break (runs from their cursor,
 * the rest by a new snapshot), and asked for anew when a fact is missing. It never polls.
 */

import ReconnectingWebSocket from "partysocket/ws";
import type { ClientFrame, Problem, ServerFrame } from "../contracts.ts";
import { Heart } from "./heart.ts";
import type { Store } from "./store.ts";

export type Line = "connecting" | "live" | "lost";

/** How the connection is; `latency_ms` is that of the last ping, `retry` counts attempts to reconnect. */
export interface Status {
  line: Line;
  degraded: string;
  latency_ms: number | null;
  retry: number;
}

export interface Feed {
  readonly topic: string;
  readonly store: Store;
  problem: Problem | null;
  /** A snapshot was asked for because facts were missing. */
  healing: boolean;
  readonly watchers: Set<() => void>;
}

/** The part of a reconnecting socket that is used here. */
export interface Socket extends EventTarget {
  readonly readyState: number;
  readonly retryCount: number;
  send(text: string): void;
  reconnect(): void;
}

const OPEN = 1;
const QUICK = {
  minReconnectionDelay: 300,
  maxReconnectionDelay: 4_000,
  connectionTimeout: 4_000,
  maxEnqueuedMessages: 0,
};

export class LiveConnection extends EventTarget {
  status: Status = { line: "connecting", degraded: "", latency_ms: null, retry: 0 };
  private readonly feeds = new Map<string, Feed>();
  private readonly changed = new Set<Feed>();
  private scheduled = false;
  private readonly heart: Heart;

  constructor(
    private readonly socket: Socket,
    private readonly schedule: (flush: () => void) => void = (flush) => requestAnimationFrame(flush),
  ) {
    super();
    this.heart = new Heart(
      () => this.send({ type: "ping" }),
      () => this.dead(),
    );
    socket.addEventListener("open", () => this.opened());
    socket.addEventListener("close", () => this.closed());
    socket.addEventListener("message", (event) => this.heard(JSON.parse((event as MessageEvent<string>).data)));
  }

  /** Shows a topic: calls `watcher` after changes, until what is returned is called. Stores are shared by topic. */
  watch<S extends Store>(
    topic: string,
    create: () => S,
    watcher: () => void,
  ): { feed: Feed & { store: S }; leave(): void } {
    const feed = this.feeds.get(topic) ?? this.open(topic, create());
    feed.watchers.add(watcher);
    return { feed: feed as Feed & { store: S }, leave: () => this.leave(feed, watcher) };
  }

  /** Tries again at once, for example when the network is back. */
  retry(): void {
    if (this.status.line !== "live") this.socket.reconnect();
  }

  private open(topic: string, store: Store): Feed {
    const feed: Feed = { topic, store, problem: null, healing: false, watchers: new Set() };
    this.feeds.set(topic, feed);
    this.ask(feed);
    return feed;
  }

  private leave(feed: Feed, watcher: () => void): void {
    feed.watchers.delete(watcher);
    if (feed.watchers.size > 0 || this.feeds.get(feed.topic) !== feed) return;
    this.feeds.delete(feed.topic);
    this.send({ type: "unsubscribe", topic: feed.topic });
  }

  private ask(feed: Feed): void {
    const cursor = feed.healing ? null : feed.store.cursor;
    this.send({ type: "subscribe", topic: feed.topic, ...(cursor === null ? {} : { cursor }) });
  }

  private send(frame: ClientFrame): void {
    if (this.socket.readyState === OPEN) this.socket.send(JSON.stringify(frame));
  }

  private opened(): void {
    this.report({ line: "live", retry: 0, degraded: "" });
    this.heart.start();
    for (const feed of this.feeds.values()) this.ask(feed);
  }

  private closed(): void {
    this.heart.stop();
    this.report({ line: "lost", latency_ms: null, retry: this.socket.retryCount });
  }

  private dead(): void {
    this.closed();
    this.socket.reconnect();
  }

  /** The gateway may put several frames into one message. */
  private heard(frames: ServerFrame | ServerFrame[]): void {
    for (const frame of Array.isArray(frames) ? frames : [frames]) this.received(frame);
  }

  private received(frame: ServerFrame): void {
    const latency = this.heart.beat(frame.type === "pong");
    if (latency !== null) this.report({ latency_ms: latency });
    if (frame.type === "degraded")
      this.report({ degraded: frame.degraded ? frame.reason || "updates are held up" : "" });
    if (!("topic" in frame)) return;
    const feed = this.feeds.get(frame.topic);
    if (!feed) return;
    this.apply(feed, frame);
    this.changed.add(feed);
    this.flushSoon();
  }

  private apply(feed: Feed, frame: Exclude<ServerFrame, { type: "degraded" | "pong" }>): void {
    if (frame.type === "error") feed.problem = frame.problem;
    else if (frame.type === "tail") feed.store.tail?.(frame);
    else if (frame.type === "snapshot") {
      feed.problem = null;
      feed.healing = false;
      feed.store.snapshot(frame);
    } else if (feed.store.fact(frame) === "gap" && !feed.healing) this.heal(feed);
  }

  private heal(feed: Feed): void {
    feed.healing = true;
    this.send({ type: "unsubscribe", topic: feed.topic });
    this.ask(feed);
  }

  private flushSoon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      const feeds = [...this.changed];
      this.changed.clear();
      for (const feed of feeds) for (const watcher of feed.watchers) watcher();
    });
  }

  private report(change: Partial<Status>): void {
    this.status = { ...this.status, ...change };
    this.dispatchEvent(new Event("status"));
  }
}

let shared: LiveConnection | null = null;

/** The page's connection, made when first asked for. */
export function live(): LiveConnection {
  if (!shared) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    shared = new LiveConnection(
      new ReconnectingWebSocket(`${scheme}://${location.host}/api/v1/live?batch=1`, [], QUICK),
    );
    window.addEventListener("online", () => shared?.retry());
  }
  return shared;
}
