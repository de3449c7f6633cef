import { afterEach, expect, test, vi } from "vitest";
import { RunsStore } from "../src/live/runs-store.ts";
import { run } from "./fixtures.ts";

afterEach(() => vi.unstubAllGlobals());

/** Browsers resolve a path against the page's address. */
class AbsoluteRequest extends Request {
  constructor(input: string, init?: RequestInit) {
    super(new URL(input, "http://localhost"), init);
  }
}

function answer(ids: string[], total: number, next: string) {
  const body = { items: ids.map((run_id) => ({ ...run(1), run_id })), total, next_cursor: next };
  return () => Promise.resolve(new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } }));
}

test("the number of runs includes those that are not listed yet, and new ones", async () => {
  const store = new RunsStore();
  vi.stubGlobal("Request", AbsoluteRequest);
  const { RunList } = await import("../src/pages/runs/run-list.ts");
  const list = new RunList({ status: "", suite: "", model: "", search: "" });
  vi.stubGlobal("fetch", answer(["r7", "r6"], 7, "r6"));
  await list.load(store);
  expect(list.count(store)).toBe(7);
  store.add([{ ...run(1), run_id: "r8" }]);
  expect(list.count(store)).toBe(8);
  vi.stubGlobal("fetch", answer(["r5", "r4"], 8, ""));
  await list.load(store);
  expect(list.count(store)).toBe(5);
});
