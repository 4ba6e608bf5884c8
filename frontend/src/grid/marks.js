// The small marks in cells answer a click; the same is reached by keys and the toolbar.
import { h, icon, popover } from "./dom.js";
import { cellRect, cellTitle } from "./panel.js";
import { sources, t } from "./words.js";

function remark({ tone, text, computed, written }) {
  return h("li", { class: `gr-remark ol-${tone}` }, icon(tone === "info" ? "info" : tone),
    h("div", {}, h("p", {}, text),
      (computed || written) && h("dl", { class: "gr-figures" },
        written && [h("dt", {}, t("written")), h("dd", {}, written)],
        computed && [h("dt", {}, t("computed")), h("dd", {}, computed)])));
}

export function remarkList(remarks) {
  return h("ul", { class: "gr-lines" }, remarks.map(remark));
}

export class Marks {
  constructor(grid) {
    this.grid = grid;
  }

  pressed(target, at) {
    const kind = target.closest(".gr-mark")?.className ?? "";
    if (kind.includes("gr-mark-comment")) setTimeout(() => this.grid.comments.open(at));
    else if (kind) setTimeout(() => this.about(at));
    else this.grid.editor.focus();
  }

  // Everything said about the cell: problem, remarks, and where its value comes from.
  about(at = this.grid.selection.active) {
    const { grid } = this, { model } = grid;
    if (!at) return;
    const problem = model.problem(at.id, at.key);
    const remarks = [...model.remarksOf(at.id, at.key), ...model.rowRemarks(at.id)];
    const source = sources[model.byId.get(at.id).sources?.[at.key]];
    const parts = [
      problem && remarkList([{ tone: "bad", text: problem.text, written: problem.typed }]),
      remarks.length > 0 && remarkList(remarks),
      source && h("p", {}, `${t("source")}: `, h("span", { class: `ol-source ol-${source.tone}` }, source.text)),
    ].filter(Boolean);
    if (!parts.length) parts.push(h("p", { class: "text-secondary" }, t("noRemarks")));
    popover(cellRect(grid, at), cellTitle(grid, t("remarks"), at), parts, () => grid.editor.focus());
  }
}
