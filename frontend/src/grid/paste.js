// What a paste would do, before it does it: every cell with its problem, what is new, what changes.
import { ask, button, h, icon } from "./dom.js";
import { NUMERIC, shown } from "./format.js";
import { headline } from "./columns.js";
import { Offline, Refused } from "./protocol.js";
import { t } from "./words.js";

const DRAWN = 200;  // rows; the count below the table tells the rest

function cellOf(grid, row, key) {
  const cell = row.cells[key];
  if (!cell) return h("td", {});
  const column = grid.model.byKey.get(key);
  const number = NUMERIC.has(column.type) ? " num" : "";
  if (cell.problem) {
    return h("td", { class: `gr-wrong${number}` }, icon("bad"), cell.typed, h("span", { class: "gr-why" }, cell.problem));
  }
  const before = shown(column, grid.model.value(row.row, key)), after = shown(column, cell.value);
  const changed = Boolean(row.row && cell.changes);
  return h("td", { class: (changed ? "gr-new" : "") + number }, changed && before && h("del", {}, before), changed && before && " ", after);
}

// The number of the row; its name where the block does not bring it, as when it was found by name.
function rowHeading(grid, row, columns) {
  const isNew = !row.row && grid.model.mayAdd;
  const named = !columns.some((column) => column.required);
  return h("th", { scope: "row" }, row.row ? String(grid.model.byId.get(row.row)?.place ?? "") : isNew && h("span", { class: "ol-badge ol-info" }, t("newRow")),
    named && row.name && ` ${row.name}`);
}

function table(grid, preview) {
  const columns = preview.columns.filter(Boolean).map((key) => grid.model.byKey.get(key)).filter(Boolean);
  const drawn = [...preview.rows].slice(0, DRAWN);
  return h("div", { class: "ol-scroll gr-preview", tabindex: "0", role: "region", "aria-label": t("pastePreview") },
    h("table", { class: "table ol-table" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("rowNumber")),
        columns.map((column) => h("th", { scope: "col", class: NUMERIC.has(column.type) ? "num" : null }, headline(column))))),
      h("tbody", {}, drawn.map((row) => h("tr", {},
        rowHeading(grid, row, columns),
        columns.map((column) => cellOf(grid, row, column.key)))))));
}

function titleBlock(grid, header, taken) {
  const found = Object.entries(header ?? {});
  if (!found.length) return null;
  const fields = new Map(grid.model.sheet.header.map((column) => [column.key, column]));
  return h("label", { class: "gr-check" },
    h("input", { type: "checkbox", checked: taken.header, on: { change: (event) => { taken.header = event.target.checked; } } }),
    h("span", {}, `${t("titleBlockToo")} ${found.map(([key, value]) => `${fields.get(key)?.label ?? key}: ${value}`).join("; ")}`));
}

function content(grid, preview, taken) {
  const hidden = preview.rows.length - DRAWN;
  return [
    h("p", { class: "gr-counts" },
      grid.model.mayAdd && h("span", { class: "ol-badge ol-info" }, t("pasteNew", { n: preview.new })),
      h("span", { class: "ol-badge ol-neutral" }, t("pasteChanged", { n: preview.changed })),
      preview.problems > 0 && h("span", { class: "ol-badge ol-bad" }, icon("bad"), t("pasteProblems", { n: preview.problems })),
      h("span", { class: "text-secondary" }, t(preview.matched === "header" ? "matchedHeader" : "matchedPosition"))),
    table(grid, preview),
    preview.unknown?.length > 0 && h("p", { class: "text-secondary" }, t("unknownHeadings", { names: preview.unknown.join(t("comma")) })),
    hidden > 0 && h("p", { class: "text-secondary" }, t("moreRows", { n: hidden })),
    titleBlock(grid, preview.header, taken),
    preview.problems > 0 && h("p", { class: "text-secondary" }, t("problemsLeftOut")),
  ];
}

function modes(current, change) {
  const one = (mode, text) => h("label", { class: "gr-check" },
    h("input", { type: "radio", name: "gr-paste-mode", value: mode, checked: mode === current, on: { change: () => change(mode) } }), h("span", {}, text));
  return h("fieldset", { class: "gr-modes" }, h("legend", { class: "visually-hidden" }, t("pasteMode")),
    one("cells", t("pasteHere")), one("rows", t("pasteAsRows")));
}

// Cells without a problem and with something to say; rows left empty by that are dropped.
function toApply(grid, preview) {
  const { model } = grid;
  return preview.rows.map(({ row, cells }) => ({
    row,
    cells: Object.fromEntries(Object.entries(cells)
      .filter(([key, cell]) => !cell.problem && model.isEditable(model.byKey.get(key)))
      .filter(([, cell]) => (row ? cell.changes : cell.typed !== ""))
      .map(([key, cell]) => [key, cell.typed])),
  })).filter(({ cells }) => Object.keys(cells).length);
}

export async function previewPaste(grid, { html, text }) {
  const { active } = grid.selection;
  let mode = active ? "cells" : "rows";
  // In a sorted or filtered view the rows follow the eye, not the form's order.
  const targets = active && grid.views.isRearranged ? grid.table.order.map((row) => row.data.id) : [];
  const wish = () => ({ html, text, targets, mode, row: active?.id ?? "", column: active?.key ?? grid.model.columns[0].key });
  let preview = await look(grid, wish());
  if (!preview) return;
  const taken = { header: true };
  const place = h("div", {}, content(grid, preview, taken));
  const change = async (wished) => {
    mode = wished;
    const next = await look(grid, wish());
    if (!next) return;
    preview = next;
    place.replaceChildren(...content(grid, preview, taken).flat().filter(Boolean));
  };
  const go = await ask({
    title: t("pastePreview"), wide: true,
    body: [active && grid.model.mayAdd && modes(mode, change), place],
    actions: (close) => [button(t("cancel"), () => close(null)), button(t("paste"), () => close(true), { primary: true })],
  });
  if (!go) return;
  const changes = toApply(grid, preview);
  const titled = taken.header && Object.keys(preview.header ?? {}).length > 0;
  const header = titled ? { cells: preview.header, version: grid.model.headerVersion } : null;
  if (!changes.length && !titled) grid.status.say(t("nothingToPaste"));
  else await grid.saver.edit(changes, { path: "paste/apply", extra: { header, after: grid.model.rows.at(-1)?.id ?? "" } });
  grid.editor.focus();
}

async function look(grid, wish) {
  try {
    return await grid.protocol.post("paste/preview", wish);
  } catch (error) {
    if (error instanceof Offline) grid.status.failed(t("pasteOffline"));
    else if (error instanceof Refused) grid.status.failed(error.body.problems?.[0]?.text ?? error.message);
    else throw error;
    return null;
  }
}
