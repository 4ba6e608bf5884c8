// The dialog in which columns are shown, hidden, fixed, widened and put in order.
import { ask, button, h } from "./dom.js";
import { t } from "./words.js";

export function chooser(model, state) {
  let order = [...state.order];
  const hidden = new Set(state.hidden), frozen = new Set(state.frozen), widths = { ...state.widths };
  const list = h("ul", { class: "gr-chooser" });
  const move = (key, step) => {
    const place = order.indexOf(key), target = place + step;
    if (target < 0 || target >= order.length) return;
    [order[place], order[target]] = [order[target], order[place]];
    draw();
    [...list.children][target].querySelectorAll("button")[step < 0 ? 0 : 1].focus();
  };
  const check = (set, key, text, reverse = false) => h("label", { class: "gr-check" },
    h("input", {
      type: "checkbox", checked: set.has(key) !== reverse,
      on: { change: (event) => (event.target.checked !== reverse ? set.add(key) : set.delete(key)) },
    }), h("span", {}, text));
  const line = (key) => {
    const { label } = model.byKey.get(key);
    return h("li", {},
      check(hidden, key, label, true), check(frozen, key, t("freeze")),
      h("label", { class: "gr-width" }, h("span", { class: "visually-hidden" }, t("widthOf", { column: label })),
        h("input", {
          type: "number", min: "56", max: "900", step: "10", class: "form-control form-control-sm",
          value: String(Math.round(widths[key] ?? 0) || ""), placeholder: t("width"),
          on: { change: (event) => { widths[key] = Number(event.target.value) || undefined; } },
        })),
      button(t("moveUp", { column: label }), () => move(key, -1), { name: "chevron-up", shown: false }),
      button(t("moveDown", { column: label }), () => move(key, 1), { name: "chevron-down", shown: false }));
  };
  const draw = () => list.replaceChildren(...order.map(line));
  draw();
  return ask({
    title: t("columns"), body: list,
    actions: (close) => [
      button(t("standardColumns"), () => close("plain")),
      button(t("apply"), () => {
        // Fixed columns stand on the left, in their order.
        order = [...order.filter((key) => frozen.has(key)), ...order.filter((key) => !frozen.has(key))];
        close({ ...state, order, hidden: [...hidden], frozen: [...frozen], widths });
      }, { primary: true }),
    ],
  });
}
