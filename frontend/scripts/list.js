// The list of tickets: fresh rows, new rows, the current one, more of them. Rows never change places under the pointer.
import { bringToLife, element, fetchFragment, icon, oneAtATime, text } from "./page.js";

const GATHER = 300;
let gathering;
let isWholeListDue = false;
const changed = new Set();

const list = () => document.getElementById("tickets");
const boxOf = (row) => row?.querySelector('input[name="ticket"]');
const rowOf = (number) => document.getElementById(`row-${number}`);
const openNumber = () => document.getElementById("conversation")?.dataset.number;

export function markCurrent() {
  const current = rowOf(openNumber() ?? "");
  for (const link of list()?.querySelectorAll("a[aria-current]") ?? []) if (!current?.contains(link)) link.removeAttribute("aria-current");
  current?.querySelector("a")?.setAttribute("aria-current", "true");
  keepRoving();
}

/** Something changed on a ticket: its row is fetched again, or the first page when the row is not shown. */
export function refreshRow(number) {
  if (!list()) return;
  if (!rowOf(number)) return refreshRows();
  changed.add(String(number));
  void refreshList();
}

export function refreshRows() {
  clearTimeout(gathering);
  gathering = setTimeout(() => {
    isWholeListDue = true;
    void refreshList();
  }, GATHER);
}

/** One round at a time: a page of rows asked for before a change may not come after the row that shows it. */
const refreshList = oneAtATime(async () => {
  const numbers = [...changed];
  const isWhole = isWholeListDue;
  changed.clear();
  isWholeListDue = false;
  await Promise.all(numbers.map(renewRow));
  if (isWhole) await renewRows();
});

async function renewRow(number) {
  const { status, elements } = await fetchFragment(`/console/tickets/${number}/row?${list()?.dataset.listed ?? ""}`);
  const row = rowOf(number);
  if (!row) return;
  if (elements[0]) put(elements[0], row);
  else if (status === 204 || status === 404) row.classList.add("leaving");
}

async function renewRows() {
  const shown = list();
  const url = shown?.dataset.rowsUrl;
  if (!url) return;
  const { elements } = await fetchFragment(url);
  if (list() !== shown || shown.dataset.rowsUrl !== url) return;
  insert(shown, elements.filter((row) => row.matches("li.ticket")));
}

/** Known rows are renewed where they stand, new ones go before the next row that is known. What is read does not move. */
function insert(shown, rows) {
  const held = holdStill(shown);
  const empty = document.querySelector(".list .empty");
  if (rows.length) empty?.remove();
  let next = shown.firstElementChild;
  const known = new Set([...shown.children].map((row) => row.id));
  for (const row of rows) {
    const old = document.getElementById(row.id);
    if (old) {
      const after = old.nextElementSibling;
      put(row, old);
      next = after;
    } else {
      const before = known.size ? next : null;
      row.classList.add("arriving");
      shown.insertBefore(row, before);
      bringToLife(row);
    }
  }
  markCurrent();
  held();
}

/** Remember where the first row in sight is; the answer scrolls it back there, and says that there is more above it. */
function holdStill(shown) {
  const pane = shown.parentElement;
  const top = pane.getBoundingClientRect().top;
  const first = [...shown.children].find((row) => row.getBoundingClientRect().bottom > top);
  const before = first?.getBoundingClientRect().top;
  return () => {
    const row = first && document.getElementById(first.id);
    const moved = row ? row.getBoundingClientRect().top - before : 0;
    if (moved > 0) pane.scrollTop += moved;
    if (moved > 0 && pane.scrollTop > 0) offerAbove(pane, shown);
  };
}

function offerAbove(pane, shown) {
  if (document.querySelector(".list .above")) return;
  const button = element("button", { class: "btn small above", type: "button" }, icon("arrow-up"), text(shown, "new"));
  button.addEventListener("click", () => (pane.scrollTop = 0));
  pane.before(button);
  pane.addEventListener("scroll", () => pane.scrollTop === 0 && button.remove(), { passive: true });
}

function put(row, old) {
  const focused = old.contains(document.activeElement) && document.activeElement.tagName;
  const [box, oldBox] = [boxOf(row), boxOf(old)];
  if (box && oldBox) box.checked = oldBox.checked;
  old.replaceWith(row);
  bringToLife(row);
  markCurrent();
  if (focused) row.querySelector(focused === "INPUT" ? "input" : "a")?.focus({ preventScroll: true });
}

/** Rows that have left the view go when the next ticket is opened. */
function dropFinished() {
  const shown = list();
  if (!shown) return;
  for (const row of shown.querySelectorAll(":scope > .leaving")) if (row.id !== `row-${openNumber()}`) row.remove();
}

/** One row at a time is reached by Tab, with its box, the others from there by arrow keys. */
function rove(link) {
  for (const other of links()) {
    const index = other === link ? "0" : "-1";
    for (const stop of [other, boxOf(other.parentElement)]) if (stop && stop.getAttribute("tabindex") !== index) stop.setAttribute("tabindex", index);
  }
}

const links = () => [...(list()?.querySelectorAll("li.ticket > a") ?? [])];

const linkAt = (target) => target.closest("li.ticket")?.querySelector(":scope > a");

/** The row that Tab reaches: where the focus is or was, else the open ticket's, else the first. */
function keepRoving() {
  const all = links();
  rove(all.find((link) => link === linkAt(document.activeElement)) ?? all.find((link) => link.matches("[aria-current]")) ?? all[0]);
}

function walk(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const all = links();
  const here = all.indexOf(linkAt(event.target));
  if (here < 0) return;
  const next = { ArrowDown: all[here + 1], ArrowUp: all[here - 1], Home: all[0], End: all.at(-1) }[event.key];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export function fade(number) {
  rowOf(number)?.classList.add("leaving");
}

document.body.addEventListener("htmx:afterSettle", () => {
  // "Load more" brings its rows in place of itself: they belong into the list, once each.
  for (const row of document.querySelectorAll(".list-scroll > li.ticket")) {
    if ([...list().children].some((other) => other.id === row.id)) row.remove();
    else list().append(row);
  }
  markCurrent();
});
document.body.addEventListener("htmx:afterSwap", ({ detail }) => detail.target?.id === "conversation" && dropFinished());
document.body.addEventListener("htmx:historyRestore", markCurrent);
document.body.addEventListener("read", ({ detail }) => refreshRow(detail.number));
list()?.addEventListener("keydown", walk);
list()?.addEventListener("focusin", ({ target }) => rove(linkAt(target)));
keepRoving();
