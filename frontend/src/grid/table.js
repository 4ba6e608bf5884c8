// The table itself: Tabulator draws the rows in view, sorts, filters, groups and nests them.
import {
  ColumnCalcsModule, DataTreeModule, FilterModule, FormatModule, FrozenColumnsModule, GroupRowsModule,
  InteractionModule, MoveColumnsModule, MoveRowsModule, ResizeColumnsModule, ResizeTableModule, SortModule, Tabulator,
} from "tabulator-tables";
import { columnDefinitions, FIELD, rowHeadDefinition } from "./columns.js";
import { h } from "./dom.js";
import { shown } from "./format.js";
import { t } from "./words.js";

Tabulator.registerModule([
  ColumnCalcsModule, DataTreeModule, FilterModule, FormatModule, FrozenColumnsModule, GroupRowsModule,
  InteractionModule, MoveColumnsModule, MoveRowsModule, ResizeColumnsModule, ResizeTableModule, SortModule,
]);

// Up to here rows are as high as their text; beyond, one line each keeps scrolling even.
const WRAPPED = 300;
const ROW_HEIGHT = 34;

export class Table {
  constructor(grid, host) {
    this.grid = grid;
    this.host = host;
    this.indexed = { rows: null, byId: new Map(), list: [] };
  }

  get model() {
    return this.grid.model;
  }

  data() {
    const { columns } = this.model;
    return this.model.nested((row) => {
      const record = { id: row.id };
      for (const column of columns) record[FIELD + column.key] = row.values[column.key] ?? "";
      return record;
    });
  }

  build(layout) {
    const { model, grid } = this;
    const wrapped = model.rows.length <= WRAPPED;
    this.host.classList.toggle("gr-wrapped", wrapped);
    return new Promise((resolve) => {
      this.tabulator = new Tabulator(this.host, {
        data: this.data(), index: "id", nestedFieldSeparator: false, layout: "fitData",
        maxHeight: "var(--gr-height)", minHeight: "120px",
        ...(wrapped ? {} : { rowHeight: ROW_HEIGHT }),
        columns: columnDefinitions(grid, layout),
        rowHeader: rowHeadDefinition(grid),
        columnDefaults: { headerSortTristate: true, minWidth: 56 },
        columnHeaderSortMulti: true, movableColumns: true, movableRows: model.mayAdd && !model.sheet.isTree,
        resizableColumnFit: false, columnCalcs: "table",
        dataTree: Boolean(model.sheet.isTree), dataTreeStartExpanded: true, dataTreeChildIndent: 16,
        dataTreeElementColumn: FIELD + layout.order[0],
        groupBy: layout.group ? FIELD + layout.group : false,
        groupHeader: (value, count) => this.#groupHead(layout.group, value, count),
        initialSort: layout.sort.map(({ key, dir }) => ({ column: FIELD + key, dir })),
        placeholder: () => grid.emptyText(), rowFormatter: (row) => this.#dress(row),
      });
      this.tabulator.on("tableBuilt", () => {
        this.host.setAttribute("aria-label", model.sheet.title);
        this.host.setAttribute("aria-rowcount", String(model.rows.length + 1));
        resolve();
      });
      this.tabulator.on("renderComplete", () => this.#roles());
      for (const event of ["renderComplete", "scrollVertical", "scrollHorizontal", "columnResized"]) {
        this.tabulator.on(event, () => grid.selection?.repaint());
      }
      for (const event of ["columnResized", "columnMoved", "dataSorted"]) {
        this.tabulator.on(event, () => grid.views?.remember());
      }
      this.tabulator.on("rowMoved", (row) => grid.rows.dropped(row));
    });
  }

  destroy() {
    this.tabulator?.destroy();
  }

  #groupHead(key, value, count) {
    const column = this.model.byKey.get(key);
    return h("span", {}, `${column.label}: ${shown(column, value) || t("emptyValue")} · ${t("rowCount", { n: count })}`);
  }

  #dress(row) {
    const element = row.getElement(), id = row.getData().id;
    if (id === undefined) return;  // the totals
    element.dataset.row = id;
    const health = this.model.byId.get(id)?.health;
    for (const one of ["good", "warn", "bad"]) element.classList.toggle(`gr-health-${one}`, health === one);
  }

  // The scrolled box takes the keyboard, so it is the group of its rows, or of the one that says
  // there are none.
  #roles() {
    this.viewport.setAttribute("role", "rowgroup");
    for (const child of this.viewport.children) child.setAttribute("role", "presentation");
  }

  // The rows as they stand now: filtered, sorted, opened; internal objects, cached per rendering.
  #index() {
    const rows = this.tabulator.rowManager.getDisplayRows();
    if (this.indexed.rows !== rows || this.indexed.length !== rows.length) {
      const list = rows.filter((row) => row.type === "row");
      const byId = new Map(list.map((row, place) => [row.data.id, place]));
      this.indexed = { rows, length: rows.length, list, byId };
    }
    return this.indexed;
  }

  get order() {
    return this.#index().list;
  }

  placeOf(id) {
    return this.#index().byId.get(id) ?? -1;
  }

  idAt(place) {
    return this.order[place]?.data.id;
  }

  // The keys of the columns in view, from left to right.
  get keys() {
    return this.tabulator.columnManager.getVisibleColumnsByIndex()
      .map((column) => column.getField()).filter((field) => field?.startsWith(FIELD))
      .map((field) => field.slice(FIELD.length));
  }

  element(id, key) {
    const row = this.order[this.placeOf(id)];
    const cell = row?.initialized && row.getElement().isConnected ? row.getCell(FIELD + key) : null;
    return cell?.getElement() ?? null;
  }

  get viewport() {
    return this.tabulator.rowManager.element;
  }

  async show(id, key) {
    if (!this.element(id, key)) await this.order[this.placeOf(id)]?.getComponent().scrollTo("center", false);
    const cell = this.element(id, key);
    if (!cell) return;
    const box = this.viewport, view = box.getBoundingClientRect(), place = cell.getBoundingClientRect();
    const bottom = view.top + box.clientHeight, right = view.left + box.clientWidth;
    if (place.top < view.top) box.scrollTop -= view.top - place.top;
    else if (place.bottom > bottom) box.scrollTop += place.bottom - bottom;
    if (cell.classList.contains("tabulator-frozen")) return;
    const frozen = [...cell.parentElement.querySelectorAll(".tabulator-cell.tabulator-frozen")]
      .reduce((edge, one) => Math.max(edge, one.getBoundingClientRect().right), view.left);
    if (place.left < frozen) box.scrollLeft -= frozen - place.left;
    else if (place.right > right) box.scrollLeft += Math.min(place.right - right, place.left - frozen);
  }

  // Opens or closes a branch of a tree.
  branch(id, open) {
    const row = this.order[this.placeOf(id)]?.getComponent();
    if (!this.model.sheet.isTree || !row) return;
    if (open) row.treeExpand();
    else row.treeCollapse();
  }

  update(ids) {
    for (const id of ids) {
      const row = this.order[this.placeOf(id)];
      if (!row) continue;
      const { values } = this.model.byId.get(id);
      for (const { key } of this.model.columns) row.data[FIELD + key] = values[key] ?? "";
      row.getComponent().reformat();
    }
    this.tabulator.recalc();
    this.grid.selection.repaint();
  }

  async reload() {
    const { scrollTop, scrollLeft } = this.viewport;
    await this.tabulator.replaceData(this.data());
    this.viewport.scrollTop = scrollTop;
    this.viewport.scrollLeft = scrollLeft;
    this.host.setAttribute("aria-rowcount", String(this.model.rows.length + 1));
  }
}
