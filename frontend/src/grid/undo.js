// Undo and redo over the server's own inverses. An entry holds any of: cells to set back, rows to
// delete again, rows to put back, a row to move back; carrying it out gives the opposite entry.
import { askConflicts } from "./conflict.js";
import { cellKey } from "./model.js";
import { t } from "./words.js";

const DEPTH = 200;

export class Undo {
  constructor(grid) {
    this.grid = grid;
    this.past = [];
    this.future = [];
  }

  // From an answer of the server; `expects` is what the cells say now, to notice other hands later.
  entry({ inverse = [], ids }) {
    const { model } = this.grid;
    const parts = Array.isArray(inverse) ? { changes: inverse } : inverse;
    const changes = (parts.changes ?? []).map(({ row, cells }) => ({ row, cells }));
    const expects = new Map(changes.flatMap(({ row, cells }) =>
      Object.keys(cells).map((key) => [cellKey(row, key), model.value(row, key)])));
    return { changes, expects, created: ids ?? [], header: parts.header?.cells };
  }

  push(entry) {
    this.past.push(entry);
    if (this.past.length > DEPTH) this.past.shift();
    this.future = [];
    this.grid.toolbar.refresh();
  }

  undo() {
    return this.#next(this.past, this.future);
  }

  redo() {
    return this.#next(this.future, this.past);
  }

  // One step after the other, each when what was typed before it has been saved.
  #next(from, to) {
    this.turn = (this.turn ?? Promise.resolve()).then(() => this.grid.saver.idle()).then(() => this.#carry(from, to));
    return this.turn;
  }

  async #carry(from, to) {
    const entry = from.pop();
    if (!entry) {
      this.grid.status.say(t(from === this.past ? "nothingToUndo" : "nothingToRedo"));
      return;
    }
    const opposite = await this.#perform(entry);
    if (opposite) to.push(opposite);
    this.grid.toolbar.refresh();
  }

  async #perform({ changes = [], expects = new Map(), created = [], removed, moved, header }) {
    const opposite = {};
    if (removed) {
      const answer = await this.grid.rows.putBack(removed);
      if (!answer) return null;
      this.#rename(removed.ids, answer.ids);
      opposite.created = answer.ids;
    }
    if (header) opposite.header = await this.grid.header.save(header);
    if (moved) opposite.moved = await this.grid.rows.moveTo(moved);
    const kept = await this.#undisputed(changes, expects);
    if (kept.length) {
      await this.grid.saver.edit(kept, {
        settle: (entry) => {
          opposite.changes = entry.changes;
          opposite.expects = entry.expects;
        },
      });
      this.#show(kept[0]);
    }
    if (created.length) opposite.removed = await this.grid.rows.takeAway(created);
    return Object.values(opposite).some(Boolean) ? opposite : null;
  }

  // A cell somebody changed after me is not set back without asking.
  async #undisputed(changes, expects) {
    const { model } = this.grid;
    const conflicts = changes.flatMap(({ row, cells }) => Object.entries(cells)
      .filter(([key]) => model.byId.has(row) && model.value(row, key) !== expects.get(cellKey(row, key)))
      .map(([column, yours]) => ({ row, column, yours, theirs: model.value(row, column) })));
    const present = changes.filter(({ row }) => model.byId.has(row));
    if (!conflicts.length) return present;
    const mine = await askConflicts(this.grid, conflicts);
    const out = new Set(conflicts.filter((_one, place) => !mine.has(place)).map((one) => cellKey(one.row, one.column)));
    return present
      .map(({ row, cells }) => ({ row, cells: Object.fromEntries(Object.entries(cells).filter(([key]) => !out.has(cellKey(row, key)))) }))
      .filter(({ cells }) => Object.keys(cells).length);
  }

  #show({ row, cells }) {
    if (this.grid.isNarrow) {
      this.grid.cards.show(row);
      return;
    }
    const key = Object.keys(cells)[0];
    if (this.grid.table.placeOf(row) >= 0 && this.grid.table.keys.includes(key)) this.grid.selection.go({ id: row, key });
  }

  // A row that was deleted and put back has a new name: older steps must know it.
  #rename(before, after) {
    const names = new Map(before.map((id, place) => [id, after[place]]));
    const renamed = (id) => names.get(id) ?? id;
    for (const entry of [...this.past, ...this.future]) {
      for (const change of entry.changes ?? []) change.row = renamed(change.row);
      entry.created = entry.created?.map(renamed);
      entry.expects = new Map([...(entry.expects ?? [])].map(([key, value]) => {
        const [row, column] = key.split("\u0000");
        return [cellKey(renamed(row), column), value];
      }));
      if (entry.moved) entry.moved = Object.fromEntries(Object.entries(entry.moved).map(([name, id]) => [name, renamed(id)]));
      for (const block of entry.removed ? (entry.removed.body.blocks ?? [entry.removed.body]) : []) block.after = renamed(block.after);
    }
  }
}
