/** Base of all charts: SVG, as wide as its container, in the theme's colours, with a text alternative. */

import { type EChartsCoreOption, type EChartsType, init } from "echarts/core";
import { css, html, LitElement } from "lit";
import { query } from "lit/decorators.js";
import { base } from "../design/styles.ts";

/** The current colour of a design token; ECharts cannot read CSS variables. */
export type ResolveColour = (token: string) => string;

export abstract class Chart extends LitElement {
  static override styles = [base, css`#chart { height: var(--chart-height, 320px); } :host { padding: 6px 10px; }`];

  @query("#chart") private container!: HTMLDivElement;
  private chart: EChartsType | null = null;
  private readonly resizeObserver = new ResizeObserver(() => this.chart?.resize());

  /** Text alternative for screen readers. */
  protected abstract description(): string;
  protected abstract options(colour: ResolveColour): EChartsCoreOption;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("assay-theme", this.draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("assay-theme", this.draw);
    this.resizeObserver.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  override render() {
    return html`<div id="chart" role="img" aria-label=${this.description()}></div>`;
  }

  override updated(): void {
    this.draw();
  }

  private draw = (): void => {
    if (!this.container) return;
    if (!this.chart) {
      this.chart = init(this.container, null, { renderer: "svg" });
      this.resizeObserver.observe(this.container);
    }
    this.chart.setOption(
      this.options((token) => this.colour(token)),
      { notMerge: true },
    );
  };

  private colour(token: string): string {
    const probe = document.createElement("span");
    probe.style.color = `var(--${token})`;
    this.renderRoot.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }
}

/** Text, line and tooltip styles shared by all charts. */
export function chartTheme(colour: ResolveColour) {
  return {
    text: { color: colour("quiet"), fontFamily: "system-ui, sans-serif", fontSize: 12 },
    line: { lineStyle: { color: colour("line") } },
    tooltip: {
      renderMode: "richText" as const,
      backgroundColor: colour("raised"),
      borderColor: colour("line"),
      textStyle: { color: colour("text"), fontSize: 12 },
    },
  };
}
