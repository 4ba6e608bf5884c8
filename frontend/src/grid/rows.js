// Rows come, go and change places; each answer brings all rows in their order.
import { t } from "./words.js";

export class Rows {
  #turn = Promise.resolve();

  constructor(grid) {
    this.grid = grid;
  }

  // Answers null for a refusal; `refused` is told the problems of a 422.
  async #write(path, body, refused) {
    const { grid } = this;
    return grid.saver.act(async () => {
      const answer = await grid.protocol.post(path, body()).catch((error) => {
        if (!refused || error.status !== 422) throw error;
        refused(error.body.problems ?? []);
        return null;
      });
      if (!answer) return null;
      if (answer.totals) grid.model.totals = answer.totals;
      if (answer.remarks) grid.model.remarks = answer.remarks;
      await grid.replace(answer.rows);
      return answer;
    });
  }

  // A new row below the last chosen one (at the end when none is), ready for typing.
  async insert() {
    const { grid } = this, { model, selection } = grid;
    if (!model.mayAdd) return;
    const after = selection.rowIds.at(-1) ?? model.rows.at(-1)?.id ?? "";
    const answer = await this.#write("rows/insert", () => ({ after, rows: [{}] }));
    if (!answer) return;
    grid.undo.push({ created: answer.ids });
    const key = grid.table.keys.find((one) => model.isEditable(model.byKey.get(one))) ?? grid.table.keys[0];
    if (grid.table.placeOf(answer.ids[0]) >= 0) await grid.selection.go({ id: answer.ids[0], key });
    grid.editor.focus();
  }

  async remove() {
    const { grid } = this, ids = grid.selection.rowIds;
    if (!grid.model.mayAdd || !ids.length) return;
    const removed = await this.takeAway(ids);
    if (!removed) return;
    grid.undo.push({ removed });
    grid.status.say(t("rowsDeleted", { n: ids.length }));
    grid.editor.focus();
  }

  // Deletes and answers what puts the rows back.
  async takeAway(ids) {
    const { model } = this.grid;
    const gone = new Set(ids), present = model.rows.map((row) => row.id).filter((id) => gone.has(id));
    const answer = await this.#write("rows/delete", () => ({
      rows: present.map((id) => ({ id, version: model.byId.get(id).version })),
    }));
    return answer && { body: answer.inverse, ids: present };
  }

  putBack({ body }, refused) {
    return this.#write("rows/insert", () => body, refused);
  }

  // Moves and answers the move back; a `parent` puts the row into that branch, "" to the top.
  async moveTo({ row, after, parent }) {
    const { rows } = this.grid.model;
    const place = rows.findIndex((one) => one.id === row);
    const back = { row, after: rows[place - 1]?.id ?? "", parent: parent === undefined ? undefined : rows[place]?.parent ?? "" };
    const answer = await this.#write("rows/move", () => ({ row, after, parent }));
    return answer && back;
  }

  async #move(row, after, parent) {
    const { grid } = this;
    const back = await this.moveTo({ row, after, parent });
    if (!back) {
      await grid.table.reload();
      return;
    }
    grid.undo.push({ moved: back });
    grid.selection.repaint();
  }

  // A key pressed while an earlier move is on its way waits for the places that move leads to.
  #inTurn(move) {
    this.#turn = this.#turn.catch(() => {}).then(move);
    return this.#turn;
  }

  shift(step) {
    return this.#inTurn(() => this.#shift(step));
  }

  nest(step) {
    return this.#inTurn(() => this.#nest(step));
  }

  // One place up or down among the rows of the same branch.
  #shift(step) {
    const { grid } = this, { model, selection } = grid;
    if (!model.mayAdd || !selection.active || !this.#inOrder()) return;
    const own = model.byId.get(selection.active.id);
    const near = model.rows.filter((row) => (row.parent ?? "") === (own.parent ?? ""));
    const place = near.indexOf(own), target = place + step;
    if (target < 0 || target >= near.length) return;
    const after = step > 0 ? near[target].id : near[target - 1]?.id ?? "";
    return this.#move(own.id, after);
  }

  // Into the branch of the row above (1), or out of the branch it is in (-1).
  #nest(step) {
    const { model, selection } = this.grid;
    if (!model.sheet.isTree || !model.mayAdd || !selection.active || !this.#inOrder()) return;
    const own = model.byId.get(selection.active.id);
    const near = model.rows.filter((row) => (row.parent ?? "") === (own.parent ?? ""));
    const above = step > 0 ? near[near.indexOf(own) - 1] : model.byId.get(own.parent);
    if (!above) return;
    const below = model.rows.filter((row) => row !== own && model.isWithin(row, above.id));
    return this.#move(own.id, (below.at(-1) ?? above).id, step > 0 ? above.id : above.parent ?? "");
  }

  // After the table itself moved a row by dragging.
  dropped(row) {
    const moved = row.getData().id;
    if (!this.#inOrder()) {
      this.grid.table.reload();
      return;
    }
    this.#move(moved, row.getPrevRow()?.getData().id ?? "");
  }

  #inOrder() {
    const { table, status, views } = this.grid;
    const plain = !table.tabulator.getSorters().length && !views.layout.group;
    if (!plain) status.say(t("sortedNoMove"));
    return plain;
  }
}
