import { css } from "lit";

export const providerFormStyle = css`
  .checks { display: flex; flex-wrap: wrap; gap: 6px 24px; margin-top: 12px; }
  .checks label { display: flex; align-items: baseline; gap: 8px; cursor: pointer; }
  .checks input { position: relative; top: 1px; flex: none; }
  .checks small { display: block; }
  small { color: var(--quiet); font-size: 12px; font-weight: 400; }
  .hint { margin: 0 0 8px; }
  .numbers.wide { grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); }
  textarea { height: auto; width: 100%; resize: vertical; color: var(--text); font-size: 13px; }
  textarea[aria-invalid="true"] { border-color: var(--danger); box-shadow: 0 0 0 1px var(--danger); }
  details.model { border: 1px solid var(--line); border-radius: 5px; margin-bottom: 10px; background: var(--surface); }
  details.model[open] { padding: 0 12px 12px; }
  summary { cursor: pointer; }
  .model > summary { padding: 7px 12px; overflow-wrap: anywhere; }
  .model[open] > summary { margin: 0 -12px 8px; border-bottom: 1px solid var(--line); }
  .model .name { font-weight: 560; }
  .model summary small { margin-left: 8px; }
  .model h3 { font-size: 13px; font-weight: 620; margin: 14px 0 6px; }
  .model > .tool { margin-top: 14px; }
  .advanced { margin-top: 10px; }
  .advanced summary { color: var(--quiet); font-size: 13px; }
  .advanced .hint { margin: 4px 0 0; }
  .problems { display: grid; gap: 8px; justify-items: start; margin-bottom: 12px; }
  .problems:not(:has(*)) { display: none; }
  .problems .problem { margin: 0; width: 100%; }
`;
