// The list under the editor for choices, people and departments: narrowed by typing, taken by Enter.
import { h } from "./dom.js";

export class Suggestions {
  constructor(frame, id, take) {
    this.take = take;
    this.all = [];
    this.marked = -1;
    this.list = h("ul", { class: "gr-choices", id, role: "listbox", "aria-label": "", hidden: true });
    frame.append(this.list);
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(option.textContent);
    });
  }

  open(all, field) {
    this.all = all;
    this.field = field;
    this.list.setAttribute("aria-label", field.getAttribute("aria-label"));
    if (all.length) {
      field.setAttribute("aria-autocomplete", "list");
      field.setAttribute("aria-controls", this.list.id);
    }
  }

  filter(text) {
    const found = this.all.filter((one) => one.toLowerCase().includes(text.trim().toLowerCase())).slice(0, 50);
    this.marked = -1;
    this.list.replaceChildren(...found.map((one, place) =>
      h("li", { role: "option", id: `${this.list.id}-${place}`, "aria-selected": "false" }, one)));
    this.list.hidden = found.length === 0;
    this.field.removeAttribute("aria-activedescendant");
    if (text.trim() && found.length) this.move(1);
  }

  get isOpen() {
    return !this.list.hidden;
  }

  move(step) {
    const options = [...this.list.children];
    if (!options.length) return;
    options[this.marked]?.setAttribute("aria-selected", "false");
    this.marked = (this.marked + step + options.length) % options.length;
    const option = options[this.marked];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option.id);
  }

  // The marked entry, or null: then what is typed counts.
  get choice() {
    return this.isOpen && this.marked >= 0 ? this.list.children[this.marked].textContent : null;
  }

  place(cell, frame) {
    Object.assign(this.list.style, {
      left: `${cell.left - frame.left}px`, top: `${cell.bottom - frame.top}px`, minWidth: `${cell.width}px`,
    });
  }

  close() {
    this.all = [];
    this.list.hidden = true;
    this.list.replaceChildren();
    this.field?.removeAttribute("aria-autocomplete");
    this.field?.removeAttribute("aria-controls");
    this.field?.removeAttribute("aria-activedescendant");
  }
}
