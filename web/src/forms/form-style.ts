import { css } from "lit";

/** Styles of forms in dialogs. */
export const formStyle = css`
  wa-dialog { --width: min(720px, calc(100vw - 24px)); }
  form { display: grid; gap: 16px; }
  fieldset {
    border: 1px solid var(--line); border-radius: var(--radius); padding: 10px 14px 14px; margin: 0; min-width: 0;
  }
  legend { font-weight: 620; padding: 0 6px; margin-left: -6px; }
  .choice { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-bottom: 10px; }
  .choice label, .models label { display: flex; align-items: baseline; gap: 8px; cursor: pointer; }
  .choice.stacked { display: grid; margin-bottom: 0; }
  .choice small { display: block; }
  .field small, .choice small { color: var(--quiet); font-size: 12px; }
  .field { display: grid; gap: 4px; align-content: start; color: var(--quiet); font-size: 13px; }
  .field input, .field select { width: 100%; color: var(--text); font-size: 14px; }
  .hint { margin-top: 6px; font-size: 13px; color: var(--quiet); }
  .models {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 8px 16px; margin-bottom: 12px;
    max-height: 220px; overflow-y: auto; padding: 3px;
  }
  .models span { min-width: 0; overflow-wrap: break-word; }
  .models input, .choice input { position: relative; top: 1px; flex: none; }
  .models small { display: block; color: var(--quiet); font-size: 12px; }
  .models small.problem-of-model { color: var(--danger); overflow-wrap: anywhere; }
  .numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
  .numbers > .errors { grid-column: 1 / -1; }
  .errors { color: var(--danger); font-size: 13px; }
  .errors:not(:has(p)) { display: none; }
  .errors p { margin-top: 5px; }
  .errors button {
    background: none; border: 0; border-bottom: 1px dashed currentColor; padding: 0; color: inherit; font: inherit;
    font-weight: 620;
  }
  .problem {
    background: var(--danger-soft); color: var(--danger); border-radius: var(--radius); padding: 8px 12px;
    margin-bottom: 12px;
  }
  .footer { display: flex; align-items: center; gap: 10px; width: 100%; }
  .footer .sum { margin-right: auto; min-width: 0; }
  .footer output { font-size: 15px; }
  task-tree { max-height: 240px; overflow-y: auto; border: 1px solid var(--line); border-radius: 5px; padding: 4px; }
`;
