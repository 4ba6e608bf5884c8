// What the panels beside a cell share: where they stand, what they are called, how requests fail.
import { Offline, Refused } from "./protocol.js";
import { t } from "./words.js";

export const moment = (text) => String(text ?? "").slice(0, 16).replace("T", " ");

export function cellRect(grid, { id, key }) {
  const cell = grid.table?.element(id, key) ?? grid.cards?.element(id) ?? grid.root;
  return cell.getBoundingClientRect();
}

export function cellTitle(grid, what, { id, key }) {
  return `${what}: ${grid.model.byKey.get(key).label} · ${t("rowAt", { n: grid.model.byId.get(id).place })}`;
}

// The answer, or null after the status line has said why there is none.
export async function attempt(grid, send) {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Offline) grid.status.failed(t("offlineNow"));
    else if (error instanceof Refused) grid.status.failed(error.message);
    else throw error;
    return null;
  }
}
