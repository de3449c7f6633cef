/** Toasts: short messages above the page. */

import type WaToast from "@awesome.me/webawesome/dist/components/toast/toast.js";
import { asProblem } from "../api.ts";

let toasts: WaToast | null = null;

type Variant = "neutral" | "success" | "warning" | "danger";

export async function notify(message: string, variant: Variant = "neutral"): Promise<void> {
  await import("@awesome.me/webawesome/dist/components/toast/toast.js");
  if (!toasts) {
    toasts = document.createElement("wa-toast");
    toasts.placement = "bottom-end";
    document.body.append(toasts);
    await toasts.updateComplete;
  }
  const serious = variant === "danger" || variant === "warning";
  const icon = serious ? "warning" : variant === "success" ? "check" : "info";
  await toasts.create(message, { variant, icon, duration: serious ? 12_000 : 5_000 });
}

/** Shows an error with the problem's title and detail. */
export function notifyFailure(summary: string, error: unknown): void {
  const { title, detail } = asProblem(error);
  void notify(`${summary}: ${title}${detail ? `. ${detail}` : ""}`, "danger");
}
