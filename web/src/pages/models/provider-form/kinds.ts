/** What each kind of provider uses; the form shows nothing else. */

import type { ProviderKind } from "../../../contracts.ts";

interface KindFields {
  name: string;
  hint: string;
  /** What the address looks like; empty if the kind has none. */
  address: string;
  /** Whether the kind has an address of its own. */
  ownAddress?: boolean;
  /** Whether it has OpenAI's two APIs. */
  apis?: boolean;
  apiVersion?: boolean;
  /** Whether it has one model in memory at a time. */
  unloads?: boolean;
}

export const KINDS: Partial<Record<ProviderKind, KindFields>> = {
  openai: {
    name: "OpenAI-compatible",
    hint: "OpenAI, OpenRouter, vLLM, llama.cpp and most other servers",
    address: "http://127.0.0.1:8000/v1",
    apis: true,
  },
  azure: {
    name: "Azure OpenAI",
    hint: "models are named by their deployments",
    address: "https://NAME.openai.azure.com",
    apis: true,
    apiVersion: true,
  },
  anthropic: { name: "Anthropic", hint: "the Messages API", address: "Anthropic’s own", ownAddress: true },
  google: { name: "Google Gemini", hint: "the Gemini API", address: "Google’s own", ownAddress: true },
  ollama: { name: "Ollama", hint: "Ollama’s own API", address: "http://127.0.0.1:11434" },
  lmstudio: {
    name: "LM Studio",
    hint: "models are loaded and unloaded, one at a time",
    address: "http://127.0.0.1:1234/v1",
    unloads: true,
  },
  transformers: {
    name: "Hugging Face transformers",
    hint: "the model host runs transformers serve; names are those of the Hugging Face Hub",
    address: "",
  },
};

export function kindName(kind: ProviderKind): string {
  return KINDS[kind]?.name ?? (kind === "embedded" ? "Embedded" : "Built in");
}
