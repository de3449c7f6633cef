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

  say(frame: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  asked(type: string) {
    return this.sent.filter((frame) => frame.type === type).map(({ topic, cursor }) => [topic, cursor]);
  }
}

let socket: FakeSocket;
let live: LiveConnection;

beforeEach(() => {
  socket = new FakeSocket();
  live = new LiveConnection(socket, (flush) => flush());
});

test("a topic is subscribed once for all who show it, and left by the last", () => {
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
  expect(second.feed).toBe(first.feed);
  expect(socket.asked("subscribe")).toEqual([["runs", undefined]]);
  first.leave();
  expect(socket.asked("unsubscribe")).toEqual([]);
  second.leave();
  expect(socket.asked("unsubscribe")).toEqual([["runs", undefined]]);
});

test("after a break a run resumes from its cursor and the list asks for a snapshot", () => {
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
  socket.say(snapshot(3, attempt(0)));
  socket.sent = [];
  socket.close();
  expect(live.status.line).toBe("lost");
  socket.open();
  expect(live.status.line).toBe("live");
  expect(socket.asked("subscribe")).toEqual([
    ["run:r1", 3],
    ["runs", undefined],
  ]);
});

test("a missing fact asks for one snapshot, and only one until it comes", () => {
  socket.open();
  const { feed } = live.watch(
    "run:r1",
    () => new RunStore(),
    () => {},
  );
  socket.say(snapshot(3, attempt(0), attempt(1)));
  socket.sent = [];
  socket.say(fact(5, attempt(0, "done")));
  socket.say(fact(8, attempt(1, "running")));
  expect(socket.asked("subscribe")).toEqual([["run:r1", undefined]]);
  socket.say(snapshot(8, attempt(0, "done"), attempt(1, "running")));
  expect(feed.healing).toBe(false);
  expect(feed.store.cursor).toBe(8);
});

test("many frames before a paint are one notice", () => {
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
  socket.say(snapshot(1, attempt(0)));
  socket.say(fact(2, attempt(0, "done")));
  paint();
  expect(notices).toBe(1);
});

test("held up updates and refused topics are told", () => {
  socket.open();
  const { feed } = live.watch(
    "run:zz",
    () => new RunStore(),
    () => {},
  );
  socket.say({ type: "degraded", degraded: true, reason: "the bus is away" });
  socket.say({ type: "error", topic: "run:zz", problem: { code: "unknown_run", title: "Unknown run", status: 404 } });
  expect(live.status.degraded).toBe("the bus is away");
  expect(feed.problem?.code).toBe("unknown_run");
});
