/** The filter of the models, kept in the URL, and what a model is known to accept. */

import type { Capabilities, ModelView } from "../../contracts.ts";
import { queryParam } from "../../router.ts";

type Ability = Exclude<keyof Capabilities, "context_tokens">;

export const ABILITIES: Record<Ability, string> = {
  vision: "images",
  tools: "tools",
  structured_output: "structured output",
  reasoning: "reasoning",
};

/** What a task can need of a model. */
export const NEEDS: Ability[] = ["vision", "tools", "structured_output"];

export interface ModelFilter {
  search: string;
  provider: string;
  kind: string;
  needs: Ability | "";
}

export function filterFromUrl(): ModelFilter {
  return {
    search: queryParam("search"),
    provider: queryParam("provider"),
    kind: queryParam("kind"),
    needs: NEEDS.find((need) => need === queryParam("needs")) ?? "",
  };
}

/** A model whose capability is unknown works with a task that needs it, as it does when a run is started. */
export function matches(model: ModelView, { search, provider, kind, needs }: ModelFilter): boolean {
  return (
    `${model.name} ${model.title}`.toLowerCase().includes(search.trim().toLowerCase()) &&
    (!provider || model.provider === provider) &&
    (!kind || model.kind === kind) &&
    (!needs || model.capabilities[needs] !== false)
  );
}

/** `["images", "no tools"]`; what is unknown is left out. */
export function abilityNames(capabilities: Capabilities): string[] {
  return (Object.keys(ABILITIES) as Ability[])
    .filter((ability) => capabilities[ability] !== null)
    .map((ability) => `${capabilities[ability] ? "" : "no "}${ABILITIES[ability]}`);
}
