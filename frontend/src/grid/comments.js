// What people say about a cell: a list beside it, a line to add, a button to resolve.
import { button, closePopover, h, popover } from "./dom.js";
import { attempt, cellRect, cellTitle, moment } from "./panel.js";
import { t } from "./words.js";

function line(comment, resolve) {
  const done = Boolean(comment.resolvedAt);
  return h("li", { class: done ? "gr-resolved" : "" },
    h("div", { class: "gr-line-head" }, h("b", {}, comment.by), h("span", { class: "text-secondary" }, moment(comment.at)),
      done ? h("span", { class: "ol-badge ol-good" }, t("resolved")) : button(t("resolve"), () => resolve(comment.id), {})),
    h("p", {}, comment.text));
}

export class Comments {
  constructor(grid) {
    this.grid = grid;
  }

  async open(at = this.grid.selection.active) {
    const { grid } = this;
    if (!at) return;
    const list = h("ul", { class: "gr-lines" });
    const text = h("textarea", { class: "form-control", rows: "2", "aria-label": t("addComment"), placeholder: t("addComment") });
    const add = async () => {
      if (!text.value.trim()) return;
      const answer = await attempt(grid, () => grid.protocol.post("comments", { row: at.id, column: at.key, text: text.value.trim() }));
      if (!answer) return;
      text.value = "";
      show(answer.comments);
      text.focus();
    };
    const resolve = async (id) => {
      const answer = await attempt(grid, () => grid.protocol.post(`comments/${id}/resolve`, {}));
      if (answer) show(answer.comments);
    };
    const show = (comments) => {
      list.replaceChildren(...(comments.length ? comments.map((one) => line(one, resolve)) : [h("li", { class: "text-secondary" }, t("noComments"))]));
      const row = grid.model.byId.get(at.id);
      (row.comments ??= {})[at.key] = comments.filter((one) => !one.resolvedAt).length;
      grid.model.changed([at.id]);
    };
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) add();
      if (event.key === "Escape") closePopover();
    });
    // Open at once: what is typed next is meant for the comment, not for the cell.
    popover(cellRect(grid, at), cellTitle(grid, t("commentsTitle"), at), [
      list, grid.model.may.comment && text,
      grid.model.may.comment && h("div", { class: "gr-buttons" }, button(t("send"), add, { primary: true })),
    ].filter(Boolean), () => grid.editor.focus());
    if (grid.model.may.comment) text.focus();
    const found = await attempt(grid, () => grid.protocol.get("comments", { row: at.id, column: at.key }));
    if (found) show(found.comments);
  }
}
