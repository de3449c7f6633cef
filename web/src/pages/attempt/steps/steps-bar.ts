/** Controls above the steps: expand or collapse all, follow, go to a step, page. */

import { html, nothing } from "lit";
import { count } from "../../../format/number.ts";
import type { Step } from "../../../live/steps.ts";
import { navigate } from "../../../router.ts";
import type { Depth } from "./step-text.ts";

interface StepsBar {
  steps: readonly Step[];
  firstIndex: number;
  pageSteps: number;
  /** The transcript is still loading. */
  isPartial: boolean;
  /** Null if the attempt is not running. */
  following: boolean | null;
  setDepth(depth: Depth): void;
  setFollowing(following: boolean): void;
  showPage(firstIndex: number): void;
}

export function renderStepsBar(bar: StepsBar) {
  const { steps, firstIndex, pageSteps, following } = bar;
  const end = Math.min(steps.length, firstIndex + pageSteps);
  const numberAt = (index: number) => steps.at(index)?.number ?? 0;
  const range = `${count(numberAt(firstIndex))}–${count(numberAt(end - 1))} of ${count(numberAt(-1))}`;
  return html`<div class="bar" role="group" aria-label="Steps shown">
    <button class="tool" id="expand" @click=${() => bar.setDepth(2)}>Expand all</button>
    <button class="tool" id="collapse" @click=${() => bar.setDepth(0)}>Collapse all</button>
    ${following === null ? nothing : renderFollow(following, bar)}
    <form @submit=${goToStep}>
      <label for="to">Step</label>
      <input id="to" inputmode="numeric" pattern="[0-9]*" size="6" aria-label="Go to step"
        placeholder=${String(numberAt(-1))} />
    </form>
    <span class="range" role="status">
      ${range}${bar.isPartial ? html` <span class="quiet">so far</span>` : nothing}
    </span>
    ${steps.length > pageSteps ? renderPager(bar, steps.length - pageSteps) : nothing}
  </div>`;
}

function renderFollow(following: boolean, { setFollowing }: StepsBar) {
  return html`<button class="tool" id="follow" aria-pressed=${following} @click=${() => setFollowing(!following)}>
    ${following ? "Following" : "Follow"}
  </button>`;
}

function renderPager({ firstIndex, pageSteps, showPage }: StepsBar, lastPage: number) {
  const button = (name: string, icon: string, to: number) =>
    html`<button class="tool" aria-label=${name} title=${name} ?disabled=${to === firstIndex}
        @click=${() => showPage(to)}><wa-icon name=${icon}></wa-icon></button>`;
  return html`
    ${button("Earlier steps", "chevron-left", Math.max(0, firstIndex - pageSteps))}
    ${button("Later steps", "chevron-right", Math.min(lastPage, firstIndex + pageSteps))}
    ${button("Last steps", "arrow-down", lastPage)}
  `;
}

function goToStep(event: SubmitEvent): void {
  event.preventDefault();
  const field = (event.target as HTMLFormElement).querySelector("input");
  const number = Number(field?.value.replaceAll(",", ""));
  if (!Number.isInteger(number) || number < 1) return;
  navigate(`${location.pathname}${location.search}#step-${number}`, "replace");
}
