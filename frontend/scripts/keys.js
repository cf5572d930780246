// What is done without the mouse. Which press does what comes with the page (body data-keys, from console/actions.py); an action
// without a function here is its control on the page: [data-does="solve"], that of the selection while rows are selected.
import { all, bringToLife, csrfToken, fetchFragment, onContent, text } from "./page.js";
import { keepLately, keptLately } from "./lately.js";
import { surfaceOf } from "./surface.js";
import { hasGone } from "./focus.js";
import { toast } from "./feedback.js";

const keys = JSON.parse(document.body.dataset.keys ?? "{}");
const PATIENCE = 1500; // between two presses that belong together, in milliseconds
const SIGNS = { "/": "Slash", ".": "Period", "[": "BracketLeft", "]": "BracketRight", "?": "Shift+Slash", "؟": "Shift+Slash" };
const wide = matchMedia("(min-width: 1280px)");

const palette = () => document.getElementById("palette");
const conversation = () => document.getElementById("conversation");
const openNumber = () => conversation()?.dataset.number;
const composer = () => document.getElementById("composer");
const rows = () => [...document.querySelectorAll("#tickets > li.ticket")];
const linkOf = (row) => row?.querySelector("a");
const rowInFocus = () => document.activeElement?.closest("#tickets > li.ticket");
const currentRow = () => document.getElementById(`row-${openNumber()}`) ?? document.querySelector("#tickets > li.ticket:target");
const boxOf = (row) => row?.querySelector('input[name="ticket"]');
const selected = () => document.querySelectorAll('#tickets input[name="ticket"]:checked');
const isVisible = (part) => Boolean(part) && part.offsetParent !== null;

const isTyping = (target) => target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox], [type=radio])");

const does = {
  next: () => step(1),
  previous: () => step(-1),
  select: () => boxOf(rowInFocus() ?? currentRow())?.click(),
  jump,
  views: () => (wide.matches ? controlOf("views") : document.querySelector('[popovertarget="views"]'))?.click(),
  person: () => (wide.matches ? showOrHidePerson() : document.querySelector('[popovertarget="person"]')?.click()),
  articles: showArticles,
  solve_next: solveAndGoOn,
  copy_number: copy,
  reply: () => write("reply"),
  reply_sender: () => write("reply", () => composer().querySelector("[data-sender-only]")?.click()),
  note: () => write("note"),
  forward: () => write("forward", () => composer().querySelector('[name="to"][value=""] + .tokens input')?.focus()),
  undo,
  search,
  palette: () => openPalette(),
  help: () => void showSheet(),
};
/** Whether something would happen, for those above that need something on the page. */
const needs = {
  next: () => rows().length, previous: () => rows().length, select: () => boxOf(rowInFocus() ?? currentRow()), jump: () => isVisible(landmark()),
  views: () => document.getElementById("views"), person: openNumber, articles: openNumber, solve_next: () => !selected().length && controlOf("solve"), copy_number: openNumber, undo: undoButton,
  reply: () => tabOf("reply"), reply_sender: () => composer()?.querySelector("[data-sender-only]"), note: () => tabOf("note"), forward: () => tabOf("forward"),
};

const can = (name) => Boolean(name in needs ? needs[name]() : name in does || controlOf(name));

function act(name) {
  if (name.startsWith("/")) location.assign(name);
  else if (name in does) does[name]();
  else operate(controlOf(name));
}

const controlOf = (name) => document.querySelector(selected().length ? `.bulk [data-does="${name}"]` : `[data-does="${name}"]:not(.bulk *)`);

function operate(control) {
  if (!control || control.disabled) return;
  if (control.matches("select")) openPalette((typed) => late.pick(control, typed));
  else if (control.matches("summary")) openMenu(control.parentElement);
  else control.click();
}

/** Its first field or entry gets the focus; asked for once more, an open menu does what is meant by twice. */
function openMenu(menu) {
  if (menu.open) return menu.querySelector("[data-twice]")?.click();
  menu.open = true;
  menu.querySelector(".panel :is(input:not([type=hidden], [hidden]), .item)")?.focus();
}

/** In an open menu letters lead to the entry that begins so; its own key, pressed once more, is what is meant by twice. */
function inMenu(menu, event) {
  const own = menu.querySelector("summary").dataset.does;
  if (own && own === keys[strokeOf(event)] && menu.querySelector("[data-twice]")) {
    event.preventDefault();
    if (!event.repeat) openMenu(menu);
  } else if (event.key.length === 1 && event.key !== " ") {
    event.preventDefault();
    typedAhead = (performance.now() - typedAheadAt < PATIENCE ? typedAhead : "") + event.key.toLocaleLowerCase();
    typedAheadAt = performance.now();
    [...menu.querySelectorAll(".item:not(:disabled)")].find((item) => wordsOf(item).startsWith(typedAhead))?.focus();
  }
}

let typedAhead = "";
let typedAheadAt = -Infinity;
const wordsOf = (item) => [...item.childNodes].filter((node) => node.ariaHidden !== "true").map((node) => node.textContent).join("").trim().toLocaleLowerCase();

/** In the list from row to row; from an open ticket to the next one. */
function step(by) {
  const all = rows();
  const here = all.indexOf(rowInFocus() ?? currentRow());
  const next = here < 0 ? all[0] : all[here + by];
  if (!next && by > 0) document.querySelector(".list-scroll > .more a")?.click();
  else if (rowInFocus() || !openNumber()) linkOf(next)?.focus();
  else linkOf(next)?.click();
}

/** Shift and an arrow: this row and the next one; on the way back rows are let go. */
function selectOn(by) {
  const row = rowInFocus();
  const next = by > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  if (!boxOf(row)) return;
  const isBack = boxOf(next)?.checked;
  if (boxOf(row).checked === Boolean(isBack)) boxOf(row).click();
  if (!next) return;
  if (!isBack) boxOf(next)?.click();
  linkOf(next)?.focus();
}

/** Out of a menu, of the text, of the selection, then of the ticket; true when there was something to leave. */
function back(target) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) return (menu.open = false) || true;
  if (document.querySelector("[popover]:popover-open")) return false; // the browser closes it
  if (target.matches("input") && !target.closest("#conversation, #search")) return false;
  if (target.matches("[type=search]") && target.value) return false; // the browser empties it
  if (target.matches("input.subject")) target.value = target.defaultValue;
  if (isTyping(target) && openNumber()) conversation().focus({ preventScroll: true });
  else if (selected().length) for (const box of selected()) box.click();
  else return toList();
  return true;
}

function toList() {
  const link = linkOf(currentRow()) ?? linkOf(rows()[0]);
  if (isVisible(link)) link.focus();
  else if (openNumber()) location.assign(`${document.querySelector(".conversation-header a[data-back]").getAttribute("href")}#row-${openNumber()}`);
  else return false;
  return true;
}

const landmark = () => document.querySelector("#items > .divider.new") ?? document.querySelector(".jump");

function jump() {
  const mark = landmark();
  if (mark?.matches(".jump")) mark.click();
  else mark?.scrollIntoView({ block: "start" });
  document.getElementById("timeline")?.focus({ preventScroll: true });
}

function solveAndGoOn() {
  const solve = controlOf("solve");
  if (!openNumber() || !solve) return;
  solve.form.setAttribute("hx-vals", '{"goes": "next"}'); // the server knows the neighbour in the list
  solve.click();
  solve.form.removeAttribute("hx-vals");
}

let copiedAt = -Infinity;
let copies = 0;
async function copy() {
  const number = openNumber();
  if (!number) return;
  copies = performance.now() - copiedAt < PATIENCE ? (copies % 3) + 1 : 1;
  copiedAt = performance.now();
  const subject = document.querySelector(".conversation-header .subject")?.value ?? document.querySelector(".conversation-header h1").textContent;
  const what = [`#${number}${copies > 1 ? ` ${subject.trim()}` : ""}`, ...(copies > 2 ? [`${location.origin}/console/tickets/${number}`] : [])].join("\n");
  try {
    await navigator.clipboard.writeText(what);
  } catch {
    return; // without a secure context there is no clipboard, and nothing is said to be in it
  }
  toast(text(palette(), "copied", { what }), { seconds: 4 });
}

const isReached = { reply: '.tabs a[href$="mode=reply"]', note: '.tabs a[href$="mode=note"]', forward: "[data-forward]" };
const tabOf = (mode) => composer()?.querySelector(`[name="mode"][value="${mode}"]`) ?? composer()?.querySelector(isReached[mode]);

/** The caret stands where it was; in a text that nobody was in yet, at its end. */
function focusText() {
  const form = composer();
  if (!form) return;
  const isFresh = form.dataset.visited !== form.dataset.mode;
  surfaceOf(form).focus();
  const { activeElement: area } = document;
  if (!isFresh || !form.contains(area)) return;
  if (area.matches("textarea")) area.setSelectionRange(area.value.length, area.value.length);
  else getSelection().modify("move", "forward", "documentboundary");
}

document.addEventListener("focusin", ({ target }) => {
  const form = target.matches?.('.composer :is(textarea[name="text"], [contenteditable])') && target.closest("form");
  if (form) form.dataset.visited = form.dataset.mode;
});

/** Into the text of a reply, a note or a question; asking outside is a composer of its own, which comes from the server. */
function write(mode, then) {
  const tab = tabOf(mode);
  if (!tab) return;
  const ready = () => {
    focusText();
    then?.();
  };
  if (tab.matches("a")) whenComposerComes(tab, ready);
  if (!tab.checked) tab.click();
  if (!tab.matches("a")) ready();
}

/** Unless `asked` is refused, or somebody has gone elsewhere meanwhile. */
function whenComposerComes(asked, ready) {
  asked.addEventListener("htmx:afterRequest", ({ detail }) => detail.target?.id === "composer" && detail.successful && !hasGone(detail) && ready(), { once: true });
}

function undoButton() {
  return [...document.querySelectorAll(".toast:not(.leaving) :is(button[hx-post], button[hx-delete], form button)")].at(-1);
}

function undo() {
  const button = undoButton();
  if (!button) return toast(text(palette(), "noUndo"), { seconds: 4 });
  if (button.getAttribute("hx-post")?.startsWith("/console/messages/")) whenComposerComes(button, focusText);
  button.click();
}

function search() {
  const box = document.querySelector("#search input");
  if (!isVisible(box)) return openPalette(() => late.open("#"));
  box.focus();
  box.select();
}

function showOrHidePerson() {
  const hides = document.querySelector(".console").classList.toggle("without-person");
  document.getElementById("person").hidePopover();
  const body = new URLSearchParams({ hides_person: hides ? "1" : "0" });
  void fetch("/console/panes", { method: "POST", body, keepalive: true, headers: { "x-csrftoken": csrfToken(), "HX-Request": "true" } }).catch(() => null);
}

/** Into the field that searches articles, in the pane beside the ticket or in the drawer that it is. */
function showArticles() {
  const pane = document.getElementById("person");
  if (!isVisible(pane)) does.person();
  document.getElementById("articles-q").focus();
}

let late = null;

/** The palette stands open at once and takes what is typed; what fills it is loaded when it is first opened. */
function openPalette(how = (typed) => late.open(typed)) {
  const shown = palette();
  if (!shown) return;
  if (shown.open) return shown.close();
  shown.showModal();
  if (late) how("");
  else void loadPalette(shown, how);
}

async function loadPalette(shown, how) {
  let isChosen = false;
  const early = (event) => (isChosen ||= event.key === "Enter");
  shown.addEventListener("keydown", early);
  try {
    late = (await import("./palette.js")).furnished({ act, can, controlOf, selected, lately: keptLately });
    if (!shown.open) return;
    how(shown.querySelector("input").value);
    if (isChosen) late.choose();
  } catch {
    shown.close();
    toast(text(shown, "offline"), { bad: true, seconds: 6 });
  } finally {
    shown.removeEventListener("keydown", early);
  }
}

async function showSheet() {
  let sheet = document.getElementById("keys");
  if (!sheet) {
    const { elements } = await fetchFragment("/console/keys/sheet");
    if (!elements.length || document.getElementById("keys")) return;
    document.body.append(...elements);
    bringToLife(...elements);
    sheet = document.getElementById("keys");
  }
  sheet.showModal();
}

function strokeOf(event) {
  if (event.key in SIGNS) return SIGNS[event.key];
  // A Latin letter is what its key says (AZERTY, Dvorak); any other alphabet's key counts by its place.
  const code = /^[a-z]$/i.test(event.key) ? `Key${event.key.toUpperCase()}` : event.code;
  return event.shiftKey ? `Shift+${code}` : code;
}

let begun = "";
let begunAt = -Infinity;
function meantBy(event) {
  const stroke = strokeOf(event);
  const whole = performance.now() - begunAt < PATIENCE ? keys[`${begun} ${stroke}`] : undefined;
  begun = Object.keys(keys).some((press) => press.startsWith(`${stroke} `)) ? stroke : "";
  begunAt = performance.now();
  return whole ?? keys[stroke] ?? (begun ? "" : undefined);
}

function goToView(digit) {
  document.querySelectorAll("#views a[href^='/console?view=']")[digit - 1]?.click();
}

/** What was pressed, as a function; nothing when it is nobody's business here. */
function answerTo(event) {
  const arrow = event.shiftKey && { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (arrow && rowInFocus()) return () => selectOn(arrow);
  const name = meantBy(event);
  if (name !== undefined) return event.repeat && !["next", "previous"].includes(name) ? () => {} : () => name && act(name);
  const digit = !event.shiftKey && Object.keys(keys).length && /^Digit([1-9])$/.exec(event.code)?.[1];
  return digit ? () => goToView(Number(digit)) : null;
}

/** The editor prevents what Escape would do by itself, and does nothing with it. */
const isTaken = ({ defaultPrevented, key, target }) => defaultPrevented && !(key === "Escape" && target.isContentEditable);

document.addEventListener("keydown", (event) => {
  if (isTaken(event) || event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  const hasCommand = event.ctrlKey || event.metaKey;
  if (hasCommand && !event.altKey && !event.shiftKey && strokeOf(event) === "KeyK") {
    event.preventDefault();
    return openPalette();
  }
  if (hasCommand || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return void (back(event.target) && event.preventDefault());
  if (isTyping(event.target)) return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) return inMenu(menu, event);
  if (document.querySelector("[popover]:popover-open")) return;
  const answer = answerTo(event);
  if (!answer) return;
  event.preventDefault();
  answer();
});

document.addEventListener("click", (event) => {
  const person = event.target.closest?.('[data-does="person"]');
  if (!person) return;
  event.preventDefault();
  showOrHidePerson();
});

onContent((scope) => {
  for (const { dataset } of all(scope, "#conversation[data-number]")) keepLately(dataset.number);
  if (all(scope, "[data-press]").length) void import("./keys-page.js").then(({ watch }) => watch(all(scope, "[data-press]")));
});
