import { beforeEach, expect, test } from "vitest";
import { LiveConnection, type Socket } from "../src/live/connection.ts";
import { RunStore } from "../src/live/run-store.ts";
import { RunsStore } from "../src/live/runs-store.ts";
import { attempt, fact, snapshot } from "./fixtures.ts";

class FakeSocket extends EventTarget implements Socket {
  readyState = 0;
  retryCount = 0;
  sent: { type: string; topic?: string; cursor?: number }[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  reconnect(): void {
    this.dispatchEvent(new Event("close"));
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  close(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }

  receive(frame: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  sentTopics(type: string) {
    return this.sent.filter((frame) => frame.type === type).map(({ topic, cursor }) => [topic, cursor]);
  }
}

let socket: FakeSocket;
let live: LiveConnection;

beforeEach(() => {
  socket = new FakeSocket();
  live = new LiveConnection(socket, (flush) => flush());
});

test("watchers of a topic share a subscription, and the last one ends it", () => {
  socket.open();
  const first = live.watch(
    "runs",
    () => new RunsStore(),
    () => {},
  );
  const second = live.watch(
    "runs",
    () => new RunsStore(),
    () => {},
  );
  expect(second.subscription).toBe(first.subscription);
  expect(socket.sentTopics("subscribe")).toEqual([["runs", undefined]]);
  first.leave();
  expect(socket.sentTopics("unsubscribe")).toEqual([]);
  second.leave();
  expect(socket.sentTopics("unsubscribe")).toEqual([["runs", undefined]]);
});

test("after a reconnect a run resumes from its cursor and the list gets a snapshot", () => {
  live.watch(
    "run:r1",
    () => new RunStore(),
    () => {},
  );
  live.watch(
    "runs",
    () => new RunsStore(),
    () => {},
  );
  socket.open();
  socket.receive(snapshot(3, attempt(0)));
  socket.sent = [];
  socket.close();
  expect(live.status.state).toBe("lost");
  socket.open();
  expect(live.status.state).toBe("live");
  expect(socket.sentTopics("subscribe")).toEqual([
    ["run:r1", 3],
    ["runs", undefined],
  ]);
});

test("a missing fact requests one snapshot until it arrives", () => {
  socket.open();
  const { subscription } = live.watch(
    "run:r1",
    () => new RunStore(),
    () => {},
  );
  socket.receive(snapshot(3, attempt(0), attempt(1)));
  socket.sent = [];
  socket.receive(fact(5, attempt(0, "done")));
  socket.receive(fact(8, attempt(1, "running")));
  expect(socket.sentTopics("subscribe")).toEqual([["run:r1", undefined]]);
  socket.receive(snapshot(8, attempt(0, "done"), attempt(1, "running")));
  expect(subscription.resyncing).toBe(false);
  expect(subscription.store.cursor).toBe(8);
});

test("many frames before a repaint notify once", () => {
  let paint = () => {};
  let notices = 0;
  live = new LiveConnection(socket, (flush) => {
    paint = flush;
  });
  socket.open();
  live.watch(
    "run:r1",
    () => new RunStore(),
    () => {
      notices += 1;
    },
  );
  socket.receive(snapshot(1, attempt(0)));
  socket.receive(fact(2, attempt(0, "done")));
  paint();
  expect(notices).toBe(1);
});

test("delayed updates and refused topics are reported", () => {
  socket.open();
  const { subscription } = live.watch(
    "run:zz",
    () => new RunStore(),
    () => {},
  );
  socket.receive({ type: "degraded", degraded: true, reason: "the bus is away" });
  socket.receive({
    type: "error",
    topic: "run:zz",
    problem: { code: "unknown_run", title: "Unknown run", status: 404 },
  });
  expect(live.status.degraded).toBe("the bus is away");
  expect(subscription.problem?.code).toBe("unknown_run");
});
