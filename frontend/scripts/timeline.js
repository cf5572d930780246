// The open conversation: what is new is fetched and appended, one request at a time, so nothing can appear twice.
// Text being typed, the focus and the place the reader has scrolled to stay as they are.
import { all, bringToLife, element, fetchFragment, icon, onContent, oneAtATime, text } from "./page.js";

const NEAR_END = 80;
const MOST_PAGES = 40;
let headerWaits = false;

export const conversation = () => document.getElementById("conversation");
export const openNumber = () => conversation()?.dataset.number;
const pane = () => document.getElementById("timeline");
const base = () => `/console/tickets/${openNumber()}`;

export const refreshTimeline = oneAtATime(async () => {
  const items = document.getElementById("items");
  if (!items) return;
  const last = [...items.querySelectorAll(":scope > [data-key]")].at(-1)?.dataset.key;
  const { status, elements } = await fetchFragment(`${base()}/timeline${last ? `?after=${encodeURIComponent(last)}` : ""}`);
  if (!items.isConnected) return;
  if (status === 404) return sayGone();
  const fresh = elements.filter((item) => item.matches("li") && !(item.id && document.getElementById(item.id)));
  if (!fresh.length) return;
  if (fresh.some((item) => "anew" in item.dataset)) return void (await showAnew(items));
  const atEnd = isAtEnd();
  for (const item of fresh) item.classList.add("arriving");
  items.append(...fresh);
  bringToLife(...fresh);
  announce(fresh);
  if (atEnd) toEnd();
  else if (fresh.some((item) => item.dataset.announce)) offerJump();
});

/** Messages came from another ticket, went to one, or lost a part: what is shown is no longer what is there. */
async function showAnew(items) {
  const { status, elements } = await fetchFragment(`${base()}/timeline`);
  if (status !== 200 || !items.isConnected) return;
  keepingPlace(() => items.replaceChildren(...elements));
  bringToLife(...elements);
}

/** Change what is shown without moving what the reader looks at: what changes is above it. */
function keepingPlace(change) {
  const shown = pane();
  const fromEnd = shown.scrollHeight - shown.scrollTop;
  change();
  shown.scrollTop = shown.scrollHeight - fromEnd;
}

/** Earlier messages came in place of their button: the day that both pages begin and end with has one line. */
function joinEarlier(fromEnd) {
  const seen = new Set();
  for (const day of document.querySelectorAll("#items > .divider[id]")) {
    if (seen.has(day.id)) day.remove();
    seen.add(day.id);
  }
  const shown = pane();
  shown.scrollTop = shown.scrollHeight - fromEnd;
}

/** A message that the address names may stand on an earlier page. */
async function findNamed(shown) {
  for (let pages = 0; pages < MOST_PAGES && shown.isConnected; pages += 1) {
    const more = shown.querySelector("#items > .more");
    if (!more || named(shown)) break;
    const { status, elements } = await fetchFragment(more.querySelector("a").getAttribute("hx-get"));
    if (status !== 200 || !more.isConnected) break;
    more.replaceWith(...elements);
    bringToLife(...elements);
    joinEarlier(shown.scrollHeight);
  }
  const found = named(shown);
  if (!found) return;
  found.classList.add("named");
  found.scrollIntoView({ block: "center" });
}

export const refreshItem = oneAtATime(async (key) => {
  const shown = document.getElementById(`item-${key}`);
  if (!shown) return;
  const { status, elements } = await fetchFragment(`${base()}/timeline/${encodeURIComponent(key)}`);
  if (!shown.isConnected) return;
  if (status === 204 || status === 404) shown.remove();
  if (!elements[0]) return;
  const atEnd = isAtEnd();
  const unfolded = [...shown.querySelectorAll("details")].map((details) => details.open);
  shown.replaceWith(elements[0]);
  elements[0].querySelectorAll("details").forEach((details, index) => (details.open = unfolded[index] ?? false));
  bringToLife(elements[0]);
  if (atEnd) toEnd();
});

/** The header waits while somebody has it in use: a focused field, an open menu. */
export const refreshHeader = oneAtATime(async () => {
  const header = document.getElementById("conversation-header");
  if (!header) return;
  if (inUse(header)) return waitForHeader();
  const { status, elements } = await fetchFragment(`${base()}/header`);
  if (!header.isConnected) return;
  if (status === 404) return sayGone();
  if (inUse(header)) return waitForHeader();
  for (const fresh of elements) {
    const old = document.getElementById(fresh.id);
    if (!old || (old !== header && inUse(old))) continue;
    fresh.removeAttribute("hx-swap-oob");
    old.replaceWith(fresh);
    bringToLife(fresh);
  }
});

function waitForHeader() {
  if (headerWaits) return;
  headerWaits = true;
  setTimeout(() => {
    headerWaits = false;
    void refreshHeader();
  }, 1000);
}

const inUse = (part) => part.matches(":focus-within") || part.querySelector("details[open], .htmx-request") !== null;

export function refreshConversation() {
  if (!openNumber()) return;
  void refreshTimeline();
  void refreshHeader();
  for (const item of document.querySelectorAll("#items > [data-pending]")) void refreshItem(item.dataset.key);
}

export function sayGone() {
  const banner = document.getElementById("banner");
  banner?.replaceChildren(element("div", { class: "notice warn slim", role: "alert" }, icon("triangle-alert"), text(conversation(), "gone")));
}

function announce(items) {
  const words = items.map((item) => item.dataset.announce).filter(Boolean);
  const announcer = document.getElementById("announcer");
  if (words.length && announcer) announcer.textContent = words.join(". ");
}

function isAtEnd() {
  const shown = pane();
  return !shown || shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR_END;
}

function toEnd() {
  const shown = pane();
  if (shown) shown.scrollTop = shown.scrollHeight;
  document.querySelector(".jump")?.remove();
}

function offerJump() {
  const composer = document.getElementById("composer");
  if (!composer || document.querySelector(".jump")) return;
  const jump = element("button", { class: "btn small jump", type: "button" }, icon("arrow-down"), text(pane(), "new"));
  jump.addEventListener("click", toEnd);
  composer.prepend(jump);
}

/** The message that the address names, as a search or a copied link does. */
const named = (shown) => (location.hash.startsWith("#item-") ? shown.querySelector(`#${CSS.escape(location.hash.slice(1))}`) : null);

/** A conversation opens at the message that is named, at what is new, or at its end; frames that grow while it opens don't push it away. */
function open(shown) {
  if (shown.dataset.opened) return;
  shown.dataset.opened = "true";
  const target = named(shown) ?? shown.querySelector(".divider.new");
  named(shown)?.classList.add("named");
  let following = true;
  const stop = () => (following = false);
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) shown.addEventListener(kind, stop, { once: true, passive: true });
  const settle = () => {
    if (following) shown.scrollTop = target ? target.offsetTop - shown.offsetTop - 16 : shown.scrollHeight;
  };
  if (!target && location.hash.startsWith("#item-m")) {
    stop();
    void findNamed(shown);
  }
  new ResizeObserver(settle).observe(shown.firstElementChild ?? shown); // the first time before anything is painted
  setTimeout(stop, 3000);
  keepEnd(shown);
  shown.addEventListener("scroll", () => isAtEnd() && document.querySelector(".jump")?.remove(), { passive: true });
}

/** The end stays in sight when the composer grows over it. */
function keepEnd(shown) {
  let height = 0;
  new ResizeObserver(() => {
    const covered = height - shown.clientHeight;
    height = shown.clientHeight;
    const fromEnd = shown.scrollHeight - shown.scrollTop - shown.clientHeight - covered;
    if (covered > 0 && fromEnd < NEAR_END) shown.scrollTop = shown.scrollHeight;
  }).observe(shown);
}

onContent((scope) => all(scope, "#timeline").forEach(open));
document.body.addEventListener("timeline", () => void refreshTimeline());
document.body.addEventListener("gone", ({ detail }) => detail.ids.forEach((id) => document.getElementById(id)?.remove()));
let fromEnd = null;
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const isEarlier = detail.target?.matches?.("#items > .more");
  fromEnd = isEarlier ? pane().scrollHeight - pane().scrollTop : null;
});
document.body.addEventListener("htmx:afterSwap", () => {
  if (fromEnd !== null) joinEarlier(fromEnd);
  fromEnd = null;
});
