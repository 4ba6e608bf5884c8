// The active cell and the rectangle from it: mouse, painting, and where the editor stands.

export class Selection {
  constructor(grid) {
    this.grid = grid;
    this.active = null;  // {id, key}: where typing goes
    this.edge = null;    // {id, key}: the opposite corner
    this.painted = new Set();
    this.waiting = 0;
    grid.host.addEventListener("mousedown", (event) => this.#press(event));
    grid.host.addEventListener("dblclick", (event) => {
      if (this.#at(event.target)) grid.editor.begin();
    });
    addEventListener("resize", () => this.repaint());
  }

  #at(target) {
    const cell = target.closest?.(".tabulator-cell"), row = cell?.closest(".tabulator-row");
    if (!row?.dataset.row) return null;
    const field = cell.getAttribute("tabulator-field") ?? "";
    return { id: row.dataset.row, key: field.startsWith("c:") ? field.slice(2) : null };
  }

  #press(event) {
    const at = this.#at(event.target);
    if (!at || event.target.closest(".tabulator-data-tree-control")) return;
    if (event.button === 2 && this.has(at)) return;
    if (!at.key) {
      this.#pressHead(event, at.id);
      return;
    }
    event.preventDefault();
    this.grid.editor.commit();
    if (event.shiftKey && this.active) this.extend(at);
    else this.go(at, false);
    this.grid.marks.pressed(event.target, at);
    if (event.button !== 0) return;
    const drag = (move) => {
      const over = this.#at(document.elementFromPoint(move.clientX, move.clientY) ?? document.body);
      if (over?.key) this.extend(over, false);
    };
    document.addEventListener("mousemove", drag);
    document.addEventListener("mouseup", () => document.removeEventListener("mousemove", drag), { once: true });
  }

  // The head of a row takes the whole row; with Shift all rows up to it.
  #pressHead(event, id) {
    this.grid.editor.commit();
    const { keys } = this.grid.table;
    if (event.shiftKey && this.active) this.extend({ id, key: keys.at(-1) });
    else {
      this.go({ id, key: keys[0] }, false);
      this.extend({ id, key: keys.at(-1) }, false);
    }
    this.grid.editor.focus();
  }

  go(at, scroll = true) {
    this.active = at;
    this.edge = at;
    this.grid.keyboard.began = null;
    this.grid.announce();
    return this.#shown(at, scroll);
  }

  extend(at, scroll = true) {
    this.edge = at;
    this.#shown(at, scroll);
  }

  async #shown(at, scroll) {
    if (scroll) await this.grid.table.show(at.id, at.key);
    this.paint();
    this.grid.editor.follow();
    this.grid.toolbar?.refresh();
  }

  // {top, bottom, left, right}: places in the rows and columns in view; null when nothing is chosen.
  get bounds() {
    if (!this.active || !this.grid.table) return null;
    const { table } = this.grid, { keys } = table;
    const rows = [table.placeOf(this.active.id), table.placeOf(this.edge.id)];
    const columns = [keys.indexOf(this.active.key), keys.indexOf(this.edge.key)];
    if (Math.min(...rows, ...columns) < 0) return null;
    return {
      top: Math.min(...rows), bottom: Math.max(...rows), left: Math.min(...columns), right: Math.max(...columns),
    };
  }

  get rowIds() {
    const { bounds } = this;
    if (!bounds) return [];
    return this.grid.table.order.slice(bounds.top, bounds.bottom + 1).map((row) => row.data.id);
  }

  get columnKeys() {
    const { bounds } = this;
    return bounds ? this.grid.table.keys.slice(bounds.left, bounds.right + 1) : [];
  }

  has({ id, key }) {
    const { bounds } = this, { table } = this.grid;
    const row = table.placeOf(id), column = table.keys.indexOf(key);
    return Boolean(bounds) && row >= bounds.top && row <= bounds.bottom && column >= bounds.left && column <= bounds.right;
  }

  // After rows or columns changed: keep the cell where it can be kept.
  mend() {
    const { table } = this.grid, { keys } = table;
    if (!table.order.length || !keys.length) {
      this.active = this.edge = null;
    } else if (this.active) {
      const mended = (at) => ({
        id: table.placeOf(at.id) < 0 ? table.idAt(Math.min(this.lastTop ?? 0, table.order.length - 1)) : at.id,
        key: keys.includes(at.key) ? at.key : keys[0],
      });
      this.active = mended(this.active);
      this.edge = mended(this.edge);
    } else {
      this.active = this.edge = { id: table.idAt(0), key: keys[0] };
    }
    this.repaint();
  }

  repaint() {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => {
      this.paint();
      this.grid.editor.follow();
    });
  }

  paint() {
    for (const cell of this.painted) {
      cell.classList.remove("gr-in", "gr-active");
      cell.setAttribute("aria-selected", "false");
    }
    this.painted.clear();
    const { bounds } = this, { table } = this.grid;
    if (!bounds) return;
    this.lastTop = bounds.top;
    const fields = new Set(this.columnKeys.map((key) => `c:${key}`));
    for (const row of table.viewport.querySelectorAll(".tabulator-row[data-row]")) {
      const place = table.placeOf(row.dataset.row);
      if (place < bounds.top || place > bounds.bottom) continue;
      for (const cell of row.children) {
        if (!fields.has(cell.getAttribute("tabulator-field"))) continue;
        cell.classList.add("gr-in");
        cell.setAttribute("aria-selected", "true");
        this.painted.add(cell);
      }
    }
    table.element(this.active.id, this.active.key)?.classList.add("gr-active");
  }
}
