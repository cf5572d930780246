// Menus (<details class="menu">) and drawers ([popover]): close outside, close by Escape, walk by arrow keys.
const wide = matchMedia("(min-width: 1280px)");
const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    const chosen = event.target.closest(".item") && menu.contains(event.target);
    if (chosen || !menu.contains(event.target)) menu.open = false;
  }
});

// A row chosen in a drawer leads elsewhere, so the drawer has done its work; the focus is where it was before the row is asked for.
document.addEventListener("click", ({ target }) => {
  const drawer = target.closest("[popover]:popover-open");
  if (drawer && target.closest("a[href]:not([data-stays])")) drawer.hidePopover();
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
    event.stopPropagation();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("input, textarea, select")) return;
  const items = [...menu.querySelectorAll(".item:not(:disabled)")];
  if (!items.length) return;
  event.preventDefault();
  menu.open = true;
  const here = items.indexOf(document.activeElement);
  items.at(here < 0 ? (step > 0 ? 0 : -1) : (here + step) % items.length).focus();
});

// <details name> closes its siblings by itself; older browsers need a hand.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.menu") || !event.target.open) return;
  for (const other of openMenus()) if (other !== event.target && !other.contains(event.target)) other.open = false;
}, true);

wide.addEventListener("change", () => {
  for (const drawer of document.querySelectorAll("[popover]:popover-open")) drawer.hidePopover();
});

/** The menu of the settings is longer than a screen: it stands where the page is that one has come to. */
const showCurrent = () => document.querySelector(".console.pages #views [aria-current]")?.scrollIntoView({ block: "nearest" });
document.getElementById("views")?.addEventListener("toggle", showCurrent); // as a drawer it has a place only when it is open
showCurrent();
