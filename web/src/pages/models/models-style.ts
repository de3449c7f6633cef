import { css } from "lit";

export const modelsStyle = css`
  header {
    display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 10px 14px;
    border-bottom: 1px solid var(--line);
  }
  .actions { display: flex; flex-wrap: wrap; gap: 6px; justify-content: flex-end; }
  .actions .tool { height: 28px; padding: 0 10px; font-size: 13px; }
  td small { display: block; color: var(--quiet); font-size: 12px; }
  .abilities { color: var(--quiet); font-size: 13px; }
  .footnote { padding: 10px 14px; border-top: 1px solid var(--line); color: var(--quiet); font-size: 13px; }
  .missing { color: var(--danger); font-weight: 560; }
  @media (max-width: 800px) { .minor { display: none; } }
  @media (max-width: 640px) {
    th, td { padding-inline: 6px; }
    [data-model] td:first-child { max-width: 34vw; }
  }
`;
