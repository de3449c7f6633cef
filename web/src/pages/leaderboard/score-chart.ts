/** Score against cost or time, one point per model. Loaded after the table, because it is large. */

import { ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { customElement, property } from "lit/decorators.js";
import { Chart, chartTheme, type ResolveColour } from "../../components/chart.ts";
import type { BoardRow } from "../../contracts.ts";
import { axisDollars } from "../../format/money.ts";
import { formatScore } from "../../format/number.ts";
import { type XAxis, xAxisFor } from "./x-axis.ts";

use([ScatterChart, GridComponent, TooltipComponent, LabelLayout, SVGRenderer]);

@customElement("score-chart")
export class ScoreChart extends Chart {
  @property({ attribute: false }) rows: BoardRow[] = [];

  protected description(): string {
    const axis = xAxisFor(this.rows);
    const points = this.rows.map(
      (row) => `${row.model}: score ${formatScore(row.score)}, ${axis.format(row)} per attempt`,
    );
    return `${axis.title}. ${points.join("; ")}`;
  }

  protected options(colour: ResolveColour) {
    return options(this.rows, xAxisFor(this.rows), colour);
  }
}

function options(rows: BoardRow[], axis: XAxis, colour: ResolveColour) {
  const values = rows.map(axis.value);
  const max = Math.max(...values);
  const points = rows.map((row, at) => {
    const value = values[at] ?? 0;
    return {
      name: row.model,
      value: [value, row.score],
      text: axis.format(row),
      label: { position: value > max * 0.6 && value > 0 ? "left" : "right" },
    };
  });
  const { text, line, tooltip } = chartTheme(colour);
  return {
    animationDuration: 250,
    grid: { left: 56, right: 30, top: 26, bottom: 46 },
    tooltip: {
      ...tooltip,
      formatter: ({ data }: { data: (typeof points)[number] }) =>
        `${data.name}\nscore ${data.value[1]?.toFixed(3)}, ${data.text} per attempt`,
    },
    xAxis: {
      type: "value",
      name: axis.label,
      nameLocation: "middle",
      nameGap: 28,
      min: 0,
      // If all values are 0, the axis shows only 0 instead of an invented scale.
      ...(max > 0 ? {} : { max: 1, interval: 1 }),
      nameTextStyle: text,
      splitNumber: 4,
      axisLabel: {
        ...text,
        hideOverlap: true,
        formatter: (value: number) =>
          max === 0 && value > 0 ? "" : axis.unit === "$" ? axisDollars(value) : `${Number(value.toPrecision(3))} s`,
      },
      splitLine: line,
      axisLine: { show: true, ...line },
    },
    yAxis: { type: "value", name: "score", min: 0, max: 1, nameTextStyle: text, axisLabel: text, splitLine: line },
    series: [
      {
        type: "scatter",
        data: points,
        symbolSize: 13,
        itemStyle: { color: colour("accent") },
        label: { show: true, formatter: "{b}", distance: 8, color: colour("text"), fontSize: 12 },
        labelLayout: { hideOverlap: true, moveOverlap: "shiftY" },
      },
    ],
  };
}
