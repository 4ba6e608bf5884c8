// Every grid of the page is opened where the page holds its place.
import { h, icon } from "./dom.js";
import { Grid } from "./grid.js";
import { Offline } from "./protocol.js";
import { t } from "./words.js";

for (const root of document.querySelectorAll("[data-grid]")) {
  Grid.open(root).catch((error) => {
    const text = error instanceof Offline ? t("offlineNow") : error.message;
    root.replaceChildren(h("div", { class: "ol-message ol-bad", role: "alert" }, icon("bad"), text));
    if (!(error instanceof Offline) && error.status === undefined) throw error;
  });
}
