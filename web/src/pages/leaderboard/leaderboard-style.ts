import { css } from "lit";

export const boardStyle = css`
  td:first-child, th:first-child {
    position: sticky; left: 0; background: var(--surface); z-index: 1; min-width: 150px; max-width: 340px;
  }
  tbody tr:hover td:first-child { background: var(--select); }
  @media (max-width: 640px) { td:first-child, th:first-child { min-width: 120px; max-width: 44vw; } }
  .last { font-size: 12px; white-space: nowrap; }
  small { color: var(--quiet); font-size: 12px; }
  small.suspect { color: var(--warn); }
  .pass { display: inline-flex; align-items: center; gap: 10px; min-width: 190px; width: 100%; }
  .pass .number { min-width: 56px; text-align: right; }
  .bar { position: relative; flex: 1; height: 12px; border-radius: 3px; background: var(--waiting); }
  .bar i { position: absolute; display: block; }
  .fill { inset: 0 auto 0 0; width: var(--rate); background: var(--passed); border-radius: 3px; opacity: 0.8; }
  .whisker { left: var(--low); width: calc(var(--high) - var(--low)); top: 5px; height: 2px; background: var(--text); }
  .whisker::before, .whisker::after {
    content: ""; position: absolute; top: -3px; height: 8px; width: 1.5px; background: var(--text);
  }
  .whisker::before { left: 0; }
  .whisker::after { right: 0; }
  @media (forced-colors: active) {
    .bar, .bar i { forced-color-adjust: none; }
    .bar { outline: 1px solid CanvasText; }
  }
  .heat {
    display: inline-block; min-width: 46px; padding: 2px 7px; border-radius: 4px; text-align: center;
    background: color-mix(in oklab, var(--passed) var(--share), var(--sunken));
  }
`;
