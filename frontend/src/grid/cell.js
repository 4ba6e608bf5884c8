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

function sourceMark(origin) {
  const source = sources[origin];
  return source && mark(`source ol-${source.tone}`, `${t("source")}: ${source.text}`, source.text.slice(0, 1));
}

// The source most cells of the row share; none while fewer than three have one.
function usualSource(row) {
  const counts = new Map();
  for (const origin of Object.values(row.sources ?? {})) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  const [most] = [...counts].sort((one, other) => other[1] - one[1]);
  return most?.[1] >= 3 ? most[0] : "";
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
  const origin = row.values[column.key] === "" ? "" : row.sources?.[column.key];
  // Most cells of a row come from one place: its head says so; figures and exceptions say it themselves.
  if (origin && (NUMERIC.has(column.type) || origin !== usualSource(row))) found.push(sourceMark(origin));
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
    usualSource(row) && sourceMark(usualSource(row)),
    tone && mark(`remark ol-${tone}`, remarks.map(remarkLine).join("\n"), icon(TONE_ICON[tone])),
  );
}
