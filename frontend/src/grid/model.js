// The form as this window knows it: rows with their versions, and what is typed but not saved.

export const cellKey = (row, column) => `${row}\u0000${column}`;

export class Model extends EventTarget {
  constructor(data) {
    super();
    this.pending = new Map();
    this.problems = new Map();
    this.load(data);
  }

  load(data) {
    this.sheet = data.sheet;
    this.columns = data.sheet.columns;
    this.byKey = new Map(this.columns.map((column) => [column.key, column]));
    this.header = data.header ?? {};
    this.headerVersion = data.headerVersion ?? "";
    this.totals = data.totals ?? {};
    this.remarks = data.remarks ?? [];
    this.may = data.may;
    this.views = data.views ?? [];
    this.#take(data.rows);
  }

  #take(rows) {
    this.rows = rows;
    rows.forEach((row, index) => {
      row.place = index + 1;
    });
    this.byId = new Map(rows.map((row) => [row.id, row]));
    for (const held of [this.pending, this.problems]) {
      for (const key of held.keys()) if (!this.byId.has(key.split("\u0000")[0])) held.delete(key);
    }
  }

  // Every row anew: after rows came, went or changed places.
  replace(rows) {
    this.#take(rows);
    this.dispatchEvent(new Event("rows"));
  }

  // Rows that changed, with the figures of the form that follow from them.
  apply(answer) {
    const changed = [];
    let added = false;
    for (const row of answer.rows ?? []) {
      const known = this.byId.get(row.id);
      if (known) Object.assign(known, row);
      else added = true;
      changed.push(row.id);
    }
    if (answer.totals) this.totals = answer.totals;
    if (answer.remarks) this.remarks = answer.remarks;
    if (answer.headerVersion) Object.assign(this, { header: answer.header, headerVersion: answer.headerVersion });
    if (!added) this.changed(changed);
    return added;
  }

  // Known and new rows in the order the server names.
  ordered({ rows, order }) {
    const fresh = new Map(rows.map((row) => [row.id, row]));
    return order.map((id) => this.byId.get(id) ?? fresh.get(id));
  }

  changed(ids) {
    this.dispatchEvent(new CustomEvent("changed", { detail: ids }));
  }

  value(row, column) {
    return this.byId.get(row)?.values[column] ?? "";
  }

  // What the cell says now: typed text while it is not saved, else null.
  draft(row, column) {
    const key = cellKey(row, column);
    return this.problems.get(key)?.typed ?? this.pending.get(key)?.typed ?? null;
  }

  problem(row, column) {
    return this.problems.get(cellKey(row, column)) ?? null;
  }

  // A form whose rows come from elsewhere takes none and gives none away.
  get mayAdd() {
    return Boolean(this.may.edit && (this.may.rows ?? true));
  }

  isEditable(column) {
    return Boolean(this.may.edit && column && column.editable && !column.computed);
  }

  remarksOf(row, column) {
    return (this.byId.get(row)?.remarks ?? []).filter((remark) => remark.column === column);
  }

  rowRemarks(row) {
    return (this.byId.get(row)?.remarks ?? []).filter((remark) => !remark.column);
  }

  // Whether a row stands in the branch of another, however deep.
  isWithin(row, branch) {
    const above = this.byId.get(row.parent);
    return Boolean(above) && (above.id === branch || this.isWithin(above, branch));
  }

  // Rows nested under their parents, in order; a lost parent leaves its rows at the top.
  nested(wrap) {
    if (!this.sheet.isTree) return this.rows.map(wrap);
    const made = new Map(this.rows.map((row) => [row.id, wrap(row)]));
    const top = [];
    for (const row of this.rows) {
      const parent = made.get(row.parent);
      if (parent && row.parent !== row.id) (parent._children ??= []).push(made.get(row.id));
      else top.push(made.get(row.id));
    }
    return top;
  }
}
