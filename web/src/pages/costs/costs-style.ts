import { css } from "lit";

export const costsStyle = css`
  .budgets { display: grid; grid-template-columns: minmax(0, 3fr) minmax(280px, 2fr); }
  .accounts { padding: 14px; display: grid; gap: 16px; align-content: start; }
  money-limits { padding: 14px; border-left: 1px solid var(--line); }
  .account h2 { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 8px; margin-bottom: 7px; }
  .account h2 small, .limit { font-weight: 400; color: var(--quiet); font-size: 12.5px; }
  .limit b { color: var(--text); font-weight: 560; }
  td:first-child { min-width: 104px; max-width: 320px; }
  small { color: var(--quiet); font-size: 12px; }
  td b { font-weight: 560; }
  .estimated { color: var(--warn); }
  .bad { color: var(--danger); }
  tfoot td { border-top: 1px solid var(--line-strong); border-bottom: 0; font-weight: 560; }
  .more { padding: 12px; text-align: center; }
  .excluded { padding: 10px 14px; border-top: 1px solid var(--line); color: var(--quiet); font-size: 13px; }
  @media (max-width: 900px) {
    .budgets { grid-template-columns: minmax(0, 1fr); }
    money-limits { border-left: 0; border-top: 1px solid var(--line); }
  }
  @media (max-width: 640px) { .minor { display: none; } .filters > .kinds { flex: 1 1 100%; } }
`;
