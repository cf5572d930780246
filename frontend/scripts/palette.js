// The palette: what can be done with the ticket or the selection, tickets, people, views and pages, while one types. The focus
// stays in the field; the arrows move through what is offered (a combobox with its listbox).
import { bringToLife, element, fetchFragment, icon, number, oneAtATime, text } from "./page.js";

const PAUSE = 60;
const dialog = document.getElementById("palette");
const field = dialog.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const status = dialog.querySelector("[role=status]");
let tools; // what keys.js knows and does
let picking = ""; // the name of the field whose value is chosen, "" while there is none
let shownFor = null; // what stood in the field when this was offered
let isChosen = false; // Enter was pressed before the offers for what was typed had come
let waiting;

/** Both begin with what is typed already. */
function open(typed) {
  begin("", text(dialog, "hint"), typed);
}

/** Choose a value of the select. */
function pick(select, typed) {
  begin(select.dataset.does, select.labels[0]?.querySelector(".sr")?.textContent ?? select.ariaLabel ?? "", typed);
}

export function furnished(given) {
  tools = given;
  return { open, pick, choose };
}

function begin(name, hint, typed) {
  clearTimeout(waiting);
  picking = name;
  field.value = typed;
  shownFor = null;
  isChosen = false;
  field.placeholder = hint;
  field.ariaLabel = hint;
  dialog.toggleAttribute("data-picking", Boolean(name));
  void offer();
}

/** One question at a time; an answer to what is no longer there is not shown, as the next question is on its way. */
const offer = oneAtATime(async () => {
  const typed = field.value;
  const name = picking;
  const groups = picking ? await optionsFor(typed) : await ask({ q: typed, recent: typed.trim() ? "" : tools.lately().join(",") });
  if (dialog.open && field.value === typed && picking === name) show(groups, typed);
});

async function ask(question) {
  try {
    const answer = await fetch(`${dialog.dataset.url}?${new URLSearchParams(question)}`, { headers: { Accept: "application/json" }, redirect: "error" });
    return answer.ok ? (await answer.json()).groups : null;
  } catch {
    return null;
  }
}

function show(groups, typed) {
  shownFor = typed;
  const shown = (groups ?? []).map((group) => ({ ...group, items: group.items.filter((item) => !item.does || tools.can(item.does)) })).filter((group) => group.items.length);
  let next = 0;
  list.replaceChildren(...shown.map((group, index) => {
    const title = element("div", { class: "title", id: `offers-${index}` }, nameOf(group));
    return element("div", { role: "group", "aria-labelledby": title.id }, title, ...group.items.map((item) => row(item, next++)));
  }));
  list.hidden = !next;
  list.scrollTop = 0;
  field.ariaExpanded = String(next > 0);
  status.textContent = next ? "" : text(dialog, groups ? "nothing" : "offline");
  mark(list.querySelector("[role=option][data-current]") ?? options()[0]);
  if (isChosen) choose();
}

/** The actions of the ticket are those of the selection, while there is one. */
function nameOf(group) {
  if (group.kind !== "ticket") return group.name;
  const several = tools.selected().length;
  return several ? text(dialog, "selection", { n: number(several) }) : text(dialog, "ticket", { number: number(document.getElementById("conversation")?.dataset.number ?? "") });
}

function row(item, place) {
  const made = element("div", { role: "option", id: `offer-${place}`, "aria-selected": "false", class: "offer" });
  if (item.icon) made.append(icon(item.icon));
  made.append(element("span", { class: "grow truncate", dir: "auto" }, item.title));
  if (item.detail) made.append(element("span", { class: "detail truncate" }, item.detail));
  if (item.key?.length) made.append(element("span", { class: "press" }, ...item.key.map((stroke) => element("kbd", { dir: "ltr" }, stroke))));
  if (item.isCurrent) made.append(icon("check"));
  made.toggleAttribute("data-current", Boolean(item.isCurrent));
  made.addEventListener("click", () => act(item));
  made.act = () => act(item);
  return made;
}

function act(item) {
  const name = picking;
  dialog.close(); // the focus returns to where it was, and the action goes on from there
  if (item.does) tools.act(item.does);
  else if (item.url) go(item.url);
  else set(tools.controlOf(name), item.value);
}

/** A ticket of the list opens beside it, an article over the page. */
function go(url) {
  if (url.startsWith("/console/articles/")) return void read(url);
  const row = document.querySelector(`#tickets a[href^="${CSS.escape(url)}\\?"]`);
  if (row) row.click();
  else location.assign(url);
}

async function read(url) {
  const { elements } = await fetchFragment(url);
  document.body.append(...elements);
  bringToLife(...elements);
}

/** The select may be another one by now: the ticket was changed by somebody else meanwhile. */
function set(select, value) {
  if (!select || select.value === value) return;
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

const folded = (words) => words.normalize("NFKD").replace(/[\p{Mn}\u200c\u0640]/gu, "").replaceAll("ي", "ی").replaceAll("ك", "ک").toLocaleLowerCase().trim();

/** What begins with the words that are typed, else what sounds so, which the server knows. */
async function optionsFor(typed) {
  const select = tools.controlOf(picking);
  const items = [...(select?.options ?? [])].map((option) => ({ title: option.textContent.trim(), value: option.value, isCurrent: option.value === select.value }));
  const wanted = folded(typed).split(/\s+/).filter(Boolean);
  const written = items.filter(({ title }) => wanted.every((word) => folded(title).split(/\s+/).some((part) => part.startsWith(word))));
  const names = written.length ? [] : ((await ask({ q: typed, of: "names" }))?.[0]?.items ?? []);
  const heard = items.filter(({ title }) => names.some((one) => title.startsWith(one.title)));
  return [{ kind: "options", name: field.placeholder, items: written.length ? written : heard }];
}

const options = () => [...list.querySelectorAll("[role=option]")];
const marked = () => list.querySelector('[aria-selected="true"]');

function mark(option) {
  marked()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

function move(by) {
  const all = options();
  mark(all.at((all.indexOf(marked()) + by) % all.length));
}

function choose() {
  isChosen = field.value !== shownFor;
  if (!isChosen) return marked()?.act();
  clearTimeout(waiting);
  void offer();
}

field.addEventListener("input", () => {
  isChosen = false;
  clearTimeout(waiting);
  waiting = setTimeout(() => void offer(), picking ? 0 : PAUSE);
});
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const does = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: choose }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("close", () => {
  if (dialog.open) return; // again by now
  clearTimeout(waiting);
  field.value = "";
  list.replaceChildren();
  list.hidden = true;
});
