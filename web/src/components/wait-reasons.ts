/** Why attempts wait, as text. */

import type { WaitReason } from "../contracts.ts";

interface ReasonText {
  /** Short, for the list of runs. */
  label: string;
  title: string;
  /** Used if the ledger gives no detail. */
  detail: string;
}

export const WAIT_REASONS: Record<WaitReason, ReasonText> = {
  paused: {
    label: "",
    title: "Paused",
    detail: "no new attempts start until the run is resumed",
  },
  budget: {
    label: "waiting for budget",
    title: "Waiting for budget",
    detail: "the budget left does not cover the next attempt",
  },
  concurrency: {
    label: "at concurrency limit",
    title: "At the run's concurrency limit",
    detail: "the next attempt starts when another one ends",
  },
  provider: {
    label: "at provider limit",
    title: "Limited by provider concurrency",
    detail: "the next attempt starts when another one ends",
  },
  model_turn: {
    label: "waiting for another model",
    title: "Waiting for another model of the provider",
    detail: "the provider has one model loaded at a time",
  },
  outage: {
    label: "waiting for provider",
    title: "Waiting for the provider",
    detail: "the model is unavailable",
  },
  no_runner: {
    label: "no runner",
    title: "Waiting for a runner",
    detail: "no runner is connected",
  },
  no_judge: {
    label: "no judge",
    title: "Waiting for a judge",
    detail: "no judge is connected",
  },
  capacity: {
    label: "workers busy",
    title: "Waiting for a free worker",
    detail: "all workers are busy",
  },
};

/** Reasons that do not pass by themselves. */
export const NEEDS_ACTION: ReadonlySet<WaitReason> = new Set(["budget", "no_runner", "no_judge"]);
