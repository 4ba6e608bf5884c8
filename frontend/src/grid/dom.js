// Elements from code: text always becomes text nodes, so no value can become markup.
import { icons, t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "indeterminate"]);

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    } else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", icons[name]);
  drawing.append(path);
  return drawing;
}

export function button(text, act, { name = "", shown = true, primary = false, ...more } = {}) {
  const label = shown ? {} : { "aria-label": text, title: text };
  const kind = `btn btn-sm${primary ? " btn-primary" : ""}${shown ? "" : " btn-icon"}`;
  return h(
    "button", { type: "button", class: kind, on: { click: act }, ...label, ...more },
    name && icon(name), shown && text,
  );
}

let serial = 0;
export const nextId = (stem) => `gr-${stem}-${++serial}`;

// A modal dialog; the promise answers what `close(value)` was given, null for Escape.
export function ask({ title, body, actions, wide = false, sheet = false, onOpen }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const id = nextId("title");
    let answer = null;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const size = `${wide ? " gr-wide" : ""}${sheet ? " gr-sheet" : ""}`;
    const dialog = h(
      "dialog", { class: `ol-dialog gr-dialog${size}`, "aria-labelledby": id },
      h("form", { method: "dialog", class: "gr-dialog-in", novalidate: true },
        h("div", { class: "gr-dialog-head" },
          h("h2", { id }, title),
          button(t("close"), () => close(null), { name: "close", shown: false })),
        h("div", { class: "gr-dialog-body" }, body),
        h("div", { class: "gr-dialog-foot" }, actions(close))),
    );
    dialog.addEventListener("submit", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.({ preventScroll: true });
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector(".gr-dialog-body :is(input, select, textarea):not([type=radio])")
      ?? dialog.querySelector(".gr-dialog-foot .btn-primary"))?.focus();
    onOpen?.(dialog, close);
  });
}

let open = null;

export function closePopover(returning = true) {
  if (!open) return;
  const { node, back } = open;
  open = null;
  node.remove();
  if (returning) back();
}

// A panel beside a cell; Escape or a click elsewhere closes it and the keyboard returns to `back`.
export function popover(rect, title, body, back) {
  closePopover(false);
  const id = nextId("title");
  const node = h(
    "div", { class: "gr-popover", role: "dialog", "aria-labelledby": id, tabindex: "-1" },
    h("div", { class: "gr-popover-head" }, h("h2", { id }, title),
      button(t("close"), () => closePopover(), { name: "close", shown: false })),
    h("div", { class: "gr-popover-body", tabindex: "0", role: "group", "aria-labelledby": id }, body),
  );
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePopover();
    event.stopPropagation();
  });
  document.body.append(node);
  const width = node.offsetWidth, height = node.offsetHeight;
  const left = Math.min(rect.left, innerWidth - width - 12);
  const under = rect.bottom + 4 + height <= innerHeight;
  node.style.left = `${Math.max(8, left)}px`;
  node.style.top = `${under ? rect.bottom + 4 : Math.max(8, rect.top - height - 4)}px`;
  open = { node, back };
  node.focus({ preventScroll: true });
  return node;
}

document.addEventListener("mousedown", (event) => {
  if (open && !open.node.contains(event.target)) closePopover(false);
});
