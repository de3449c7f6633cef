/** Topic `leaderboard[:<suite>]`: a board that is replaced as a whole when results come in. */

import type { Board, Snapshot } from "../contracts.ts";
import type { Store, Taken } from "./store.ts";

export class BoardStore implements Store {
  readonly cursor = null;
  board: Board | null = null;
  /** Counts what was heard: a board or a fact that changes one. */
  heard = 0;

  snapshot(frame: Snapshot): void {
    this.board = frame.data as Board;
    this.heard += 1;
  }

  fact(): Taken {
    this.heard += 1;
    return "applied";
  }
}
