// What the panels beside a cell share: where they stand, what they are called, how requests fail.
import { Offline, Refused } from "./protocol.js";
import { t } from "./words.js";

// An instant of the server on the reader's clock, to the minute.
export function moment(text) {
  const at = new Date(text);
  if (!text || Number.isNaN(at.getTime())) return "";
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

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
