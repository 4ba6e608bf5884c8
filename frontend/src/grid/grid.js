// One form as a grid: the parts and how they know of each other.
import { Cards } from "./cards.js";
import { Clipboard } from "./clipboard.js";
import { Comments } from "./comments.js";
import { h } from "./dom.js";
import { Editor } from "./editor.js";
import { Fill } from "./fill.js";
import { Find } from "./find.js";
import { shown } from "./format.js";
import { Header } from "./header.js";
import { History } from "./history.js";
import { Keyboard } from "./keyboard.js";
import { Marks } from "./marks.js";
import { Model } from "./model.js";
import { Protocol } from "./protocol.js";
import { Rows } from "./rows.js";
import { Saver } from "./saver.js";
import { Selection } from "./selection.js";
import { Status } from "./status.js";
import { Table } from "./table.js";
import { Toolbar } from "./toolbar.js";
import { Undo } from "./undo.js";
import { Views } from "./views.js";
import { t } from "./words.js";

const NARROW = matchMedia("(max-width: 640px)");
const SUGGESTED = new Set(["person", "department"]);

export class Grid {
  static async open(root) {
    const protocol = new Protocol(root.dataset.grid);
    const grid = new Grid(root, protocol, new Model(await protocol.get("data")));
    await grid.draw();
    NARROW.addEventListener("change", () => grid.draw());
    return grid;
  }

  constructor(root, protocol, model) {
    Object.assign(this, { root, protocol, model });
    this.status = new Status(this);
    this.views = new Views(this);
    this.undo = new Undo(this);
    this.saver = new Saver(this);
    this.rows = new Rows(this);
    this.header = new Header(this);
    this.comments = new Comments(this);
    this.history = new History(this);
    this.marks = new Marks(this);
    model.addEventListener("changed", ({ detail }) => (this.isNarrow ? this.cards : this.table)?.update(detail));
  }

  get isNarrow() {
    return NARROW.matches;
  }

  async draw() {
    this.table?.destroy();
    this.table = this.cards = null;
    if (this.isNarrow) {
      this.host = h("div", {});
      this.selection = { active: null, rowIds: [], repaint() {}, mend() {} };
      this.root.replaceChildren(this.header.node, this.header.remarks, h("div", { class: "gr-toolbar" }, this.status.node), this.host);
      this.cards = this.toolbar = new Cards(this, this.host);
    } else await this.#drawTable();
    this.root.dataset.ready = "1";
    performance.mark("grid-ready");
  }

  async #drawTable() {
    this.host = h("div", { class: "gr-table" });
    this.frame = h("div", { class: "gr-frame" }, this.host);
    this.frame.classList.toggle("gr-filtering", this.views.filtering);
    this.live = h("div", { class: "visually-hidden", role: "status" });
    this.table = new Table(this, this.host);
    this.selection = new Selection(this);
    this.editor = new Editor(this, this.frame);
    this.fill = new Fill(this, this.frame);
    this.clipboard = new Clipboard(this);
    this.keyboard = new Keyboard(this);
    this.find = new Find(this);
    this.toolbar = new Toolbar(this);
    this.root.replaceChildren(
      this.header.node, this.header.remarks, this.toolbar.node, this.find.bar, this.frame, this.live,
      h("p", { class: "visually-hidden", id: "gr-keys-hint" }, t("keysHint")));
    await this.table.build(this.views.layout);
    this.frame.addEventListener("mousedown", (event) => {
      if (event.target.closest(".tabulator-placeholder")) setTimeout(() => this.editor.focus());
    });
    this.table.viewport.addEventListener("focus", () => this.editor.focus());
    this.selection.mend();
  }

  // The table again, after columns or the view changed.
  async rebuild() {
    const { active, edge } = this.selection;
    await this.draw();
    if (active && !this.isNarrow) {
      Object.assign(this.selection, { active, edge });
      this.selection.mend();
    }
  }

  // All rows anew, in their order.
  async replace(rows) {
    this.model.replace(rows);
    if (this.isNarrow) this.cards.draw();
    else {
      await this.table.reload();
      this.selection.mend();
    }
    this.header.draw();
  }

  // The form as the server has it now.
  async refresh() {
    const { header, headerVersion, totals, remarks, rows } = await this.protocol.get("data");
    Object.assign(this.model, { header, headerVersion, totals, remarks });
    await this.replace(rows);
  }

  // An answer to an edit; rows this window has not seen yet come with their order, else the form is
  // read again.
  async take(answer, edited = []) {
    const hasNew = this.model.apply(answer);
    if (hasNew) {
      if (answer.order) await this.replace(this.model.ordered(answer));
      else await this.refresh();
    } else {
      this.model.changed(edited.filter((id) => this.model.byId.has(id)));
      this.header.draw();
    }
  }

  // Delete key: the chosen cells become empty.
  clear() {
    const keys = this.selection.columnKeys.filter((key) => this.model.isEditable(this.model.byKey.get(key)));
    const changes = this.selection.rowIds.map((row) => ({
      row, cells: Object.fromEntries(keys.filter((key) => this.model.value(row, key) !== "" || this.model.draft(row, key)).map((key) => [key, ""])),
    })).filter(({ cells }) => Object.keys(cells).length);
    if (changes.length) this.saver.edit(changes);
  }

  // What the editor offers: the declared choices, for people and departments also who is there.
  choices(column, fromRows = true) {
    if (column.type === "boolean") return [t("yes"), t("no")];
    const declared = (column.choices ?? []).map(([, text]) => String(text));
    if (declared.length || !fromRows || !SUGGESTED.has(column.type)) return declared;
    return [...new Set(this.model.rows.map((row) => row.values[column.key]).filter(Boolean))].sort();
  }

  emptyText() {
    return h("div", { class: "gr-empty", role: "row" }, h("div", { role: "gridcell" },
      h("p", {}, t(this.views.isRearranged && this.model.rows.length ? "nothingFound" : "emptyForm")),
      this.model.mayAdd && !this.model.rows.length && h("p", { class: "text-secondary" }, t("emptyHint"))));
  }

  // Tells a screen reader where one is.
  announce() {
    const { active } = this.selection;
    const row = active && this.model.byId.get(active.id), column = active && this.model.byKey.get(active.key);
    if (!row || !column) return;
    const draft = this.model.draft(active.id, active.key);
    const said = [column.label, t("rowAt", { n: row.place }), draft ?? (shown(column, row.values[active.key]) || t("emptyValue"))];
    const problem = this.model.problem(active.id, active.key);
    const remarks = this.model.remarksOf(active.id, active.key).map((remark) => remark.text);
    this.live.textContent = [...said, problem?.text, ...remarks].filter(Boolean).join(", ");
  }
}
