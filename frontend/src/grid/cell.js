// What one cell shows: its value and small marks for source, remark, comment and state.
import { h, icon } from "./dom.js";
import { NUMERIC, shown } from "./format.js";
import { cellKey } from "./model.js";
import { sources, t } from "./words.js";

function mark(kind, text, ...content) {
  return h("span", { class: `gr-mark gr-mark-${kind}`, role: "img", "aria-label": text, title: text }, content);
}

const TONE_ICON = { info: "info", warn: "warn", bad: "bad" };

export function toneOf(remarks) {
  return ["bad", "warn", "info"].find((tone) => remarks.some((remark) => remark.tone === tone));
}

export function remarkLine({ text, computed, written }) {
  const figures = [
    computed && `${t("computed")} ${computed}`, written && `${t("written")} ${written}`,
  ].filter(Boolean).join("; ");
  return figures ? `${text} (${figures})` : text;
}

function marks(model, row, column) {
  const found = [];
  const problem = model.problem(row.id, column.key);
  if (problem) found.push(mark("problem", problem.text, icon("bad")));
  else if (model.pending.has(cellKey(row.id, column.key))) found.push(mark("pending", t("notSaved"), icon("clock")));
  const remarks = model.remarksOf(row.id, column.key);
  if (remarks.length) {
    const tone = toneOf(remarks);
    found.push(mark(`remark ol-${tone}`, remarks.map(remarkLine).join("\n"), icon(TONE_ICON[tone])));
  }
  const source = sources[row.sources?.[column.key]];
  if (source && row.values[column.key] !== "") {
    found.push(mark(`source ol-${source.tone}`, `${t("source")}: ${source.text}`, source.text.slice(0, 1)));
  }
  const count = row.comments?.[column.key];
  if (count) found.push(mark("comment", t("commentCount", { n: count })));
  return found;
}

export function cellContent(model, row, column) {
  const draft = model.draft(row.id, column.key);
  const text = draft ?? shown(column, row.values[column.key]);
  const attached = marks(model, row, column);
  const kind = ["gr-value", NUMERIC.has(column.type) && "gr-num", draft !== null && "gr-draft"].filter(Boolean).join(" ");
  return h("span", { class: "gr-cell" }, h("span", { class: kind }, text), attached);
}

const HEALTH_ICON = { good: "good", warn: "warn", bad: "bad" };

// The head of a row: its number, its state by shape and colour, and what is said of the whole row.
export function rowHead(model, row, movable) {
  const remarks = model.rowRemarks(row.id);
  const tone = toneOf(remarks);
  const health = HEALTH_ICON[row.health];
  return h(
    "span", { class: `gr-row-head${movable ? " gr-movable" : ""}` },
    h("span", { class: "gr-number" }, String(row.place)),
    health && mark(`health ol-${row.health}`, t(`health_${row.health}`), icon(health)),
    tone && mark(`remark ol-${tone}`, remarks.map(remarkLine).join("\n"), icon(TONE_ICON[tone])),
  );
}
