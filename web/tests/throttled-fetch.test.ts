import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ThrottledFetch } from "../src/components/throttled-fetch.ts";

const MIN_MS = 5_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A fetch whose host renders again at once, and the subjects it was asked for. */
function host(answer: (subject: string) => Promise<string>) {
  const asked: string[] = [];
  const wanted = { subject: "run", version: "1" };
  const update = () => fetch.want(wanted.subject, wanted.version);
  const element = { addController: () => {}, removeController: () => {}, requestUpdate: update };
  const ask = (subject: string) => {
    asked.push(subject);
    return answer(subject);
  };
  const fetch = new ThrottledFetch<string>({ ...element, updateComplete: Promise.resolve(true) }, ask, MIN_MS);
  return { asked, wanted, update, fetch };
}

test("a value is fetched at once, and its newer versions at most every few seconds", async () => {
  const { asked, wanted, update, fetch } = host(async () => "value");
  update();
  await vi.advanceTimersByTimeAsync(0);
  expect([fetch.value, asked.length]).toEqual(["value", 1]);
  for (const version of ["2", "3", "4"]) {
    wanted.version = version;
    update();
  }
  await vi.advanceTimersByTimeAsync(MIN_MS - 1);
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(10 * MIN_MS);
  expect(asked.length).toBe(2);
});

test("a failure is shown, and fetched again until it succeeds", async () => {
  let down = true;
  const { asked, update, fetch } = host(async () => {
    if (down) throw { title: "Unavailable", detail: "the ledger does not answer", errors: [] };
    return "value";
  });
  update();
  await vi.advanceTimersByTimeAsync(2 * MIN_MS);
  expect(fetch.problem).not.toBe("");
  down = false;
  await vi.advanceTimersByTimeAsync(MIN_MS);
  expect([fetch.value, fetch.problem, asked.length]).toEqual(["value", "", 4]);
});

test("another subject forgets the value, and an answer that comes too late is dropped", async () => {
  const answers = new Map<string, (value: string) => void>();
  const { wanted, update, fetch } = host((subject) => new Promise((resolve) => answers.set(subject, resolve)));
  update();
  await vi.advanceTimersByTimeAsync(0);
  wanted.subject = "other";
  update();
  answers.get("run")?.("late");
  await vi.advanceTimersByTimeAsync(MIN_MS);
  expect(fetch.value).toBeNull();
  answers.get("other")?.("value");
  await vi.advanceTimersByTimeAsync(0);
  expect(fetch.value).toBe("value");
});
