/** Costs as bars: days upright and in order, all else lying and dearest first; the estimated part is hatched. */

import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { customElement, property } from "lit/decorators.js";
import type { CostBy, CostRow } from "../../contracts.ts";
import { approximate, axisDollars, dollars, less, nano } from "../../format/money.ts";
import { Chart, looks, type Paint } from "../../components/chart.ts";

use([BarChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer]);

const MOST_BARS = 15;
const STRIPES = {
  color: "rgb(255 255 255 / 45%)",
  dashArrayX: [1, 0],
  dashArrayY: [3, 4],
  rotation: -Math.PI / 4,
};

@customElement("spend-chart")
export class SpendChart extends Chart {
  @property({ attribute: false }) rows: CostRow[] = [];
  @property() by: CostBy = "model";
  @property({ attribute: false }) named: (label: string) => string = (label) => label;

  private get bars(): CostRow[] {
    if (this.by === "day") return [...this.rows].sort((a, b) => (a.label < b.label ? -1 : 1)).slice(-60);
    return [...this.rows].sort((a, b) => (nano(a.cost_usd) > nano(b.cost_usd) ? -1 : 1)).slice(0, MOST_BARS);
  }

  override willUpdate(): void {
    const tall = this.by === "day" ? 260 : 70 + this.bars.length * 30;
    this.style.setProperty("--chart-height", `${tall}px`);
  }

  protected told(): string {
    return `Costs by ${this.by}. ${this.bars.map((row) => `${this.named(row.label)}: ${dollars(row.cost_usd)}`).join("; ")}`;
  }

  protected options(paint: Paint) {
    const upright = this.by === "day";
    const bars = upright ? this.bars : this.bars.reverse();
    const { text, line, tooltip } = looks(paint);
    const names = {
      type: "category",
      data: bars.map((row) => this.named(row.label)),
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
        formatter: (points: { dataIndex: number }[]) => tip(bars[points[0]?.dataIndex ?? 0], this.named),
      },
      xAxis: upright ? names : amounts,
      yAxis: upright ? amounts : names,
      series: [
        series(
          "reported",
          paint("accent"),
          bars.map((row) => approximate(less(row.cost_usd, row.estimated_usd))),
        ),
        series(
          "estimated",
          paint("timeout"),
          bars.map((row) => approximate(row.estimated_usd)),
        ),
      ],
    };
  }
}

function series(name: string, color: string, data: number[]) {
  return { type: "bar", name, stack: "cost", data, itemStyle: { color }, barMaxWidth: 26 };
}

function tip(row: CostRow | undefined, named: (label: string) => string): string {
  if (!row) return "";
  const estimated = nano(row.estimated_usd) > 0n ? `, ${dollars(row.estimated_usd)} of it estimated` : "";
  return `${named(row.label)}\n${dollars(row.cost_usd)}${estimated}`;
}
