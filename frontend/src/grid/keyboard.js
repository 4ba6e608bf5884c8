// The keys of a spreadsheet: moving, choosing, editing; what each command is called stands in `help`.
import { ask, button, h } from "./dom.js";
import { t } from "./words.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PAGE = 15;

export class Keyboard {
  constructor(grid) {
    this.grid = grid;
    this.leaving = false;
    this.began = null;  // column where a row of entries began: Enter after Tab returns to it
    grid.editor.field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const handled = grid.editor.editing ? this.#editing(event) : this.#moving(event);
      if (handled) event.preventDefault();
    });
  }

  #editing(event) {
    const { editor } = this.grid, list = editor.suggestions;
    if (list.isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      list.move(event.key === "ArrowDown" ? 1 : -1);
      return true;
    }
    if (event.key === "Enter" && event.altKey) {
      editor.field.setRangeText("\n", editor.field.selectionStart, editor.field.selectionEnd, "end");
      editor.field.dispatchEvent(new Event("input"));
      return true;
    }
    if (event.key === "ArrowDown" && event.altKey && !editor.picker.hidden) {
      editor.pick();
      return true;
    }
    if (event.key === "Escape") return editor.cancel();
    if (event.key !== "Enter" && event.key !== "Tab") return false;
    editor.commit(list.choice ?? undefined);
    if (event.key === "Tab") this.#tab(event.shiftKey ? -1 : 1);
    else this.#enter(event.shiftKey ? -1 : 1);
    return true;
  }

  #moving(event) {
    const { grid } = this;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return false;
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Tab") {
      if (!this.leaving && grid.selection.active && this.#tab(event.shiftKey ? -1 : 1)) return true;
      grid.table.viewport.tabIndex = -1;  // on the way out it would send the keyboard back in
      return false;
    }
    this.leaving = event.key === "Escape";
    if (this.leaving) return this.#escape();
    if (command) return this.#command(event);
    if (!grid.selection.active) return false;
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      if (event.altKey) return this.#tilt(down, right, event.shiftKey);
      return event.shiftKey ? this.#stretch(down, right) : this.#step(down, right);
    }
    const act = {
      Enter: () => (grid.editor.isEditable ? grid.editor.begin() : this.#enter(1)),
      F2: () => (event.shiftKey ? grid.comments.open() : grid.editor.begin()),
      Delete: () => grid.clear(), Backspace: () => grid.clear(),
      Home: () => this.#to(null, 0, event.shiftKey), End: () => this.#to(null, -1, event.shiftKey),
      PageDown: () => this.#step(PAGE, 0), PageUp: () => this.#step(-PAGE, 0),
      F3: () => grid.find.step(event.shiftKey ? -1 : 1),
    }[event.key];
    if (!act) return false;
    act();
    return true;
  }

  #escape() {
    const { grid } = this;
    grid.clipboard.unmark();
    grid.saver.discard(grid.selection.active);
    if (grid.selection.active) grid.selection.go(grid.selection.active, false);
    return true;
  }

  #command(event) {
    const { grid } = this, key = event.key.toLowerCase();
    if (event.key in ARROWS) {
      this.#jump(...ARROWS[event.key], event.shiftKey);
      return true;
    }
    const act = {
      z: () => (event.shiftKey ? grid.undo.redo() : grid.undo.undo()), y: () => grid.undo.redo(),
      d: () => grid.fill.down(), f: () => grid.find.open(), h: () => grid.find.open(), a: () => this.#all(),
      home: () => this.#to(0, 0, event.shiftKey), end: () => this.#to(-1, -1, event.shiftKey),
      enter: () => grid.rows.insert(), delete: () => grid.rows.remove(),
      " ": () => this.#wholeColumn(),
    }[key];
    if (!act) return false;
    act();
    return true;
  }

  // Alt and an arrow: rows move up and down, branches of a tree open and close; with Shift a row goes
  // into the branch above or out of its own.
  #tilt(down, right, shift) {
    const { grid } = this;
    if (down) grid.rows.shift(down);
    else if (shift) grid.rows.nest(right);
    else grid.table.branch(grid.selection.active.id, right > 0);
    return true;
  }

  #target(from, down, right) {
    const { table } = this.grid, { keys } = table;
    const row = Math.max(0, Math.min(table.placeOf(from.id) + down, table.order.length - 1));
    const column = Math.max(0, Math.min(keys.indexOf(from.key) + right, keys.length - 1));
    return { id: table.idAt(row), key: keys[column] };
  }

  #step(down, right) {
    this.grid.selection.go(this.#target(this.grid.selection.active, down, right));
    return true;
  }

  // The next row, in the column where a row of entries began.
  #enter(down) {
    const { id, key } = this.grid.selection.active;
    this.grid.selection.go(this.#target({ id, key: this.began ?? key }, down, 0));
  }

  #stretch(down, right) {
    const { selection } = this.grid;
    selection.extend(this.#target(selection.edge, down, right));
    return true;
  }

  // The next cell, over the end of the row; before the first and behind the last the grid is left.
  #tab(step) {
    const { grid } = this, { table, selection } = grid, { keys } = table;
    const place = table.placeOf(selection.active.id) * keys.length + keys.indexOf(selection.active.key) + step;
    if (place < 0 || place >= table.order.length * keys.length) return false;
    const began = this.began ?? selection.active.key;
    selection.go({ id: table.idAt(Math.floor(place / keys.length)), key: keys[place % keys.length] });
    this.began = began;
    return true;
  }

  // To a row and column counted from either end; null keeps where one is.
  #to(row, column, stretching) {
    const { table, selection } = this.grid, { keys } = table;
    const from = stretching ? selection.edge : selection.active;
    const at = { id: row === null ? from.id : table.order.at(row).data.id, key: keys.at(column) };
    if (stretching) selection.extend(at);
    else selection.go(at);
  }

  // As in a spreadsheet: to the end of the filled block, or over a gap to the next filled cell.
  #jump(down, right, stretching) {
    const { grid } = this, { selection, model } = grid;
    let at = stretching ? selection.edge : selection.active;
    const filled = (cell) => String(model.value(cell.id, cell.key) ?? "") !== "";
    const next = (cell) => this.#target(cell, down, right);
    const stuck = (cell) => next(cell).id === cell.id && next(cell).key === cell.key;
    const inBlock = filled(at) && !stuck(at) && filled(next(at));
    while (!stuck(at)) {
      const ahead = next(at);
      if (inBlock && !filled(ahead)) break;
      at = ahead;
      if (!inBlock && filled(at)) break;
    }
    if (stretching) selection.extend(at);
    else selection.go(at);
  }

  #all() {
    const { table, selection } = this.grid;
    if (!table.order.length) return;
    selection.active = { id: table.idAt(0), key: table.keys[0] };
    selection.extend({ id: table.order.at(-1).data.id, key: table.keys.at(-1) }, false);
  }

  #wholeColumn() {
    const { table, selection } = this.grid;
    const { key } = selection.active;
    selection.active = { id: table.idAt(0), key };
    selection.extend({ id: table.order.at(-1).data.id, key }, false);
  }

  help() {
    const keys = this.grid.model.sheet.isTree ? `${t("keyList")}\n${t("treeKeys")}` : t("keyList");
    const lines = keys.split("\n").map((line) => line.split("|"));
    ask({
      title: t("keys"),
      body: h("dl", { class: "gr-keys" }, lines.flatMap(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)])),
      actions: (close) => [button(t("close"), () => close(null))],
    });
  }
}
