import { afterEach, expect, test, vi } from "vitest";
import { Transcript } from "../src/pages/attempt/steps/transcript.ts";

/** Serves an artifact: in chunks of `size` bytes, or the requested range. Returns the requested ranges. */
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

test.each([1, 2, 7, 4096])("steps do not depend on the size of the chunks, %i bytes", async (size) => {
  const content = line(1, "größer als €5 🙂") + line(2, "") + line(3, "the last, without a newline").trimEnd();
  serve(content, size);
  const transcript = await read();
  expect(transcript.steps.map(({ text }) => text)).toEqual(["größer als €5 🙂", "", "the last, without a newline"]);
  expect(transcript.done).toBe(true);
  const bytes = new TextEncoder().encode(content);
  for (const step of transcript.steps) {
    const { first, last } = step.byteRange ?? { first: 0, last: -1 };
    expect(JSON.parse(new TextDecoder().decode(bytes.slice(first, last + 1))).number).toBe(step.number);
  }
});

test("a long text is truncated, and its complete text is fetched by its byte range", async () => {
  const long = `ä${"x".repeat(50_000)}\nend`;
  const content = line(1, "short") + line(2, long) + line(3, "after");
  const ranges = serve(content, 1000);
  const transcript = await read();
  const [short, cut] = transcript.steps;
  if (!short || !cut) throw new Error("no steps");
  expect([cut.text.length, cut.totalCharacters, cut.totalLines]).toEqual([2_000, long.length, 2]);
  expect(await transcript.fullText(short)).toBe("short");
  expect(ranges).toEqual([]);
  expect(await transcript.fullText(cut)).toBe(long);
  expect(ranges).toEqual([`bytes=${cut.byteRange?.first}-${cut.byteRange?.last}`]);
});

test("invalid lines and repeated numbers are counted and skipped", async () => {
  const content = `${line(1, "one")}<html>\n\n${line(1, "one again")}{"number": 0}\n${line(5, "five")}`;
  serve(content, 11);
  const transcript = await read();
  expect(transcript.steps.map(({ number }) => number)).toEqual([1, 5]);
  expect(transcript.unreadable).toBe(3);
});
