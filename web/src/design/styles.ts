/** Styles shared by elements; each element lists the ones it needs. */

import { css } from "lit";

export const base = css`
  :host { display: block; }
  *, *::before, *::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h1, h2, h3, p { margin: 0; }
  h1 {
    font-size: 20px; line-height: 1.3; font-weight: 620; letter-spacing: -0.01em; text-wrap: balance;
    overflow-wrap: break-word;
  }
  h2 { font-size: 14px; font-weight: 620; }
  a { color: var(--accent); text-decoration: none; }
  a:hover { text-decoration: underline; }
  code, pre, .mono { font-family: var(--mono); font-size: 0.92em; }
  .quiet { color: var(--quiet); }
  .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
  .visually-hidden {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation: none !important; transition: none !important; }
  }
`;

export const page = css`
  .head {
    display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: 12px var(--gap);
    margin-bottom: var(--gap);
  }
  .head > :first-child { min-width: 0; flex: 1 1 280px; }
  .head p { margin-top: 2px; }
  .panel { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); }
  .panel > header {
    display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 10px 14px;
    border-bottom: 1px solid var(--line);
  }
  .panel + .panel { margin-top: var(--gap); }
  .padded { padding: 14px; }
  .spring { flex: 1; }
`;

export const facts = css`
  dl.facts { display: flex; flex-wrap: wrap; gap: 10px 28px; margin: 0; }
  dl.facts > div { min-width: 0; }
  dl.facts dt { color: var(--quiet); font-size: 12px; }
  dl.facts dd {
    margin: 0; font-size: 15px; font-weight: 560; font-variant-numeric: tabular-nums; overflow-wrap: break-word;
  }
  dl.facts dd small { font-weight: 400; font-size: 12px; color: var(--quiet); }
`;

export const controls = css`
  input, select, textarea {
    font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--line-strong);
    border-radius: 5px; padding: 4px 8px; height: 32px; min-width: 0;
  }
  select { padding-right: 4px; }
  input::placeholder { color: var(--quiet); opacity: 1; }
  input[aria-invalid="true"], select[aria-invalid="true"] {
    border-color: var(--danger); box-shadow: 0 0 0 1px var(--danger);
  }
  input[type="checkbox"], input[type="radio"] { height: auto; accent-color: var(--accent); margin: 0; }
  button { font: inherit; color: inherit; cursor: pointer; }
  button.tool {
    background: none; border: 1px solid var(--line-strong); border-radius: 5px; height: 32px; padding: 0 12px;
    display: inline-flex; align-items: center; gap: 6px;
  }
  button.tool:hover { background: var(--sunken); }
  button.tool[aria-pressed="true"] {
    background: var(--accent-soft); border-color: var(--accent); color: var(--accent);
  }
  button:disabled { opacity: 0.55; cursor: default; }
  .kinds { display: flex; flex-wrap: wrap; }
  .kinds button { border-radius: 0; margin-left: -1px; }
  .kinds button:first-child { border-radius: 5px 0 0 5px; margin-left: 0; }
  .kinds button:last-child { border-radius: 0 5px 5px 0; }
  .kinds button[aria-pressed="true"] { z-index: 1; }
  .filters { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
  .filters label { display: inline-flex; align-items: center; gap: 6px; color: var(--quiet); font-size: 13px; }
  .filters select, .filters input { color: var(--text); font-size: 14px; }
  .filters input[type="search"] { width: 220px; }
  @media (max-width: 640px) {
    .filters > * { flex: 1 1 130px; }
    .filters > input[type="search"] { flex: 1 1 100%; }
    .filters label select { width: 100%; flex: 1; }
  }
`;

export const table = css`
  .scroll { overflow-x: auto; }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 7px 10px; text-align: left; border-bottom: 1px solid var(--line); vertical-align: middle; }
  tbody tr:last-child > * { border-bottom: 0; }
  th { font-size: 12px; font-weight: 560; color: var(--quiet); white-space: nowrap; }
  th:first-child, td:first-child { padding-left: 14px; }
  th:last-child, td:last-child { padding-right: 14px; }
  .right { text-align: right; white-space: nowrap; }
  tbody tr:hover { background: var(--select); }
  .sort { all: unset; cursor: pointer; display: inline-flex; align-items: center; gap: 3px; color: inherit; }
  .sort:hover { color: var(--text); }
  .sort:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
  .sort::after { content: "↕"; opacity: 0.35; font-size: 11px; }
  [aria-sort="ascending"] .sort::after { content: "↑"; opacity: 1; }
  [aria-sort="descending"] .sort::after { content: "↓"; opacity: 1; }
`;
