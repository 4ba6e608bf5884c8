// The title block of the form above its table, and the remarks that concern the whole form.
import { button, h } from "./dom.js";
import { shown, typed } from "./format.js";
import { askFields } from "./fields.js";
import { remarkList } from "./marks.js";
import { Refused } from "./protocol.js";
import { t } from "./words.js";

export class Header {
  constructor(grid) {
    this.grid = grid;
    this.node = h("div", { class: "gr-header" });
    this.remarks = h("details", { class: "gr-form-remarks", hidden: true });
    this.draw();
  }

  draw() {
    const { model } = this.grid, columns = model.sheet.header ?? [];
    const mayEdit = model.may.edit && columns.some((column) => column.editable && !column.computed);
    this.node.hidden = columns.length === 0;
    this.node.replaceChildren(
      h("dl", {}, columns.map((column) => h("div", {}, h("dt", {}, column.label), h("dd", {}, shown(column, model.header[column.key]) || "—")))),
      mayEdit ? button(t("editTitleBlock"), () => this.edit(), { name: "edit", shown: false }) : "",
    );
    this.remarks.hidden = model.remarks.length === 0;
    this.remarks.replaceChildren(h("summary", {}, t("formRemarks", { n: model.remarks.length })), remarkList(model.remarks));
  }

  async edit(problems = new Map(), kept = {}) {
    const { grid } = this, { model } = grid;
    const cells = await askFields({
      title: t("editTitleBlock"), columns: model.sheet.header,
      value: (column) => kept[column.key] ?? model.header[column.key], choices: (column) => grid.choices(column, false),
      problem: (column) => problems.get(column.key),
    });
    if (!cells || !Object.keys(cells).length) return;
    const header = await this.save(cells);
    if (header) grid.undo.push({ header });
  }

  // Answers what sets the fields back, null when they were refused.
  async save(cells) {
    const { grid } = this, fields = grid.model.sheet.header;
    const before = Object.fromEntries(fields.filter(({ key }) => key in cells).map((column) => [column.key, typed(column, grid.model.header[column.key])]));
    return grid.saver.act(async () => {
      try {
        const answer = await grid.protocol.post("header", { cells, version: grid.model.headerVersion });
        grid.model.header = answer.header;
        grid.model.headerVersion = answer.headerVersion;
        if (answer.remarks) grid.model.remarks = answer.remarks;
        this.draw();
        return before;
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 422) throw error;
        const problems = new Map((error.body.problems ?? []).map((one) => [one.column, one]));
        setTimeout(() => this.edit(problems, cells));
        return null;
      }
    });
  }
}
