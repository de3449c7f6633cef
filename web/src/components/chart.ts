/** What every chart needs: drawn as SVG, as wide as its place, in the colours of the theme, and told in words. */

import { type EChartsCoreOption, type EChartsType, init } from "echarts/core";
import { css, html, LitElement } from "lit";
import { query } from "lit/decorators.js";
import { ground } from "../design/styles.ts";

/** A token of the design as the colour it is now; a chart knows no CSS variables. */
export type Paint = (token: string) => string;

export abstract class Chart extends LitElement {
  static override styles = [ground, css`#chart { height: var(--chart-height, 320px); } :host { padding: 6px 10px; }`];

  @query("#chart") private box!: HTMLDivElement;
  private chart: EChartsType | null = null;
  private readonly sizes = new ResizeObserver(() => this.chart?.resize());

  /** What the chart says, for those who do not see it. */
  protected abstract told(): string;
  protected abstract options(paint: Paint): EChartsCoreOption;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("assay-theme", this.draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("assay-theme", this.draw);
    this.sizes.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  override render() {
    return html`<div id="chart" role="img" aria-label=${this.told()}></div>`;
  }

  override updated(): void {
    this.draw();
  }

  private draw = (): void => {
    if (!this.box) return;
    if (!this.chart) {
      this.chart = init(this.box, null, { renderer: "svg" });
      this.sizes.observe(this.box);
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

/** How text and lines of any chart look. */
export function looks(paint: Paint) {
  return {
    text: { color: paint("quiet"), fontFamily: "system-ui, sans-serif", fontSize: 12 },
    line: { lineStyle: { color: paint("line") } },
    tooltip: {
      renderMode: "richText" as const,
      backgroundColor: paint("raised"),
      borderColor: paint("line"),
      textStyle: { color: paint("text"), fontSize: 12 },
    },
  };
}
