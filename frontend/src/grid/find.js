// Find and replace in what the cells show, row by row through the rows in view.
import { button, h } from "./dom.js";
import { shown, typed } from "./format.js";
import { t } from "./words.js";

export class Find {
  constructor(grid) {
    this.grid = grid;
    this.hits = [];
    this.place = -1;
    this.what = h("input", { type: "search", class: "form-control form-control-sm", "aria-label": t("findText"), placeholder: t("findText"), on: { input: () => this.#later() } });
    this.with = h("input", { type: "text", class: "form-control form-control-sm", "aria-label": t("replaceText"), placeholder: t("replaceText") });
    this.count = h("span", { class: "gr-find-count", role: "status" });
    this.bar = h("div", { class: "gr-find", role: "search", "aria-label": t("find"), hidden: true },
      this.what, this.count,
      button(t("previous"), () => this.step(-1), { name: "chevron-up", shown: false }),
      button(t("next"), () => this.step(1), { name: "chevron-down", shown: false }),
      grid.model.may.edit && [
        this.with, button(t("replace"), () => this.replace()), button(t("replaceAll"), () => this.replaceAll()),
      ],
      button(t("close"), () => this.close(), { name: "close", shown: false }));
    this.bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.target === this.what) this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Enter" && event.target === this.with) this.replace();
      else return;
      event.preventDefault();
    });
  }

  open() {
    this.bar.hidden = false;
    this.what.focus();
    this.what.select();
    this.#search();
  }

  close() {
    this.bar.hidden = true;
    this.grid.editor.focus();
  }

  #later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.#search(), 150);
  }

  #search() {
    const wanted = this.what.value.toLowerCase();
    const { table, model } = this.grid;
    this.hits = [];
    this.place = -1;
    if (wanted) {
      const columns = table.keys.map((key) => model.byKey.get(key));
      for (const row of table.order) {
        const { id } = row.data;
        for (const column of columns) {
          if (this.#text(id, column).toLowerCase().includes(wanted)) this.hits.push({ id, key: column.key });
        }
      }
    }
    this.#tell();
  }

  #text(id, column) {
    const { model } = this.grid;
    return model.draft(id, column.key) ?? shown(column, model.value(id, column.key));
  }

  #tell() {
    const { hits } = this;
    this.count.textContent = this.what.value
      ? (hits.length ? t("findCount", { at: this.place + 1, n: hits.length }) : t("findNone")) : "";
  }

  step(direction) {
    clearTimeout(this.waiting);
    if (!this.hits.length) this.#search();
    if (!this.hits.length) return;
    this.place = this.place < 0 && direction < 0 ? this.hits.length - 1 : (this.place + direction + this.hits.length) % this.hits.length;
    this.grid.selection.go(this.hits[this.place]);
    this.#tell();
  }

  // The change of one hit, or null where the cell cannot be written or nothing would change.
  #replaced({ id, key }) {
    const { model } = this.grid, column = model.byKey.get(key);
    if (!model.isEditable(column)) return null;
    const before = model.draft(id, key) ?? typed(column, model.value(id, key));
    const pattern = new RegExp(this.what.value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
    const after = before.replace(pattern, () => this.with.value);
    return after === before ? null : { row: id, cells: { [key]: after } };
  }

  replace() {
    const hit = this.hits[this.place];
    if (!hit) {
      this.step(1);
      return;
    }
    const change = this.#replaced(hit);
    if (change) this.grid.saver.edit([change]);
    else this.grid.status.say(t("notReplaced"));
    const { place } = this;
    this.#search();
    this.place = Math.min(place, this.hits.length) - 1;
    if (this.hits.length) this.step(1);
  }

  replaceAll() {
    this.#search();
    const byRow = new Map();
    let count = 0;
    for (const change of this.hits.map((hit) => this.#replaced(hit)).filter(Boolean)) {
      byRow.set(change.row, { ...byRow.get(change.row), ...change.cells });
      count += 1;
    }
    if (count) this.grid.saver.edit([...byRow].map(([row, cells]) => ({ row, cells })));
    this.#search();
    this.grid.status.say(t("replacedCount", { n: count }));
  }
}
