// Colours by meaning, read from the style sheet so that light and dark have one source.

export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--ol-${name}`).trim();
}

export function series() {
  return [1, 2, 3, 4, 5, 6].map((place) => token(`series-${place}`));
}

const MEANINGS = {
  $good: "good", $bad: "bad", $warn: "warn", $info: "info",
  $muted: "muted", $ink: "ink", $series: "series-1",
};

// Replaces "$good" and the like anywhere in a chart definition.
export function resolve(value) {
  if (typeof value === "string") return value in MEANINGS ? token(MEANINGS[value]) : value;
  if (Array.isArray(value)) return value.map(resolve);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, resolve(held)]));
  }
  return value;
}
