// Ctrl+P on a grid gives the printed form: the server's own layout waits beside the grid, unseen, and
// is fetched again after every save.
import { h } from "./dom.js";

const LONGEST = 500;  // rows; a longer form is printed from its own print page
const PAUSE = 1500;   // milliseconds without a save

export class PrintedForm {
  constructor(grid) {
    this.grid = grid;
    this.place = document.querySelector(".sheet-print") ?? h("div", { class: "sheet-print" });
    grid.root.after(this.place);
    this.renew();
  }

  renew() {
    clearTimeout(this.waiting);
    if (this.grid.model.rows.length <= LONGEST) this.waiting = setTimeout(() => this.#fetch(), PAUSE);
  }

  async #fetch() {
    const answer = await fetch(`${this.grid.protocol.base}print/`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector(".sh-print");
    if (form) this.place.replaceChildren(document.importNode(form, true));
  }
}
