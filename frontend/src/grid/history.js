// What a cell said before, who changed it when; an older value can be set back.
import { button, closePopover, h, popover } from "./dom.js";
import { shown } from "./format.js";
import { attempt, cellRect, cellTitle, moment } from "./panel.js";
import { sources, t } from "./words.js";

export class History {
  constructor(grid) {
    this.grid = grid;
  }

  async open(at = this.grid.selection.active) {
    const { grid } = this;
    if (!at) return;
    const answer = await attempt(grid, () => grid.protocol.get("history", { row: at.id, column: at.key }));
    if (!answer) return;
    const column = grid.model.byKey.get(at.key);
    const lines = answer.lines.map((line) => this.#line(line, column, at));
    popover(cellRect(grid, at), cellTitle(grid, t("history"), at),
      h("ol", { class: "gr-lines" }, lines.length ? lines : h("li", { class: "text-secondary" }, t("noHistory"))),
      () => grid.editor.focus());
  }

  #line({ at, by, before, after, source }, column, cell) {
    const { model } = this.grid;
    const restorable = model.isEditable(column) && before !== model.value(cell.id, cell.key);
    return h("li", {},
      h("div", { class: "gr-line-head" }, h("b", {}, by), h("span", { class: "text-secondary" }, moment(at)),
        sources[source] && h("span", { class: `ol-source ol-${sources[source].tone}` }, sources[source].text)),
      h("p", {}, h("del", {}, shown(column, before) || t("emptyValue")), " → ", h("ins", {}, shown(column, after) || t("emptyValue"))),
      restorable && button(t("restore"), () => this.#restore(cell, before), {}));
  }

  async #restore(cell, value) {
    const { grid } = this;
    closePopover();
    await grid.saver.act(async () => {
      const answer = await grid.protocol.post("restore", {
        row: cell.id, version: grid.model.byId.get(cell.id).version, column: cell.key, value,
      });
      await grid.take(answer, [cell.id]);
      if (answer.inverse) grid.undo.push(grid.undo.entry(answer));
      return answer;
    });
  }
}
