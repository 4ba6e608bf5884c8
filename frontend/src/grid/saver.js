// Sends edits one after the other, each with the version it was made against; nothing gets lost:
// without a network it waits, a refused value stays in its cell, a conflict is asked about.
import { askConflicts } from "./conflict.js";
import { cellKey } from "./model.js";
import { Offline, Refused } from "./protocol.js";
import { t } from "./words.js";

const PATIENCE = [2, 5, 10, 30];  // seconds before the next try

export class Saver {
  constructor(grid) {
    this.grid = grid;
    this.queue = [];
    this.running = false;
    this.tries = 0;
    addEventListener("online", () => this.wake?.());
    addEventListener("beforeunload", (event) => {
      if (this.queue.length) event.preventDefault();
    });
  }

  // Changes [{row, cells: {key: typed}}] as one step of undo; answers when they are settled.
  edit(changes, { path = "changes", extra = {}, settle } = {}) {
    const { model } = this.grid;
    const job = { changes, path, extra, settle: settle ?? ((inverse) => this.grid.undo.push(inverse)) };
    for (const { row, cells } of changes) {
      for (const [key, typed] of Object.entries(cells)) {
        if (!row) continue;
        model.pending.set(cellKey(row, key), { typed, job });
        model.problems.delete(cellKey(row, key));
      }
    }
    model.changed(changes.map((change) => change.row));
    return this.#enqueue(job);
  }

  // Any other write that must keep its place among the edits.
  act(send) {
    return this.#enqueue({ changes: [], send });
  }

  #enqueue(job) {
    const done = new Promise((resolve) => {
      job.done = resolve;
    });
    this.queue.push(job);
    this.last = done;
    this.#run();
    return done;
  }

  // Answers when nothing that was asked for so far is under way any more.
  async idle() {
    while (this.queue.length) await this.last;
  }

  async #run() {
    if (this.running) return;
    this.running = true;
    while (this.queue.length) {
      const job = this.queue[0];
      this.grid.status.saving();
      try {
        const answer = await this.#send(job);
        this.tries = 0;
        this.queue.shift();
        job.done(answer);
      } catch (error) {
        if (error instanceof Offline) await this.#wait();
        else if (error instanceof Refused) {
          this.queue.shift();
          this.#refused(job, error);
          if (error.status === 409) await this.grid.refresh().catch(() => {});
          job.done(null);
        } else throw error;
      }
    }
    this.running = false;
    this.grid.status.settled();
  }

  async #wait() {
    this.grid.status.offline(this.queue.length);
    const seconds = PATIENCE[Math.min(this.tries++, PATIENCE.length - 1)];
    await new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, seconds * 1000);
    });
  }

  async #send(job) {
    if (job.send) return job.send();
    const { protocol, model } = this.grid;
    const named = job.path === "paste/apply" ? "rows" : "changes";
    const changes = job.changes.map(({ row, cells }) => ({ row, version: model.byId.get(row)?.version ?? "", cells }));
    let answer;
    try {
      answer = await protocol.post(job.path, { [named]: changes, ...job.extra });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 409 || !error.body.conflicts) throw error;
      return this.#conflict(job, error.body);
    }
    this.#forget(job);
    await this.grid.take(answer, job.changes.map((change) => change.row));
    job.settle(this.grid.undo.entry(answer, job.changes));
    return answer;
  }

  #forget(job) {
    const { pending } = this.grid.model;
    for (const { row, cells } of job.changes) {
      for (const key of Object.keys(cells)) {
        if (pending.get(cellKey(row, key))?.job === job) pending.delete(cellKey(row, key));
      }
    }
  }

  // Somebody was quicker: cells that are not in dispute are sent again, the others are asked about.
  async #conflict(job, { conflicts, rows }) {
    const { model } = this.grid;
    const mine = await askConflicts(this.grid, conflicts);
    this.#forget(job);
    model.apply({ rows });
    model.changed(job.changes.map((change) => change.row));
    await this.#titled(job, conflicts, mine);
    const dropped = new Set(conflicts.filter((_one, place) => !mine.has(place)).map((one) => cellKey(one.row, one.column)));
    const left = this.#without(job.changes, (row, key) => dropped.has(cellKey(row, key)));
    if (!left.length && !job.extra.header) return null;
    job.changes = left;
    return this.#send(job);
  }

  // The title block of a paste: left as it is, or sent again against what stands now.
  async #titled({ extra }, conflicts, mine) {
    const disputed = conflicts.flatMap(({ row }, place) => (row ? [] : [place]));
    if (!extra.header || !disputed.length) return;
    await this.grid.refresh();
    if (disputed.every((place) => mine.has(place))) extra.header.version = this.grid.model.headerVersion;
    else extra.header = null;
  }

  #without(changes, isOut) {
    return changes
      .map(({ row, cells }) => ({ row, cells: Object.fromEntries(Object.entries(cells).filter(([key]) => !isOut(row, key))) }))
      .filter(({ cells }) => Object.keys(cells).length);
  }

  #refused(job, error) {
    const { model } = this.grid;
    this.#forget(job);
    const problems = error.body.problems ?? [];
    const sent = new Set(job.changes.flatMap(({ row, cells }) => Object.keys(cells).map((key) => cellKey(row, key))));
    const wrong = new Map(problems.map((one) => [cellKey(one.row, one.column), one.text]));
    for (const key of wrong.keys()) if (!sent.has(key)) wrong.delete(key);
    for (const { row, cells } of job.changes) {
      for (const [key, typed] of Object.entries(cells)) {
        // Without a named cell the whole edit was refused; every cell keeps what was typed.
        const text = wrong.size ? wrong.get(cellKey(row, key)) : (problems[0]?.text ?? error.message);
        if (text && row) model.problems.set(cellKey(row, key), { typed, text });
      }
    }
    model.changed(job.changes.map((change) => change.row));
    const known = { 401: t("signInAgain"), 409: t("conflictTitle") }[error.status];
    this.grid.status.failed(known ?? problems[0]?.text ?? error.message);
    // What was not wrong is saved all the same.
    const left = wrong.size ? this.#without(job.changes, (row, key) => wrong.has(cellKey(row, key))) : [];
    if (left.length) this.edit(left, { path: job.path, extra: job.extra, settle: job.settle });
  }

  // Gives up a typed value that was refused; the saved one shows again.
  discard(at) {
    if (at && this.grid.model.problems.delete(cellKey(at.id, at.key))) {
      this.grid.model.changed([at.id]);
      this.grid.status.clear();
    }
  }
}
