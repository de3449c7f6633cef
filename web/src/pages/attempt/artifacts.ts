/** Finds artifacts by the names that runners and judges give them. */

import type { ArtifactRef, AttemptDetail } from "../../contracts.ts";

export interface NamedArtifact {
  name: string;
  ref: ArtifactRef;
}

/** The artifact named `stem`, with any extension. */
export function findArtifact(detail: AttemptDetail, stem: string): NamedArtifact | null {
  return listArtifacts(detail).find(({ name }) => name === stem || name.startsWith(`${stem}.`)) ?? null;
}

export function listArtifacts(detail: AttemptDetail): NamedArtifact[] {
  return Object.entries(detail.artifacts)
    .map(([name, ref]) => ({ name, ref }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Logs of the runner, then those of the judge. */
export function listLogs(detail: AttemptDetail): NamedArtifact[] {
  const logs = listArtifacts(detail).filter(({ name }) => /(^|[./_-])(stdout|stderr|log)([._-]|$)/.test(name));
  const judges = ({ name }: NamedArtifact) => Number(name.startsWith("judge"));
  return logs.sort((a, b) => judges(a) - judges(b) || b.name.localeCompare(a.name));
}

export interface PromptMessage {
  role: string;
  text: string;
}

/** The messages of a prompt; null if it is plain text. */
export function parsePrompt(text: string): PromptMessage[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    const body: unknown = JSON.parse(text);
    const list = Array.isArray(body) ? body : (body as { messages?: unknown }).messages;
    if (!Array.isArray(list) || !list.every((message) => typeof message?.role === "string")) return null;
    return list.map(({ role, content, images }) => ({ role, text: imageLines(images) + contentText(content) }));
  } catch {
    return null;
  }
}

/** The images of a message, which are named and not stored with the prompt. */
function imageLines(images: unknown): string {
  if (!Array.isArray(images)) return "";
  return images.map(({ name, media_type, size_bytes }) => `[${name}: ${media_type}, ${size_bytes} bytes]\n`).join("");
}

function contentText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}
