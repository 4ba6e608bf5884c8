// From a declared column to a column of the table: heading with unit, filter field, cell, total.
import { cellContent, rowHead } from "./cell.js";
import { h } from "./dom.js";
import { compare, matches, NUMERIC, shown } from "./format.js";
import { t } from "./words.js";

export const FIELD = "c:";
const CHARACTER = 8.5;  // pixels of half a Chinese character at the grid's size
const LONGEST = 42;
const HEAD = 76;

export const headline = (column) => column.unit && !String(column.label).includes(column.unit)
  ? `${column.label} (${column.unit})` : column.label;

function title(column) {
  return h("span", { class: "gr-title", title: column.help || null },
    headline(column),
    column.required && h("span", { class: "gr-required", title: t("required"), "aria-label": t("required"), role: "img" }, "*"));
}

function filterField(grid, column) {
  return (_cell, _rendered, success) => {
    const input = h("input", {
      type: "search", class: "gr-filter", "aria-label": t("filterBy", { column: column.label }),
      autocomplete: "off", on: { click: (event) => event.stopPropagation() },
    });
    let waiting = 0;
    const send = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        success(input.value.trim());
        grid.views.filters.set(column.key, input.value.trim());
        grid.views.remember();
      }, 200);
    };
    input.addEventListener("input", send);
    input.value = grid.views.filters.get(column.key) ?? "";
    if (input.value) setTimeout(() => success(input.value), 0);
    return input;
  };
}

// Wide enough for the declared text and for the heading on one line; Chinese counts double.
function standardWidth(column) {
  const heading = [...headline(column)].reduce((sum, one) => sum + (one > "\u2e80" ? 2 : 1), 0);
  return Math.round(Math.min(Math.max(column.width || 16, Math.min(heading, 16) + 1), LONGEST) * CHARACTER + 26);
}

function definition(grid, column, layout, spare) {
  const { model } = grid;
  const wide = layout.widths[column.key] ?? standardWidth(column) + spare;
  const numeric = NUMERIC.has(column.type);
  return {
    field: FIELD + column.key, title: column.label, width: wide,
    visible: !layout.hidden.has(column.key), frozen: layout.frozen.has(column.key),
    hozAlign: numeric ? "right" : "left", headerHozAlign: numeric ? "right" : "left",
    cssClass: !model.may.edit || model.isEditable(column) ? "" : "gr-locked",
    titleFormatter: () => title(column),
    formatter: (cell) => cellContent(model, model.byId.get(cell.getData().id), column),
    sorter: (one, other) => compare(column, one, other),
    headerFilter: filterField(grid, column),
    headerFilterFunc: (query, value) => matches(column, value, query),
    headerFilterLiveFilter: false,
    ...(column.totalled ? {
      bottomCalc: () => model.totals[column.key] ?? "",
      bottomCalcFormatter: () => h("span", { class: "gr-value gr-num" }, shown(column, model.totals[column.key])),
    } : {}),
  };
}

// Column order, widths, frozen and hidden columns come from the layout of the view in force.
export function columnDefinitions(grid, layout) {
  const columns = layout.order.map((key) => grid.model.byKey.get(key));
  const inView = columns.filter((column) => !layout.hidden.has(column.key));
  // What the columns leave free goes to those whose width nobody chose and that hold text.
  const taken = inView.reduce((sum, column) => sum + (layout.widths[column.key] ?? standardWidth(column)), HEAD + 2);
  const elastic = inView.filter((column) => !NUMERIC.has(column.type) && !(column.key in layout.widths));
  const spare = Math.max(0, Math.floor((grid.frame.clientWidth - taken) / elastic.length));
  return columns.map((column) => definition(grid, column, layout, elastic.includes(column) ? spare : 0));
}

export function rowHeadDefinition(grid) {
  const { model } = grid;
  return {
    field: "head", title: "", width: HEAD, frozen: true, resizable: false, headerSort: false,
    cssClass: "gr-head", rowHandle: model.mayAdd && !model.sheet.isTree,
    titleFormatter: () => h("span", { class: "visually-hidden" }, t("rowNumber")),
    formatter: (cell) => {
      const row = model.byId.get(cell.getData().id);
      return rowHead(model, row, model.mayAdd && !model.sheet.isTree);
    },
    bottomCalc: () => "", bottomCalcFormatter: () => h("span", { class: "gr-total" }, t("total")),
  };
}
