// How a canonical value reads in a cell, how it is typed, sorted and found.
import { t } from "./words.js";

export const NUMERIC = new Set(["number", "money", "percent", "hours"]);
const DECIMAL = /^-?\d+(\.\d+)?$/;
const kept = new Map();

function digits(text, minimum, maximum, signed) {
  const key = `${minimum} ${maximum} ${signed}`;
  if (!kept.has(key)) {
    kept.set(key, new Intl.NumberFormat("en-US", {
      minimumFractionDigits: minimum, maximumFractionDigits: maximum,
      signDisplay: signed ? "exceptZero" : "negative",
    }));
  }
  return kept.get(key).format(text).replace("-", "\u2212");
}

// "0.305" → "30.5": exact, on the digits themselves.
export function shifted(text, places) {
  const negative = text.startsWith("-");
  const [whole, part = ""] = (negative ? text.slice(1) : text).split(".");
  let all = whole + part, point = whole.length + places;
  if (point > all.length) all = all.padEnd(point, "0");
  if (point <= 0) {
    all = "0".repeat(1 - point) + all;
    point = 1;
  }
  const head = all.slice(0, point).replace(/^0+(?=\d)/, ""), tail = all.slice(point).replace(/0+$/, "");
  return `${negative ? "-" : ""}${head}${tail && `.${tail}`}`;
}

function number(column, text) {
  const isDifference = column.formula?.kind === "difference";
  const signed = isDifference || column.formula?.kind === "rate";
  const { decimals } = column;
  if (column.type === "percent") {
    const places = decimals ?? 1;
    return digits(shifted(text, 2), places, places, signed) + (isDifference ? ` ${t("points")}` : "%");
  }
  if (column.type === "money") return digits(text, decimals ?? 2, decimals ?? 2, signed);
  return digits(text, decimals ?? 0, decimals ?? (column.type === "hours" ? 2 : 6), signed);
}

export function label(column, value) {
  const choice = column.choices?.find(([stored]) => stored === value);
  return choice ? choice[1] : String(value);
}

export function shown(column, value) {
  if (value === null || value === undefined || value === "") return "";
  if (NUMERIC.has(column.type)) return DECIMAL.test(value) ? number(column, value) : String(value);
  if (column.type === "boolean") return truth(value);
  if (column.type === "choice") return label(column, value);
  if (column.type === "datetime") return String(value).slice(0, 16).replace("T", " ");
  return String(value);
}

const truth = (value) => t(value === true || value === "true" ? "yes" : "no");

// What stands in the editor and on the clipboard: exact, and read back by the server.
export function typed(column, value) {
  if (value === null || value === undefined || value === "") return "";
  if (column.type === "percent" && DECIMAL.test(value)) return `${shifted(value, 2)}%`;
  if (column.type === "datetime") return String(value).slice(0, 19).replace("T", " ");
  if (NUMERIC.has(column.type)) return String(value);
  return shown(column, value);
}

export function compare(column, one, other) {
  const empty = (value) => value === "" || value === null || value === undefined;
  if (empty(one) || empty(other)) return Number(empty(one)) - Number(empty(other));
  if (NUMERIC.has(column.type)) return Number(one) - Number(other);
  if (column.type === "choice") {
    const place = (value) => column.choices.findIndex(([stored]) => stored === value);
    return place(one) - place(other);
  }
  return String(one).localeCompare(String(other), document.documentElement.lang, { numeric: true });
}

// A filter is a piece of the text, or a comparison: >100, <=2024-06-30, =, <>.
export function matches(column, value, query) {
  const [, sign, rest] = /^(<=|>=|<>|=|<|>)?(.*)$/.exec(query.trim());
  const text = shown(column, value);
  if (!sign) return text.toLowerCase().includes(rest.toLowerCase());
  if (sign === "=" || sign === "<>") {
    const same = text === rest || (typed(column, value) === rest) || (NUMERIC.has(column.type) && rest !== "" && value !== "" && scaled(column, rest) === Number(value));
    return same === (sign === "=");
  }
  if (value === "" || value === null) return false;
  const order = NUMERIC.has(column.type)
    ? Number(value) - scaled(column, rest)
    : typed(column, value).localeCompare(rest);
  return { "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0 }[sign];
}

function scaled(column, text) {
  const plain = Number(text.replace(/[,%，％]/g, ""));
  return column.type === "percent" ? plain / 100 : plain;
}
