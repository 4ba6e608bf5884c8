// Two people, one cell: both values are shown, and a person decides; nothing is overwritten silently.
import { ask, button, h } from "./dom.js";
import { shown } from "./format.js";
import { moment } from "./panel.js";
import { t } from "./words.js";

function option(place, side, title, text, detail = "") {
  return h("label", { class: "gr-side" },
    h("input", { type: "radio", name: `gr-dispute-${place}`, value: side, checked: side === "theirs" }),
    h("span", { class: "gr-side-title" }, title, detail && h("span", { class: "text-secondary" }, ` ${detail}`)),
    h("span", { class: "gr-side-value" }, text || t("emptyValue")));
}

function dispute(grid, conflict, place) {
  const { model } = grid;
  const column = model.byKey.get(conflict.column) ?? { label: conflict.column, type: "text" };
  const row = model.byId.get(conflict.row);
  const first = row ? shown(model.columns[0], row.values[model.columns[0].key]) : "";
  const who = [conflict.by, moment(conflict.at)].filter(Boolean).join(", ");
  return h("fieldset", { class: "gr-dispute" },
    h("legend", {}, [column.label, row && `${t("rowAt", { n: row.place })} ${first}`].filter(Boolean).join(" · ")),
    option(place, "theirs", t("theirs"), shown(column, conflict.theirs), who),
    option(place, "mine", t("mine"), shown(column, conflict.yours)));
}

// Answers the places of the conflicts in which mine is taken; Escape keeps all of theirs.
export async function askConflicts(grid, conflicts) {
  const disputes = conflicts.map((conflict, place) => dispute(grid, conflict, place));
  const chosen = () => new Set(disputes.flatMap((one, place) => (one.querySelector("input[value=mine]").checked ? [place] : [])));
  const everywhere = (side) => () => disputes.forEach((one) => {
    one.querySelector(`input[value=${side}]`).checked = true;
  });
  const many = conflicts.length > 1;
  const answer = await ask({
    title: t("conflictTitle"),
    body: [h("p", {}, t("conflictText")), ...disputes],
    actions: (close) => [
      many && button(t("allTheirs"), everywhere("theirs")), many && button(t("allMine"), everywhere("mine")),
      button(t("decide"), () => close(chosen()), { primary: true }),
    ],
  });
  return answer ?? new Set();
}
