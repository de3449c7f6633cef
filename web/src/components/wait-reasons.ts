/** Why attempts wait, in words: short for a list, as a headline, and what it means where the ledger does not say. */

import type { WaitReason } from "../contracts.ts";

interface Words {
  short: string;
  told: string;
  otherwise: string;
}

export const WAITS: Record<WaitReason, Words> = {
  paused: {
    short: "",
    told: "The run is paused",
    otherwise: "nothing new begins until it is resumed",
  },
  budget: {
    short: "waits for money",
    told: "Attempts wait for money",
    otherwise: "what the limits leave does not cover the next one yet",
  },
  concurrency: {
    short: "at its own cap",
    told: "Attempts wait for others of this run",
    otherwise: "as many are under way as it may have at once",
  },
  provider: {
    short: "at the provider's cap",
    told: "Attempts wait for the provider",
    otherwise: "as many are under way as it takes at once",
  },
  no_runner: {
    short: "no runner",
    told: "Attempts wait for a runner",
    otherwise: "none is there to carry them out",
  },
  no_judge: {
    short: "no judge",
    told: "Attempts wait for a judge",
    otherwise: "none is there to grade what was handed in",
  },
  capacity: {
    short: "workers are busy",
    told: "Attempts wait for a free worker",
    otherwise: "all are busy, and other runs have their turn first",
  },
};

/** Somebody should do something about these; the others pass by themselves. */
export const LACKING: ReadonlySet<WaitReason> = new Set(["budget", "no_runner", "no_judge"]);
