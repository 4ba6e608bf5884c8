// Draws every [data-chart] from the option its page carries as JSON.
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { resolve, series, token } from "./palette.js";

use([
  AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, MarkAreaComponent,
  MarkLineComponent, ScatterChart, SVGRenderer, TooltipComponent,
]);

const drawn = new Map();

function axis(definition) {
  const muted = token("muted");
  const style = {
    axisLabel: { color: muted, hideOverlap: true },
    axisLine: { lineStyle: { color: token("line-strong") } },
    axisTick: { show: false },
    nameTextStyle: { color: muted, align: "left" },
    splitLine: { lineStyle: { color: token("line") } },
  };
  const merge = (one) => ({ ...style, ...one, axisLabel: { ...style.axisLabel, ...one.axisLabel } });
  return Array.isArray(definition) ? definition.map(merge) : merge(definition);
}

function themed(option) {
  const filled = resolve(option);
  const font = getComputedStyle(document.body).fontFamily;
  return {
    color: series(),
    textStyle: { fontFamily: font, color: token("ink") },
    animation: false,
    ...filled,
    legend: { textStyle: { color: token("ink") }, ...filled.legend },
    tooltip: {
      backgroundColor: token("surface"), borderColor: token("line-strong"),
      textStyle: { color: token("ink") }, confine: true, ...filled.tooltip,
      // Labels are people's words: never HTML.
      renderMode: "richText",
    },
    ...(filled.xAxis ? { xAxis: axis(filled.xAxis) } : {}),
    ...(filled.yAxis ? { yAxis: axis(filled.yAxis) } : {}),
    series: (filled.series ?? []).map((one) => ({
      ...one,
      ...(one.markLine
        ? { markLine: { ...one.markLine, data: one.markLine.data.map(levelLabel) } }
        : {}),
    })),
  };
}

function levelLabel(mark) {
  return { ...mark, label: { color: token("ink"), fontSize: 11, ...mark.label } };
}

function draw(place) {
  const held = document.getElementById(place.dataset.chart);
  if (!held || drawn.has(place)) return;
  const option = JSON.parse(held.textContent);
  if (!place.hasAttribute("aria-label")) {
    place.setAttribute("aria-label", option.aria?.label?.description ?? "");
  }
  const chart = init(place, null, { renderer: "svg" });
  chart.setOption(themed(option));
  // The drawing sets its own description; the one of the place is kept.
  new ResizeObserver(() => chart.resize()).observe(place);
  drawn.set(place, { chart, option });
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) draw(place);
  for (const [place, { chart }] of drawn) {
    if (!place.isConnected) {
      chart.dispose();
      drawn.delete(place);
    }
  }
}

function redraw() {
  for (const { chart, option } of drawn.values()) chart.setOption(themed(option), true);
}

drawAll();
document.addEventListener("htmx:after:swap", drawAll);
document.addEventListener("ol:theme", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(redraw));
