// One quiet line: saving, saved, waiting for the network, refused; spoken to screen readers too.
import { button, h, icon } from "./dom.js";
import { t } from "./words.js";

export class Status {
  constructor(grid) {
    this.grid = grid;
    this.text = h("span", { role: "status" });
    this.problems = button("", () => this.#next(), { name: "bad", class: "btn btn-sm gr-problems" });
    this.problems.hidden = true;
    this.node = h("div", { class: "gr-status", "data-state": "saved" }, this.problems, this.text);
  }

  #set(state, name, text) {
    this.node.dataset.state = state;
    this.text.replaceChildren(...(name ? [icon(name)] : []), h("span", { class: "gr-status-text", title: text }, text));
  }

  say(text) {
    this.#set(this.node.dataset.state, "info", text);
  }

  saving() {
    if (!this.waiting) this.#set("saving", "clock", t("saving"));
  }

  offline(count) {
    this.waiting = true;
    this.#set("offline", "warn", t("offline", { n: count }));
  }

  failed(text) {
    this.#set("failed", "bad", text);
  }

  // Called when nothing is under way any more.
  settled() {
    this.waiting = false;
    const count = this.grid.model.problems.size;
    this.problems.hidden = count === 0;
    this.problems.lastChild.textContent = t("problemCount", { n: count });
    // A failure stays readable until the next save begins.
    if (this.node.dataset.state !== "failed" || !this.text.textContent) {
      this.#set(count ? "failed" : "saved", count ? null : "good", count ? "" : t("saved"));
    }
  }

  // A refused value was given up.
  clear() {
    this.#set("saved", null, "");
    this.settled();
  }

  #next() {
    const keys = [...this.grid.model.problems.keys()];
    const { active } = this.grid.selection;
    const place = active ? keys.indexOf(`${active.id}\u0000${active.key}`) : -1;
    const [id, key] = keys[(place + 1) % keys.length].split("\u0000");
    this.grid.selection.go({ id, key });
    this.grid.editor.focus();
  }
}
