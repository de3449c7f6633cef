import { css } from "lit";

export const agentStepsStyle = css`
  .bar {
    display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 8px 14px;
    border-bottom: 1px solid var(--line); font-size: 13px; color: var(--quiet);
  }
  .bar form { display: inline-flex; align-items: center; gap: 6px; }
  .bar input { width: 84px; color: var(--text); }
  .bar .range { font-variant-numeric: tabular-nums; margin-left: auto; }
  .bar .tool wa-icon { font-size: 14px; }
  .box {
    max-height: max(420px, calc(100vh - 260px)); overflow-y: auto; padding: 4px 0 8px; overflow-anchor: none;
    position: relative;
  }
  .box.working { max-height: max(340px, calc(100vh - 480px)); }
  .gap { padding: 8px 14px; color: var(--warn); font-size: 12.5px; }
  .activity { padding: 8px 14px; color: var(--quiet); font-size: 13px; }
  .activity .plain { padding: 4px 0 0; color: var(--text); }
  .notice { margin: 10px 14px; }
`;
