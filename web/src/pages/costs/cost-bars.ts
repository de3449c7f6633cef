/** Costs as bars: vertical and in order for days, horizontal and highest first otherwise. Estimates are hatched. */

import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { customElement, property } from "lit/decorators.js";
import { Chart, chartTheme, type ResolveColour } from "../../components/chart.ts";
import type { CostBy, CostRow } from "../../contracts.ts";
import { axisDollars, dollars, parseNano, remainder, toNumber } from "../../format/money.ts";

use([BarChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer]);

const MAX_BARS = 15;
const STRIPES = {
  color: "rgb(255 255 255 / 45%)",
  dashArrayX: [1, 0],
  dashArrayY: [3, 4],
  rotation: -Math.PI / 4,
};

@customElement("cost-bars")
export class CostBars extends Chart {
  @property({ attribute: false }) rows: CostRow[] = [];
  @property() by: CostBy = "model";
  @property({ attribute: false }) labelText: (label: string) => string = (label) => label;

  private get bars(): CostRow[] {
    if (this.by === "day") return [...this.rows].sort((a, b) => (a.label < b.label ? -1 : 1)).slice(-60);
    return [...this.rows].sort((a, b) => (parseNano(a.cost_usd) > parseNano(b.cost_usd) ? -1 : 1)).slice(0, MAX_BARS);
  }

  override willUpdate(): void {
    const height = this.by === "day" ? 260 : 70 + this.bars.length * 30;
    this.style.setProperty("--chart-height", `${height}px`);
  }

  protected description(): string {
    const costs = this.bars.map((row) => `${this.labelText(row.label)}: ${dollars(row.cost_usd)}`);
    return `Costs by ${this.by}. ${costs.join("; ")}`;
  }

  protected options(colour: ResolveColour) {
    const vertical = this.by === "day";
    const bars = vertical ? this.bars : this.bars.reverse();
    const { text, line, tooltip } = chartTheme(colour);
    const names = {
      type: "category",
      data: bars.map((row) => this.labelText(row.label)),
      axisLabel: { ...text, hideOverlap: true, width: 150, overflow: "truncate" },
      axisLine: { show: true, ...line },
      axisTick: { show: false },
    };
    const amounts = {
      type: "value",
      min: 0,
      splitNumber: 4,
      axisLabel: { ...text, hideOverlap: true, formatter: axisDollars },
      splitLine: line,
    };
    return {
      animationDuration: 250,
      aria: { enabled: true, label: { enabled: false }, decal: { show: true, decals: [{ symbol: "none" }, STRIPES] } },
      grid: { left: 12, right: 24, top: 34, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: text, itemHeight: 10, itemWidth: 16 },
      tooltip: {
        ...tooltip,
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: (points: { dataIndex: number }[]) => tooltipText(bars[points[0]?.dataIndex ?? 0], this.labelText),
      },
      xAxis: vertical ? names : amounts,
      yAxis: vertical ? amounts : names,
      series: [
        series(
          "reported",
          colour("accent"),
          bars.map((row) => toNumber(remainder(row.cost_usd, row.estimated_usd))),
        ),
        series(
          "estimated",
          colour("timeout"),
          bars.map((row) => toNumber(row.estimated_usd)),
        ),
      ],
    };
  }
}

function series(name: string, color: string, data: number[]) {
  return { type: "bar", name, stack: "cost", data, itemStyle: { color }, barMaxWidth: 26 };
}

function tooltipText(row: CostRow | undefined, labelText: (label: string) => string): string {
  if (!row) return "";
  const estimated = parseNano(row.estimated_usd) > 0n ? `, ${dollars(row.estimated_usd)} estimated` : "";
  return `${labelText(row.label)}\n${dollars(row.cost_usd)}${estimated}`;
}
