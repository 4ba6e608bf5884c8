// Fill-down: Ctrl+D, or dragging the small square at the corner of the choice.
import { h } from "./dom.js";
import { typed } from "./format.js";

export class Fill {
  constructor(grid, frame) {
    this.grid = grid;
    this.frame = frame;
    this.handle = h("div", { class: "gr-handle", "aria-hidden": "true", hidden: true });
    frame.append(this.handle);
    this.handle.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  place() {
    const { bounds } = this.grid.selection, { table, model, editor } = this.grid;
    const cell = bounds && table.element(table.idAt(bounds.bottom), table.keys[bounds.right]);
    this.handle.hidden = !cell || !model.may.edit || editor.editing || this.grid.isNarrow;
    if (this.handle.hidden) return;
    const place = cell.getBoundingClientRect(), frame = this.frame.getBoundingClientRect(), view = table.viewport.getBoundingClientRect();
    this.handle.hidden = place.bottom > view.bottom + 2 || place.bottom < view.top || place.right > view.right + 2;
    Object.assign(this.handle.style, { left: `${place.right - frame.left - 5}px`, top: `${place.bottom - frame.top - 5}px` });
  }

  // The first row of the choice into the others; of a single row, the row above it.
  down() {
    const { bounds } = this.grid.selection;
    if (!bounds) return;
    if (bounds.top === bounds.bottom) this.#copy(bounds.top - 1, 1, bounds.top, bounds.bottom);
    else this.#copy(bounds.top, 1, bounds.top + 1, bounds.bottom);
  }

  // Repeats `height` rows from `source` on over the rows from first to last, in the chosen columns.
  #copy(source, height, first, last) {
    const { table, model, selection, saver } = this.grid;
    if (source < 0 || first > last) return;
    const keys = selection.columnKeys.filter((key) => model.isEditable(model.byKey.get(key)));
    const changes = [];
    for (let place = first; place <= last; place++) {
      const from = table.idAt(source + ((place - first) % height)), row = table.idAt(place);
      const cells = {};
      for (const key of keys) {
        const text = model.draft(from, key) ?? typed(model.byKey.get(key), model.value(from, key));
        if (text !== typed(model.byKey.get(key), model.value(row, key))) cells[key] = text;
      }
      if (Object.keys(cells).length) changes.push({ row, cells });
    }
    if (changes.length) saver.edit(changes);
  }

  #drag(event) {
    event.preventDefault();
    const { selection, table, editor } = this.grid;
    const { top, bottom, left, right } = selection.bounds, { keys } = table;
    this.handle.setPointerCapture(event.pointerId);
    const move = (over) => {
      // The square itself lies under the pointer; the cell is the one below it.
      const under = document.elementsFromPoint(over.clientX, over.clientY).find((one) => one.closest(".tabulator-row[data-row]"));
      const place = under ? table.placeOf(under.closest(".tabulator-row").dataset.row) : -1;
      selection.active = { id: table.idAt(top), key: keys[left] };
      selection.extend({ id: table.idAt(Math.max(bottom, place)), key: keys[right] }, false);
    };
    this.handle.addEventListener("pointermove", move);
    this.handle.addEventListener("pointerup", () => {
      this.handle.removeEventListener("pointermove", move);
      this.#copy(top, bottom - top + 1, bottom + 1, selection.bounds.bottom);
      editor.focus();
    }, { once: true });
  }
}
