// Copy as both text and table, so that Excel and WPS take it; paste of what they put there.
import { h } from "./dom.js";
import { typed } from "./format.js";
import { headline } from "./columns.js";
import { previewPaste } from "./paste.js";
import { t } from "./words.js";

const quoted = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export class Clipboard {
  constructor(grid) {
    this.grid = grid;
    this.headings = false;
    const { field } = grid.editor;
    field.addEventListener("copy", (event) => this.#copy(event));
    field.addEventListener("cut", (event) => {
      if (this.#copy(event)) grid.clear();
    });
    field.addEventListener("paste", (event) => this.#paste(event));
  }

  // The chosen cells as lines of texts, with the headings first when wished.
  lines() {
    const { model, selection } = this.grid;
    const columns = selection.columnKeys.map((key) => model.byKey.get(key));
    const body = selection.rowIds.map((id) => columns.map((column) => model.draft(id, column.key) ?? typed(column, model.value(id, column.key))));
    return this.headings ? [columns.map(headline), ...body] : body;
  }

  #copy(event) {
    if (this.grid.editor.editing || !this.grid.selection.bounds) return false;
    const lines = this.lines();
    const table = h("table", {}, lines.map((line) => h("tr", {}, line.map((text) => h("td", {}, text)))));
    event.clipboardData.setData("text/plain", lines.map((line) => line.map(quoted).join("\t")).join("\n"));
    event.clipboardData.setData("text/html", new XMLSerializer().serializeToString(table));
    event.preventDefault();
    this.unmark();
    for (const cell of this.grid.selection.painted) cell.classList.add("gr-copied");
    this.grid.status.say(t("copied", { n: lines.length - Number(this.headings) }));
    return true;
  }

  unmark() {
    for (const cell of this.grid.host.querySelectorAll(".gr-copied")) cell.classList.remove("gr-copied");
  }

  #paste(event) {
    const { grid } = this;
    if (grid.editor.editing || !grid.model.may.edit) return;
    event.preventDefault();
    this.unmark();
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    const html = event.clipboardData.getData("text/html");
    const alone = text.replace(/\n$/, "");
    const isBlock = /[\t\n]/.test(alone) && !/^"[^"]*"$/.test(alone);
    if (isBlock || !grid.selection.active) {
      if (text.trim() || html.trim()) previewPaste(grid, { html, text });
    } else this.#everywhere(alone.replace(/^"([^"]*)"$/, "$1"));
  }

  // One value goes into every chosen cell at once.
  #everywhere(text) {
    const { model, selection, saver } = this.grid;
    const keys = selection.columnKeys.filter((key) => model.isEditable(model.byKey.get(key)));
    if (!keys.length) return;
    saver.edit(selection.rowIds.map((row) => ({ row, cells: Object.fromEntries(keys.map((key) => [key, text])) })));
  }
}
