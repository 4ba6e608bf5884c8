// What prints is the company's form, as its own print page lays it out, instead of the page that edits
// or explains it. It is asked for when the browser is about to print: nothing fetched later would come
// in time, and nobody pays for it who does not print.
const place = document.querySelector("[data-printed]");
const paper = document.createElement("div");
paper.className = "sh-on-paper";

function fetched() {
  const request = new XMLHttpRequest();
  request.open("GET", place.dataset.printed, false);
  try {
    request.send();
  } catch {
    return null;  // offline: the page prints as it stands
  }
  if (request.status !== 200) return null;
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  return page.querySelector(".sh-print");
}

addEventListener("beforeprint", () => {
  const form = fetched();
  if (!form) return;
  paper.replaceChildren(document.importNode(form, true));
  document.body.append(paper);
});

addEventListener("afterprint", () => paper.remove());
