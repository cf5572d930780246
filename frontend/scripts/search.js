// The search of tickets: results while one types, the searches of late, operators by a click.
import { all, bringToLife, element, fetchFragment, oneAtATime, onContent } from "./page.js";
import { markCurrent } from "./list.js";

const PAUSE = 200;
const LATELY = "searched-lately";
const MOST = 8;
const form = () => document.getElementById("search");
const box = () => form()?.querySelector("input");
let waiting;

/** One at a time, and always what stands in the box at last: an older answer never comes after a newer one. */
const search = oneAtATime(async () => {
  const typed = box()?.value ?? "";
  const { elements } = await fetchFragment(`/console/search?q=${encodeURIComponent(typed)}`);
  if (!elements.length || !box() || box().value !== typed) return;
  show(elements, typed);
});

function show(elements, typed) {
  const list = document.getElementById("tickets");
  const scroll = list.parentElement;
  const [problems, found, ...others] = elements;
  document.getElementById("search-problems").replaceChildren(...problems.childNodes);
  Object.assign(list.dataset, found.dataset);
  list.replaceChildren(...found.childNodes);
  for (const other of [...scroll.children]) if (other !== list) other.remove();
  scroll.append(...others);
  scroll.scrollTop = 0;
  bringToLife(...list.children, ...others);
  markCurrent();
  const name = document.getElementById("view-name");
  if (name) name.textContent = form().dataset.textSearch;
  const here = new URL(location.href);
  const address = here.pathname.startsWith("/console/tickets/")
    ? `${here.pathname}?${found.dataset.listed}`
    : `/console/search?q=${encodeURIComponent(typed)}`;
  history.replaceState(history.state, "", address);
}

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(LATELY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

function remember(searches) {
  try {
    localStorage.setItem(LATELY, JSON.stringify(searches.slice(0, MOST)));
  } catch {
    // a browser that keeps nothing only forgets
  }
}

/** What was searched for is what led to a ticket, or was sent. */
function keep() {
  const typed = box()?.value.trim();
  if (typed) remember([typed, ...remembered().filter((one) => one !== typed)]);
}

function tellRecent(part) {
  for (const recent of all(part, "[data-recent]")) {
    const searches = remembered();
    recent.hidden = !searches.length;
    recent.querySelector("ul").replaceChildren(
      ...searches.map((one) => element("li", {}, element("a", { class: "link", dir: "auto", href: `/console/search?q=${encodeURIComponent(one)}` }, one))),
    );
  }
}

function insert(operator) {
  const input = box();
  const before = input.value.trimEnd();
  input.value = before ? `${before} ${operator}` : operator;
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}

document.addEventListener("input", (event) => {
  if (event.target !== box()) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => void search(), PAUSE);
});
document.addEventListener("submit", (event) => {
  if (event.target === form()) keep();
  if (event.target.action?.endsWith("/console/sign-out")) remember([]);
});
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("#tickets a")) keep();
  const operator = target?.closest("[data-insert]");
  if (operator && box()) {
    event.preventDefault();
    operator.closest("details[open]")?.removeAttribute("open");
    insert(operator.dataset.insert);
  }
  if (target?.closest("[data-forget]")) {
    remember([]);
    tellRecent(document.body);
  }
});
onContent(tellRecent);
