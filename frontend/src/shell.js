// The frame of every page: drawers, menus, theme, and messages for requests that failed.

function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
}

function switchTheme() {
  const root = document.documentElement;
  const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  root.dataset.bsTheme = theme;
  remember("theme", theme);
  document.dispatchEvent(new CustomEvent("ol:theme"));
}

function toggleSide(id) {
  const open = document.body.classList.toggle("ol-side-open");
  for (const button of document.querySelectorAll(`[data-toggles="${id}"]`)) {
    button.setAttribute("aria-expanded", String(open));
  }
  if (open) document.querySelector(`#${id} a`)?.focus();
  else document.querySelector(`.ol-topbar [data-toggles="${id}"]`)?.focus();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-switch], [data-toggles], [data-opens], [data-closes], [data-prints]");
  if (!target?.closest(".ol-menu")) {
    for (const menu of document.querySelectorAll("details.ol-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  }
  if (!target) return;
  const { toggles, opens, closes } = target.dataset;
  if ("themeSwitch" in target.dataset) switchTheme();
  if ("prints" in target.dataset) print();
  if (toggles) toggleSide(toggles);
  if (opens) document.getElementById(opens)?.showModal();
  if (closes) document.getElementById(closes)?.close();
});

// A click beside a drawer closes it, as Escape does.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.ol-menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (document.body.classList.contains("ol-side-open")) toggleSide("side");
});

// A select or a date of a filter form applies at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

// A form asks before it does what cannot be taken back, and is sent once.
document.addEventListener("submit", (event) => {
  const { asks } = event.submitter?.dataset ?? {};
  if (asks && !confirm(asks)) {
    event.preventDefault();
    return;
  }
  if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  }
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
