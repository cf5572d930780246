// The list of tickets: fresh rows, new rows, the current one, more of them. Rows never change places under the pointer.
import { bringToLife, fetchFragment, oneAtATime } from "./page.js";

const GATHER = 300;
let gathering;
let isWholeListDue = false;
const changed = new Set();

const list = () => document.getElementById("tickets");
const rowOf = (number) => document.getElementById(`row-${number}`);
const openNumber = () => document.getElementById("conversation")?.dataset.number;

export function markCurrent() {
  const current = rowOf(openNumber() ?? "");
  for (const link of list()?.querySelectorAll("a[aria-current]") ?? []) if (!current?.contains(link)) link.removeAttribute("aria-current");
  current?.querySelector("a")?.setAttribute("aria-current", "true");
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
  const view = encodeURIComponent(list()?.dataset.view ?? "");
  const { status, elements } = await fetchFragment(`/console/tickets/${number}/row?view=${view}`);
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

/** Known rows are renewed where they stand, new ones go before the next row that is known. */
function insert(shown, rows) {
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
}

function put(row, old) {
  const focused = old.contains(document.activeElement);
  old.replaceWith(row);
  bringToLife(row);
  markCurrent();
  if (focused) row.querySelector("a")?.focus({ preventScroll: true });
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
document.body.addEventListener("htmx:historyRestore", markCurrent);
document.body.addEventListener("read", ({ detail }) => refreshRow(detail.number));
