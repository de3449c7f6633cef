/** Short notices above the page, for what happened away from where one looks. */

import type WaToast from "@awesome.me/webawesome/dist/components/toast/toast.js";
import { asProblem } from "../api.ts";

let stack: WaToast | null = null;

type Variant = "neutral" | "success" | "warning" | "danger";

export async function notify(message: string, variant: Variant = "neutral"): Promise<void> {
  await import("@awesome.me/webawesome/dist/components/toast/toast.js");
  if (!stack) {
    stack = document.createElement("wa-toast");
    stack.placement = "bottom-end";
    document.body.append(stack);
    await stack.updateComplete;
  }
  const grave = variant === "danger" || variant === "warning";
  const icon = grave ? "warning" : variant === "success" ? "check" : "info";
  await stack.create(message, { variant, icon, duration: grave ? 12_000 : 5_000 });
}

/** Shows what failed, in the problem's own words. */
export function notifyFailure(what: string, error: unknown): void {
  const { title, detail } = asProblem(error);
  void notify(`${what}: ${title}${detail ? `. ${detail}` : ""}`, "danger");
}
