// On a phone each row is a card of label and value; a tap opens its fields.
import { button, h, icon } from "./dom.js";
import { cellContent, rowHead } from "./cell.js";
import { shown } from "./format.js";
import { headline } from "./columns.js";
import { askFields } from "./fields.js";
import { remarkList } from "./marks.js";
import { t } from "./words.js";

const AT_ONCE = 60;

export class Cards {
  constructor(grid, host) {
    this.grid = grid;
    this.host = host;
    this.limit = AT_ONCE;
    this.query = "";
    this.list = h("ul", { class: "gr-cards" });
    const search = h("input", {
      type: "search", class: "form-control", "aria-label": t("searchRows"), placeholder: t("searchRows"),
      on: { input: () => { this.query = search.value.trim().toLowerCase(); this.limit = AT_ONCE; this.draw(); } },
    });
    const { undo } = grid;
    this.steps = grid.model.may.edit && {
      undo: button(t("undo"), () => undo.undo(), { name: "undo", shown: false }),
      redo: button(t("redo"), () => undo.redo(), { name: "redo", shown: false }),
    };
    this.more = button(t("showMore"), () => { this.limit += AT_ONCE * 2; this.draw(); });
    host.replaceChildren(
      h("div", { class: "gr-cards-tools" }, search, this.steps && [this.steps.undo, this.steps.redo],
        grid.model.mayAdd && button(t("insertRow"), () => this.add(), { name: "plus", primary: true })),
      this.list, this.more, h("div", { class: "gr-cards-totals" }));
    this.draw();
    this.refresh();
  }

  // What can be undone now; the toolbar of the cards.
  refresh() {
    if (!this.steps) return;
    this.steps.undo.disabled = !this.grid.undo.past.length;
    this.steps.redo.disabled = !this.grid.undo.future.length;
  }

  show(id) {
    this.element(id)?.scrollIntoView({ block: "center" });
  }

  element(id) {
    return this.list.querySelector(`[data-row="${CSS.escape(id)}"]`);
  }

  draw() {
    const { model } = this.grid;
    const found = this.query
      ? model.rows.filter((row) => model.columns.some((column) => shown(column, row.values[column.key]).toLowerCase().includes(this.query)))
      : model.rows;
    this.list.replaceChildren(...found.slice(0, this.limit).map((row) => this.#card(row)));
    if (!found.length) this.list.append(h("li", { class: "gr-card text-secondary" }, t("emptyForm")));
    this.more.hidden = found.length <= this.limit;
    this.#totals();
  }

  #totals() {
    const { model } = this.grid, totalled = model.columns.filter((column) => column.totalled);
    this.host.lastChild.replaceChildren(h("dl", { class: "gr-card-values" },
      totalled.map((column) => [h("dt", {}, `${t("total")} · ${headline(column)}`), h("dd", {}, shown(column, model.totals[column.key]) || "—")])));
    this.host.lastChild.hidden = !totalled.length;
  }

  #card(row) {
    const { model } = this.grid, [first, ...rest] = model.columns;
    const remarks = row.remarks ?? [];
    return h("li", { class: `gr-card${row.health ? ` gr-health-${row.health}` : ""}`, "data-row": row.id },
      h("div", { class: "gr-card-head" }, rowHead(model, row, false), h("h2", {}, cellContent(model, row, first)),
        model.may.edit && button(t("editRow", { n: row.place }), () => this.edit(row), { name: "edit", shown: false })),
      h("dl", { class: "gr-card-values" },
        rest.filter((column) => row.values[column.key] !== "" || model.draft(row.id, column.key)).map((column) => [h("dt", {}, headline(column)), h("dd", {}, cellContent(model, row, column))])),
      remarks.length > 0 && h("details", {}, h("summary", {}, icon("warn"), t("remarkCount", { n: remarks.length })), remarkList(remarks)));
  }

  update(ids) {
    for (const id of ids) {
      const row = this.grid.model.byId.get(id);
      if (row) this.element(id)?.replaceWith(this.#card(row));
    }
    this.#totals();
  }

  async edit(row) {
    const { grid } = this, { model } = grid;
    const cells = await askFields({
      title: t("editRow", { n: row.place }), columns: model.columns, sheet: true, mayDelete: model.mayAdd,
      value: (column) => model.draft(row.id, column.key) ?? row.values[column.key],
      choices: (column) => grid.choices(column), problem: (column) => model.problem(row.id, column.key),
    });
    if (cells === "delete") {
      const removed = await grid.rows.takeAway([row.id]);
      if (removed) grid.undo.push({ removed });
    } else if (cells && Object.keys(cells).length) grid.saver.edit([{ row: row.id, cells }]);
  }

  // A refused row comes back with its problems and everything that was typed.
  async add(problems = new Map(), kept = {}) {
    const { grid } = this, { model } = grid;
    const cells = await askFields({
      title: t("insertRow"), columns: model.columns.filter((column) => model.isEditable(column)), sheet: true,
      value: (column) => kept[column.key] ?? "", choices: (column) => grid.choices(column),
      problem: (column) => problems.get(column.key),
    });
    if (!cells || cells === "delete") return;
    const sent = { ...kept, ...cells };
    const refused = (found) => setTimeout(() => this.add(new Map(found.map((one) => [one.column, one])), sent));
    const answer = await grid.rows.putBack({ body: { after: model.rows.at(-1)?.id ?? "", rows: [sent] } }, refused);
    if (!answer) return;
    grid.undo.push({ created: answer.ids });
    this.limit = Math.max(this.limit, model.rows.length);
    this.draw();
    this.show(answer.ids[0]);
  }
}
