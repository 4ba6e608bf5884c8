// A row or the title block as fields under one another: for phones, and for the title block.
import { ask, button, h, nextId } from "./dom.js";
import { shown, typed } from "./format.js";
import { headline } from "./columns.js";
import { t } from "./words.js";

const MODES = { number: "decimal", money: "decimal", percent: "decimal", hours: "decimal" };

function control(column, value, choices, id) {
  if (column.type === "choice" || column.type === "boolean") {
    const all = column.type === "boolean" ? [["true", t("yes")], ["false", t("no")]] : column.choices;
    return h("select", { class: "form-select", id },
      h("option", { value: "" }, ""), all.map(([stored, text]) => h("option", { value: text, selected: stored === String(value) }, text)));
  }
  if (column.type === "long_text") return h("textarea", { class: "form-control", id, rows: "3", value: typed(column, value) });
  if (column.type === "date") return h("input", { class: "form-control", id, type: "date", value: String(value ?? "") });
  const list = choices.length ? h("datalist", { id: `${id}-list` }, choices.map((one) => h("option", { value: one }))) : null;
  const input = h("input", {
    class: "form-control", id, type: "text", value: typed(column, value), inputmode: MODES[column.type], list: list ? list.id : null,
    autocomplete: "off",
  });
  return list ? [input, list] : input;
}

function field(column, value, choices, problem) {
  const id = nextId("field");
  if (column.computed || !column.editable) {
    return { node: h("div", { class: "gr-field" }, h("span", { class: "form-label" }, headline(column)), h("output", {}, shown(column, value) || t("emptyValue"))) };
  }
  const made = [control(column, value, choices, id)].flat();
  const before = made[0].value;
  const said = problem && h("p", { class: "ol-field-error", id: `${id}-error` }, problem.text);
  if (problem) made[0].setAttribute("aria-describedby", `${id}-error`);
  return {
    key: column.key, read: () => (made[0].value === before && !problem ? null : made[0].value),
    node: h("div", { class: "gr-field" }, h("label", { class: `form-label${column.required ? " required" : ""}`, for: id }, headline(column)), made, said),
  };
}

// Answers {key: typed} of what was changed, "delete", or null.
export function askFields({ title, columns, value, choices, problem = () => null, mayDelete = false, sheet = false }) {
  const fields = columns.map((column) => field(column, value(column), choices(column), problem(column)));
  const read = () => Object.fromEntries(fields.filter((one) => one.key).map((one) => [one.key, one.read()]).filter(([, text]) => text !== null));
  return ask({
    title, sheet, body: fields.map((one) => one.node),
    actions: (close) => [
      mayDelete && button(t("deleteRow"), () => close("delete"), { name: "trash" }),
      button(t("cancel"), () => close(null)), button(t("save"), () => close(read()), { primary: true }),
    ],
  });
}
