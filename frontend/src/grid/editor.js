// One field that always holds the keyboard: it lies unseen on the active cell and becomes its editor
// with the first character, so that input methods for Chinese lose no key.
import { h, icon, nextId } from "./dom.js";
import { typed } from "./format.js";
import { Suggestions } from "./suggestions.js";
import { t } from "./words.js";

export class Editor {
  constructor(grid, frame) {
    this.grid = grid;
    this.frame = frame;
    this.editing = false;
    this.field = h("textarea", {
      class: "gr-editor", rows: "1", spellcheck: "false", autocomplete: "off", "aria-label": t("cellEditor"),
      "aria-describedby": "gr-keys-hint",
    });
    this.date = h("input", { type: "date", class: "gr-date-in", tabindex: "-1", "aria-hidden": "true" });
    this.picker = h(
      "button", { type: "button", class: "gr-date", tabindex: "-1", hidden: true, "aria-label": t("pickDate"), title: t("pickDate") },
      icon("calendar"),
    );
    this.suggestions = new Suggestions(frame, nextId("list"), (text) => this.commit(text));
    frame.append(this.field, this.picker, this.date);
    this.field.addEventListener("input", () => this.#typing());
    this.field.addEventListener("compositionstart", () => this.#typing());
    this.field.addEventListener("beforeinput", (event) => {
      if (!this.editing && !this.isEditable) event.preventDefault();
    });
    this.field.addEventListener("blur", () => {
      this.grid.table.viewport.tabIndex = 0;
      if (!this.picker.contains(document.activeElement)) this.commit();
    });
    this.picker.addEventListener("mousedown", (event) => event.preventDefault());
    this.picker.addEventListener("click", () => this.pick());
    this.date.addEventListener("change", () => this.commit(this.date.value));
  }

  get at() {
    return this.grid.selection.active;
  }

  get column() {
    return this.at && this.grid.model.byKey.get(this.at.key);
  }

  get isEditable() {
    return this.grid.model.isEditable(this.column);
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }

  // Moves the field onto the active cell; beside it nothing is drawn while nothing is edited.
  follow() {
    const cell = this.at && this.grid.table.element(this.at.id, this.at.key);
    this.grid.fill?.place();
    if (!cell) {
      this.field.style.opacity = "0";
      return;
    }
    const place = cell.getBoundingClientRect(), frame = this.frame.getBoundingClientRect();
    Object.assign(this.field.style, {
      left: `${place.left - frame.left}px`, top: `${place.top - frame.top}px`, opacity: "",
      width: `${place.width}px`, height: `${this.editing ? Math.max(place.height, this.height) : place.height}px`,
    });
    Object.assign(this.date.style, { left: `${place.left - frame.left}px`, top: `${place.bottom - frame.top}px` });
    Object.assign(this.picker.style, { left: `${place.right - frame.left - 28}px`, top: `${place.top - frame.top + 3}px` });
    this.suggestions.place(place, frame);
  }

  #typing() {
    if (!this.at || !this.isEditable) {
      this.field.value = "";
      return;
    }
    if (!this.editing) this.#open();
    this.#grow();
    this.suggestions.filter(this.field.value);
  }

  #open() {
    this.editing = true;
    const { column } = this;
    this.field.classList.add("gr-editing");
    this.field.classList.toggle("gr-num", ["number", "money", "percent", "hours"].includes(column.type));
    this.picker.hidden = column.type !== "date";
    this.suggestions.open(this.grid.choices(column), this.field);
  }

  #grow() {
    this.height = 0;
    this.field.style.height = "auto";
    this.height = Math.min(this.field.scrollHeight + 2, 220);
    this.follow();
  }

  // Enter, F2 or a double click: the value as it can be typed, the cursor behind it.
  begin() {
    if (!this.at || !this.isEditable || this.editing) return;
    const { id, key } = this.at, { model } = this.grid;
    this.field.value = model.draft(id, key) ?? typed(this.column, model.value(id, key));
    this.before = this.field.value;
    this.#open();
    this.focus();
    this.#grow();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    this.suggestions.filter("");
  }

  pick() {
    this.date.value = /^\d{4}-\d\d-\d\d$/.test(this.field.value) ? this.field.value : "";
    this.date.showPicker();
  }

  // Ends editing and saves when something changed; answers whether there was an editor.
  commit(text = this.field.value) {
    if (!this.editing) return false;
    const { id, key } = this.at, { model } = this.grid;
    const before = model.draft(id, key) ?? typed(this.column, model.value(id, key));
    this.#close();
    if (text.trim() !== before) this.grid.saver.edit([{ row: id, cells: { [key]: text.trim() } }]);
    return true;
  }

  cancel() {
    if (!this.editing) return false;
    this.#close();
    return true;
  }

  #close() {
    this.editing = false;
    this.height = 0;
    this.field.value = "";
    this.field.classList.remove("gr-editing");
    this.picker.hidden = true;
    this.suggestions.close();
    this.follow();
  }
}
