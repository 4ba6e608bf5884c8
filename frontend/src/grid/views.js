// Which columns, how wide, in what order, filtered, sorted, grouped; kept under a name when wished.
import { ask, button, h } from "./dom.js";
import { FIELD } from "./columns.js";
import { chooser } from "./chooser.js";
import { Refused } from "./protocol.js";
import { t } from "./words.js";

export class Views {
  constructor(grid) {
    this.grid = grid;
    this.filters = new Map();
    this.current = "";
    this.layout = this.#plain();
    this.filtering = false;
  }

  #plain() {
    const { columns } = this.grid.model;
    return {
      order: columns.map((column) => column.key), widths: {}, hidden: new Set(), sort: [], group: "",
      frozen: new Set(columns.filter((column) => column.frozen).map((column) => column.key)),
    };
  }

  get isRearranged() {
    return Boolean(this.layout.group || this.layout.sort.length || [...this.filters.values()].some(Boolean));
  }

  // The layout as the table stands: what was dragged and clicked in its heading counts.
  remember() {
    const { tabulator } = this.grid.table;
    if (!tabulator?.initialized) return;
    for (const column of tabulator.getColumns()) {
      const field = column.getField();
      if (field?.startsWith(FIELD) && column.isVisible()) this.layout.widths[field.slice(FIELD.length)] = column.getWidth();
    }
    this.layout.order = tabulator.getColumns().map((column) => column.getField())
      .filter((field) => field?.startsWith(FIELD)).map((field) => field.slice(FIELD.length));
    this.layout.sort = tabulator.getSorters().map(({ field, dir }) => ({ key: field.slice(FIELD.length), dir })).reverse();
    this.grid.toolbar?.refresh();
  }

  get state() {
    const { order, widths, hidden, sort, group, frozen } = this.layout;
    return {
      order, widths, hidden: [...hidden], frozen: [...frozen], sort, group,
      filters: Object.fromEntries([...this.filters].filter(([, text]) => text)),
    };
  }

  // A view kept before a column came to the form shows the new column at its place.
  take(state) {
    const plain = this.#plain(), known = new Set(plain.order);
    const kept = (keys = []) => keys.filter((key) => known.has(key));
    const order = kept(state.order);
    this.layout = {
      order: [...order, ...plain.order.filter((key) => !order.includes(key))],
      widths: state.widths ?? {}, hidden: new Set(kept(state.hidden)), frozen: new Set(kept(state.frozen)),
      sort: (state.sort ?? []).filter(({ key }) => known.has(key)), group: known.has(state.group) ? state.group : "",
    };
    this.filters = new Map(Object.entries(state.filters ?? {}).filter(([key]) => known.has(key)));
    this.filtering = this.filters.size > 0;
    return this.grid.rebuild();
  }

  group(key) {
    this.layout.group = key;
    this.grid.table.tabulator.setGroupBy(key ? FIELD + key : false);
    this.grid.selection.mend();
  }

  toggleFilters() {
    this.filtering = !this.filtering;
    if (!this.filtering) {
      this.filters.clear();
      this.grid.table.tabulator.clearHeaderFilter();
    }
    this.grid.frame.classList.toggle("gr-filtering", this.filtering);
    this.grid.table.tabulator.redraw(true);
    if (this.filtering) this.grid.host.querySelector(".gr-filter")?.focus();
    this.grid.toolbar.refresh();
  }

  async choose() {
    const state = await chooser(this.grid.model, this.state);
    if (state) await this.take(state === "plain" ? this.#standard() : state);
  }

  #standard() {
    const { order, frozen } = this.#plain();
    return { order, frozen: [...frozen] };
  }

  open(id) {
    this.current = id;
    const view = this.grid.model.views.find((one) => String(one.id) === id);
    return this.take(view ? view.state : this.#standard());
  }

  async keep() {
    const name = h("input", { class: "form-control", maxlength: "60", id: "gr-view-name" });
    const shared = h("input", { type: "checkbox" });
    await ask({
      title: t("keepView"),
      body: [
        h("label", { class: "form-label", for: "gr-view-name" }, t("viewName")), name,
        h("label", { class: "gr-check mt-2" }, shared, h("span", {}, t("shareView"))),
      ],
      actions: (close) => [button(t("save"), async () => {
        if (name.value.trim()) {
          await this.#send("views", { name: name.value.trim(), state: this.state, shared: shared.checked });
          close(true);
        } else name.focus();
      }, { primary: true })],
      onOpen: () => name.focus(),
    });
  }

  async drop() {
    await this.#send(`views/${this.current}/delete`, {});
    this.current = "";
  }

  async #send(path, body) {
    try {
      const answer = await this.grid.protocol.post(path, body);
      this.grid.model.views = answer.views;
      const named = answer.views.find((view) => view.mine && view.name === body.name);
      if (named) this.current = String(named.id);
      this.grid.toolbar.refresh();
    } catch (error) {
      this.grid.status.failed(error instanceof Refused ? error.message : t("offlineNow"));
    }
  }
}
