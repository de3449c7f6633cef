/** What score costs: one point per model. Loaded after the table, since it is the larger part. */

import { ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { BoardRow } from "../../contracts.ts";
import { ground } from "../../design/sheets.ts";
import { approximate, dollars } from "../../format/money.ts";
import { score } from "../../format/number.ts";

use([ScatterChart, GridComponent, TooltipComponent, LabelLayout, SVGRenderer]);

@customElement("cost-chart")
export class CostChart extends LitElement {
  static override styles = [ground, css`#chart { height: 320px; } :host { padding: 6px 10px; }`];

  @property({ attribute: false }) rows: BoardRow[] = [];
  @query("#chart") private box!: HTMLDivElement;
  private chart: EChartsType | null = null;
  private readonly sizes = new ResizeObserver(() => this.chart?.resize());

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
    const told = this.rows.map(
      (row) => `${row.model}: score ${score(row.score)}, ${dollars(row.cost_per_attempt_usd)} per attempt`,
    );
    return html`<div id="chart" role="img" aria-label=${`Score against cost per attempt. ${told.join("; ")}`}></div>`;
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
    this.chart.setOption(options(this.rows, (name) => colour(this, name)));
  };
}

/** A token as the colour it is now; the chart knows no CSS variables. */
function colour(element: Element, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${token})`;
  element.shadowRoot?.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function options(rows: BoardRow[], paint: (token: string) => string) {
  const costs = rows.map((row) => approximate(row.cost_per_attempt_usd));
  const right = Math.max(...costs) * 0.6;
  const points = rows.map((row, at) => {
    const cost = costs[at] ?? 0;
    const position = cost > right && cost > 0 ? "left" : "right";
    return { name: row.model, value: [cost, row.score], label: { position } };
  });
  const text = { color: paint("quiet"), fontFamily: "system-ui, sans-serif", fontSize: 12 };
  const line = { lineStyle: { color: paint("line") } };
  return {
    animationDuration: 250,
    grid: { left: 56, right: 30, top: 26, bottom: 46 },
    tooltip: {
      renderMode: "richText",
      backgroundColor: paint("raised"),
      borderColor: paint("line"),
      textStyle: { color: paint("text"), fontSize: 12 },
      formatter: (point: { name: string; value: number[] }) =>
        `${point.name}\nscore ${point.value[1]?.toFixed(3)}, $${point.value[0]} per attempt`,
    },
    xAxis: {
      type: "value",
      name: "US dollars per attempt",
      nameLocation: "middle",
      nameGap: 28,
      min: 0,
      nameTextStyle: text,
      splitNumber: 4,
      axisLabel: { ...text, hideOverlap: true, formatter: (value: number) => `$${Number(value.toPrecision(3))}` },
      splitLine: line,
      axisLine: { show: true, ...line },
    },
    yAxis: { type: "value", name: "score", min: 0, max: 1, nameTextStyle: text, axisLabel: text, splitLine: line },
    series: [
      {
        type: "scatter",
        data: points,
        symbolSize: 13,
        itemStyle: { color: paint("accent") },
        label: { show: true, formatter: "{b}", distance: 8, color: paint("text"), fontSize: 12 },
        labelLayout: { hideOverlap: true, moveOverlap: "shiftY" },
      },
    ],
  };
}
