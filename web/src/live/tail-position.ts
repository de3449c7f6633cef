/** How much of an attempt's output has been received: lines have offsets in characters, as Python counts them. */

import type { TailLine } from "../contracts.ts";

/** `missing` is the number of characters before the line that were not received. */
export interface OutputLine extends TailLine {
  missing: number;
}

export class TailPosition {
  private token = 0;
  private end = 0;

  /** What is new in the line; null if nothing is. After a reconnect the server repeats what it has kept. */
  newPart(line: TailLine): OutputLine | null {
    if (line.offset < 0 || line.token < this.token) return { ...line, missing: 0 };
    if (line.token > this.token) {
      this.token = line.token;
      this.end = 0;
    }
    const start = this.end;
    const end = line.offset + Math.max(1, characters(line.text));
    if (end <= start) return null;
    this.end = end;
    if (line.offset >= start) return { ...line, missing: line.offset - start };
    const text = Array.from(line.text)
      .slice(start - line.offset)
      .join("");
    return { ...line, text, offset: start, missing: 0 };
  }
}

/** Code points; `length` counts some of them twice. */
export function characters(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}
