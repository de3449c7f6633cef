/** Which artifact is which: the names a runner and a judge give what they keep. */

import type { ArtifactRef, AttemptDetail } from "../../contracts.ts";

export interface Named {
  name: string;
  ref: ArtifactRef;
}

/** The artifact whose name is `stem`, whatever its ending. */
export function byStem(detail: AttemptDetail, stem: string): Named | null {
  return artifacts(detail).find(({ name }) => name === stem || name.startsWith(`${stem}.`)) ?? null;
}

export function artifacts(detail: AttemptDetail): Named[] {
  return Object.entries(detail.artifacts)
    .map(([name, ref]) => ({ name, ref }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What was printed while the attempt was made, and then while it was graded. */
export function logs(detail: AttemptDetail): Named[] {
  const found = artifacts(detail).filter(({ name }) => /(^|[./_-])(stdout|stderr|log)([._-]|$)/.test(name));
  const judges = ({ name }: Named) => Number(name.startsWith("judge"));
  return found.sort((a, b) => judges(a) - judges(b) || b.name.localeCompare(a.name));
}

export interface Said {
  role: string;
  text: string;
}

/** A prompt that is kept as messages; null when it is plain text. */
export function messages(text: string): Said[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    const body: unknown = JSON.parse(text);
    const list = Array.isArray(body) ? body : (body as { messages?: unknown }).messages;
    if (!Array.isArray(list) || !list.every((one) => typeof one?.role === "string")) return null;
    return list.map((one) => ({ role: one.role, text: contentOf(one.content) }));
  } catch {
    return null;
  }
}

function contentOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}
