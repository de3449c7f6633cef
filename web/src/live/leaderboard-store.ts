/** Topic `leaderboard[:<suite>]`: every snapshot replaces the whole board. */

import type { Board, Snapshot } from "../contracts.ts";
import type { FactResult, Store } from "./store.ts";

export class LeaderboardStore implements Store {
  readonly cursor = null;
  board: Board | null = null;

  snapshot(frame: Snapshot): void {
    this.board = frame.data as Board;
  }

  fact(): FactResult {
    return "applied";
  }
}
