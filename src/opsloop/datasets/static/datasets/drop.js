// Dropping a file anywhere on the zone fills the ordinary file field; without this script the
// field works by itself.
const zone = document.querySelector("[data-drop]");
const field = zone?.querySelector("input[type=file]");

if (zone && field) {
  const over = (event, is) => {
    event.preventDefault();
    zone.classList.toggle("border-primary", is);
  };
  zone.addEventListener("dragover", (event) => over(event, true));
  zone.addEventListener("dragleave", (event) => over(event, false));
  zone.addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer.files.length) field.files = event.dataTransfer.files;
  });
}
