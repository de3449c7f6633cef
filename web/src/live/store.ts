/** What a topic's frames build up. A store is changed in place; whoever shows it is told once per animation frame. */

import type { FactFrame, Snapshot, TailFrame } from "../contracts.ts";

/** `stale`: known already; `gap`: applied, but facts before it are missing, so a snapshot is needed. */
export type Taken = "applied" | "stale" | "gap";

export interface Store {
  /** The sequence to resume after; null when only a snapshot will do. */
  readonly cursor: number | null;
  snapshot(frame: Snapshot): void;
  fact(frame: FactFrame): Taken;
  tail?(frame: TailFrame): void;
}
