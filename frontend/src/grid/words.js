// The texts and drawings the server delivers with the page, in the reader's language.
const delivered = JSON.parse(document.getElementById("grid-words").textContent);

export const icons = delivered.icons;
export const sources = delivered.sources;

export function t(name, values = {}) {
  const text = delivered.texts[name];
  if (text === undefined) throw new Error(`the grid has no text ${name}`);
  return text.replace(/\{(\w+)\}/g, (_hole, key) => String(values[key]));
}
