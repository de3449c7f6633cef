/** The state of a topic, built from its frames. Stores are mutated in place; watchers run once per animation frame. */

import type { FactFrame, Snapshot, TailFrame } from "../contracts.ts";

/** `stale`: already applied; `gap`: applied, but earlier facts are missing, so a snapshot is needed. */
export type FactResult = "applied" | "stale" | "gap";

export interface Store {
  /** The sequence to resume after; null if the topic always needs a snapshot. */
  readonly cursor: number | null;
  snapshot(frame: Snapshot): void;
  fact(frame: FactFrame): FactResult;
  tail?(frame: TailFrame): void;
}
