// Tickets that are selected in the list: by their boxes, in ranges with Shift, all with Ctrl+A; and the bar of what is done
// with them. The boxes belong to the form #bulk, so that it works without this, too.
import { number, text } from "./page.js";

const list = () => document.getElementById("tickets");
const form = () => document.getElementById("bulk");
const boxes = () => [...(list()?.querySelectorAll('input[name="ticket"]') ?? [])];
let last = null;

/** The bar shows and says how many there are; that the whole view was meant is over with the next change. */
function tell() {
  if (!form()) return;
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  document.getElementById("list").classList.toggle("selecting", count > 0);
  document.getElementById("bulk-count").value = text(form(), "selected", { n: number(count) });
  document.getElementById("bulk-scope").replaceChildren();
  document.getElementById("bulk-whole").hidden = !count || count < all.length || !document.querySelector(".list-scroll > .more");
  form().elements.view.value = list().dataset.view;
}

function set(some, isSelected) {
  for (const box of some) box.checked = isSelected;
  tell();
}

export function selectNone() {
  set(boxes(), false);
  last = null;
}

document.addEventListener("change", ({ target }) => target.matches?.('input[name="ticket"]') && tell());

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.matches('#tickets input[name="ticket"]')) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(target)].sort((one, other) => one - other);
    if (event.shiftKey && from >= 0) set(all.slice(from, to + 1), target.checked);
    last = target;
  } else if (target?.closest('[data-select="none"]')) {
    selectNone();
    list()?.querySelector('li.ticket > a[tabindex="0"]')?.focus();
  } else if (target?.closest("#bulk [data-leaves]")) {
    // Its answer is a page of its own: past htmx, which takes what the form sends otherwise.
    event.preventDefault();
    form().action = target.closest("button").formAction;
    form().submit();
  }
});

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target || event.defaultPrevented || event.isComposing) return;
  const isTyping = target.matches('input:not([type="checkbox"]), textarea, select, [contenteditable]');
  if (event.code === "KeyA" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && !isTyping && target.closest("#list")) {
    event.preventDefault();
    set(boxes(), true);
  } else if (event.key === "Enter" && isTyping && target.closest("#bulk .form")) {
    event.preventDefault(); // that of tags takes a tag by it, and with Ctrl changes the tickets
    if (target.closest(".tags-editor") && !event.ctrlKey && !event.metaKey) return;
    target.closest(".form").querySelector("button[name]").click();
  } else if (event.key === "Escape" && target.closest("#list") && !target.closest("details") && !isTyping && boxes().some((box) => box.checked)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    selectNone();
  }
});

document.body.addEventListener("bulk-asked", () => {
  for (const menu of form()?.querySelectorAll("details[open]") ?? []) menu.open = false;
  form()?.reset();
  selectNone();
});
document.body.addEventListener("htmx:historyRestore", tell);
if (list()) new MutationObserver(tell).observe(list(), { childList: true });
tell();
