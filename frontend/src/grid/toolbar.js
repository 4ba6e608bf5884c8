// The buttons above the grid; every one of them has its key, listed in the keyboard help.
import { button, h } from "./dom.js";
import { t } from "./words.js";

function select(text, choices, value, change) {
  return h("label", { class: "gr-select" }, h("span", { class: "visually-hidden" }, text),
    h("select", { class: "form-select form-select-sm", title: text, on: { change: (event) => change(event.target.value) } },
      choices.map(([stored, shown]) => h("option", { value: stored, selected: stored === value }, shown))));
}

export class Toolbar {
  constructor(grid) {
    this.grid = grid;
    this.node = h("div", { class: "gr-toolbar", role: "toolbar", "aria-label": t("tools") });
    this.#draw();
  }

  #tool(text, name, act, shown = false) {
    return button(text, () => act(), { name, shown });
  }

  #draw() {
    const { grid } = this, { model } = grid;
    this.buttons = {};
    if (model.may.edit) {
      Object.assign(this.buttons, {
        undo: this.#tool(t("undo"), "undo", () => grid.undo.undo()), redo: this.#tool(t("redo"), "redo", () => grid.undo.redo()),
        fill: this.#tool(t("fillDown"), "fill-down", () => grid.fill.down()),
      });
    }
    if (model.mayAdd) {
      Object.assign(this.buttons, {
        insert: this.#tool(t("insertRow"), "plus", () => grid.rows.insert(), true),
        remove: this.#tool(t("deleteRows"), "trash", () => grid.rows.remove()),
        up: this.#tool(t("rowUp"), "arrow-up", () => grid.rows.shift(-1)), down: this.#tool(t("rowDown"), "arrow-down", () => grid.rows.shift(1)),
      });
      if (model.sheet.isTree) {
        this.buttons.out = this.#tool(t("rowOut"), "outdent", () => grid.rows.nest(-1));
        this.buttons.into = this.#tool(t("rowInto"), "indent", () => grid.rows.nest(1));
      }
    }
    this.cell = {
      comment: this.#tool(t("comments"), "comment", () => grid.comments.open()), history: this.#tool(t("history"), "history", () => grid.history.open()),
      about: this.#tool(t("remarks"), "info", () => grid.marks.about()),
    };
    this.filter = this.#tool(t("filter"), "filter", () => grid.views.toggleFilters());
    this.views = h("span", { class: "gr-views" });
    this.headings = h("label", { class: "gr-check" },
      h("input", { type: "checkbox", on: { change: (event) => { grid.clipboard.headings = event.target.checked; } } }), h("span", {}, t("withHeadings")));
    const group = (...parts) => h("span", { class: "gr-tools" }, parts.flat());
    this.node.replaceChildren(
      model.may.edit ? group(this.buttons.undo, this.buttons.redo, this.buttons.fill) : "",
      model.mayAdd ? group(["insert", "remove", "up", "down", "out", "into"].map((name) => this.buttons[name] ?? "")) : "",
      group(Object.values(this.cell)),
      group(this.#tool(t("find"), "search", () => grid.find.open()), this.filter, this.#tool(t("columns"), "columns", () => grid.views.choose())),
      this.views, this.headings,
      this.#tool(t("keys"), "keyboard", () => grid.keyboard.help()),
      grid.status.node,
    );
    this.refresh();
  }

  #viewTools() {
    const { grid } = this, { model, views } = grid;
    const grouped = model.columns.filter((column) => !["number", "money", "percent", "hours", "long_text"].includes(column.type));
    const current = model.views.find((view) => String(view.id) === views.current);
    return [
      model.sheet.isTree ? "" : select(t("groupBy"), [["", t("ungrouped")], ...grouped.map(({ key, label }) => [key, t("groupedBy", { column: label })])],
        views.layout.group, (key) => views.group(key)),
      select(t("views"), [["", t("standardView")], ...model.views.map(({ id, name, shared }) => [String(id), shared ? `${name} (${t("sharedView")})` : name])],
        views.current, (id) => views.open(id)),
      this.#tool(t("keepView"), "save", () => views.keep()),
      current?.mine ? this.#tool(t("dropView"), "trash", () => views.drop()) : "",
    ];
  }

  // What can be done now; what cannot is disabled.
  refresh() {
    const { grid } = this, { active } = grid.selection ?? {};
    if (this.buttons.undo) {
      this.buttons.undo.disabled = !grid.undo.past.length;
      this.buttons.redo.disabled = !grid.undo.future.length;
    }
    for (const name of ["remove", "up", "down", "out", "into", "fill"]) if (this.buttons[name]) this.buttons[name].disabled = !active;
    for (const one of Object.values(this.cell)) one.disabled = !active;
    this.filter.setAttribute("aria-pressed", String(Boolean(grid.views.filtering)));
    // The select in use keeps the keyboard.
    const signature = JSON.stringify([grid.views.layout.group, grid.views.current, grid.model.views.map(({ id, name }) => [id, name])]);
    if (signature !== this.signature) {
      const place = [...this.views.querySelectorAll("select")].indexOf(document.activeElement);
      this.views.replaceChildren(...this.#viewTools().filter(Boolean));
      this.signature = signature;
      if (place >= 0) this.views.querySelectorAll("select")[place]?.focus();
    }
  }
}
