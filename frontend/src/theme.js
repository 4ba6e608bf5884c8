// Runs before the first paint: "auto" becomes what the system prefers, and follows it.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const wished = root.dataset.bsTheme;

function apply() {
  root.dataset.bsTheme = dark.matches ? "dark" : "light";
}

if (wished === "auto") {
  apply();
  dark.addEventListener("change", apply);
}
