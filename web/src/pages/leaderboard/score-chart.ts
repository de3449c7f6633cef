/** What score costs: one point per model. Loaded after the table, since it is the larger part. */

import { ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { customElement, property } from "lit/decorators.js";
import type { BoardRow } from "../../contracts.ts";
import { axisDollars } from "../../format/money.ts";
import { score } from "../../format/number.ts";
import { Chart, looks, type Paint } from "../../components/chart.ts";
import { type Measure, measureOf } from "./x-axis.ts";

use([ScatterChart, GridComponent, TooltipComponent, LabelLayout, SVGRenderer]);

@customElement("cost-chart")
export class CostChart extends Chart {
  @property({ attribute: false }) rows: BoardRow[] = [];

  protected told(): string {
    const measure = measureOf(this.rows);
    const told = this.rows.map((row) => `${row.model}: score ${score(row.score)}, ${measure.told(row)} per attempt`);
    return `${measure.title}. ${told.join("; ")}`;
  }

  protected options(paint: Paint) {
    return options(this.rows, measureOf(this.rows), paint);
  }
}

function options(rows: BoardRow[], measure: Measure, paint: Paint) {
  const values = rows.map(measure.value);
  const most = Math.max(...values);
  const points = rows.map((row, at) => {
    const value = values[at] ?? 0;
    return {
      name: row.model,
      value: [value, row.score],
      told: measure.told(row),
      label: { position: value > most * 0.6 && value > 0 ? "left" : "right" },
    };
  });
  const { text, line, tooltip } = looks(paint);
  return {
    animationDuration: 250,
    grid: { left: 56, right: 30, top: 26, bottom: 46 },
    tooltip: {
      ...tooltip,
      formatter: ({ data }: { data: (typeof points)[number] }) =>
        `${data.name}\nscore ${data.value[1]?.toFixed(3)}, ${data.told} per attempt`,
    },
    xAxis: {
      type: "value",
      name: measure.axis,
      nameLocation: "middle",
      nameGap: 28,
      min: 0,
      // Where every value is nothing there is one place on the axis, and no scale to be made up for it.
      ...(most > 0 ? {} : { max: 1, interval: 1 }),
      nameTextStyle: text,
      splitNumber: 4,
      axisLabel: {
        ...text,
        hideOverlap: true,
        formatter: (value: number) =>
          most === 0 && value > 0
            ? ""
            : measure.unit === "$"
              ? axisDollars(value)
              : `${Number(value.toPrecision(3))} s`,
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
        itemStyle: { color: paint("accent") },
        label: { show: true, formatter: "{b}", distance: 8, color: paint("text"), fontSize: 12 },
        labelLayout: { hideOverlap: true, moveOverlap: "shiftY" },
      },
    ],
  };
}
