import { afterEach, expect, test, vi } from "vitest";
import { Transcript } from "../src/pages/attempt/steps/transcript.ts";

/** The artifact's bytes as a server gives them: whole in pieces of `size`, or the range that was asked for. */
function serve(content: string, size: number): string[] {
  const bytes = new TextEncoder().encode(content);
  const ranges: string[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    const range = new Headers(init.headers).get("range");
    if (range) {
      ranges.push(range);
      const [first = 0, last = 0] = range.slice("bytes=".length).split("-").map(Number);
      return new Response(bytes.slice(first, last + 1), { status: 206 });
    }
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    });
    return new Response(body);
  });
  return ranges;
}

async function read(): Promise<Transcript> {
  const transcript = new Transcript("a-0", "transcript.jsonl", "00", () => {});
  await transcript.load();
  return transcript;
}

function line(number: number, text: string): string {
  return `${JSON.stringify({ number, turn: 1, kind: "result", time: "", text })}\n`;
}

afterEach(() => vi.unstubAllGlobals());

test.each([1, 2, 7, 4096])("steps are the same however the bytes come, %i at a time", async (size) => {
  const content = line(1, "größer als €5 🙂") + line(2, "") + line(3, "the last, without an end").trimEnd();
  serve(content, size);
  const transcript = await read();
  expect(transcript.steps.map(({ text }) => text)).toEqual(["größer als €5 🙂", "", "the last, without an end"]);
  expect(transcript.done).toBe(true);
  const bytes = new TextEncoder().encode(content);
  for (const step of transcript.steps) {
    const { first, last } = step.bytes ?? { first: 0, last: -1 };
    expect(JSON.parse(new TextDecoder().decode(bytes.slice(first, last + 1))).number).toBe(step.number);
  }
});

test("of a long text the beginning is kept, and the whole is asked for by its place", async () => {
  const long = `ä${"x".repeat(50_000)}\nend`;
  const content = line(1, "short") + line(2, long) + line(3, "after");
  const ranges = serve(content, 1000);
  const transcript = await read();
  const [short, cut] = transcript.steps;
  if (!short || !cut) throw new Error("no steps");
  expect([cut.text.length, cut.characters, cut.lines]).toEqual([2_000, long.length, 2]);
  expect(await transcript.whole(short)).toBe("short");
  expect(ranges).toEqual([]);
  expect(await transcript.whole(cut)).toBe(long);
  expect(ranges).toEqual([`bytes=${cut.bytes?.first}-${cut.bytes?.last}`]);
});

test("what is no step, or a number again, is counted and left out", async () => {
  const content = `${line(1, "one")}<html>\n\n${line(1, "one again")}{"number": 0}\n${line(5, "five")}`;
  serve(content, 11);
  const transcript = await read();
  expect(transcript.steps.map(({ number }) => number)).toEqual([1, 5]);
  expect(transcript.unreadable).toBe(3);
});
