// Who else looks at a ticket, and who writes: told by the live stream, shown in rows, in the header and in a bar. This page
// says the same of itself: every ten seconds, and at once when it opens a ticket, leaves it, or begins to write.
import { all, csrfToken, element, language, onContent, onceShown, text } from "./page.js";
import { toast } from "./feedback.js";

const BEAT = 10_000;
const STILL_WRITING = 30_000; // milliseconds after the last key
const names = new Intl.ListFormat(language, { type: "conjunction" });

const here = new Map(); // ticket number → [{ id, name, mode }]
const conversation = () => document.getElementById("conversation");
const openNumber = () => conversation()?.dataset.number;
const bar = () => document.getElementById("writing-bar");
const composer = () => document.getElementById("composer");

let typedAt = -Infinity;
let said = ""; // what the last beat said
let stay = ""; // names this stay at the ticket: what is under way when it ends counts no more
let watched = ""; // the writers whose bar was put away

/** What the stream tells: tickets where somebody came or went. `whole`: all that there is, as a poll answers. */
export function showPresence(tickets, { whole = false } = {}) {
  if (whole) forgetPresence();
  for (const { ticket, who } of tickets) {
    if (who.length) here.set(String(ticket), who);
    else here.delete(String(ticket));
    showRow(document.getElementById(`row-${ticket}`));
  }
  showConversation();
}

/** Nothing is known any more: the stream begins anew, or is away. */
export function forgetPresence() {
  const numbers = [...here.keys()];
  here.clear();
  for (const number of numbers) showRow(document.getElementById(`row-${number}`));
  showConversation();
}

/** A colleague took the open ticket over: whoever was writing is told, and keeps what they wrote. */
export function sayTakenOver(actor) {
  const shown = bar();
  if (!shown || actor === `agent:${shown.dataset.me}`) return;
  const who = (here.get(openNumber()) ?? []).find((one) => actor === `agent:${one.id}`);
  toast(who ? text(shown, "takenOver", { name: who.name }) : text(shown, "takenOverBySomebody"), { seconds: 20 });
}

const writersOf = (who) => who.filter((one) => one.mode === "writing");

function words(who) {
  const lookers = who.filter((one) => one.mode !== "writing");
  const lines = [["writing", writersOf(who)], ["looking", lookers]].filter(([, some]) => some.length);
  return lines.map(([mode, some]) => text(document.body, mode, { names: names.format(some.map((one) => one.name)) })).join("\n");
}

function showRow(row) {
  if (!row) return;
  const who = here.get(row.id.slice("row-".length)) ?? [];
  row.querySelector(".presence")?.remove();
  if (!who.length) return;
  const corner = element("span", { class: writersOf(who).length ? "presence writing" : "presence", title: words(who) });
  corner.append(element("span", { class: "sr" }, words(who)));
  (row.querySelector("a") ?? row).append(corner);
}

function showConversation() {
  const who = here.get(openNumber() ?? "") ?? [];
  showAvatars(document.getElementById("also-here"), who);
  showBar(writersOf(who));
}

function showAvatars(place, who) {
  if (!place) return;
  place.title = words(who);
  place.replaceChildren(...who.map(avatar));
  if (who.length) place.append(element("span", { class: "sr" }, words(who)));
}

function avatar({ id, name, mode }) {
  const parts = name.split(/\s+/u).filter(Boolean);
  const initials = [parts[0], ...(parts.length > 1 ? [parts.at(-1)] : [])].map((part) => [...part][0] ?? "").join("");
  const classes = mode === "writing" ? "avatar small writing" : "avatar small";
  return element("span", { class: classes, "data-hue": String(id % 12), "aria-hidden": "true" }, initials.toLocaleUpperCase());
}

function showBar(writers) {
  const shown = bar();
  if (!shown) return;
  const ids = writers.map((one) => one.id).join(" ");
  if (!ids) watched = "";
  const isDue = ids !== "" && ids !== watched;
  if (isDue) {
    const told = text(shown, writers.length > 1 ? "several" : "one", { names: names.format(writers.map((one) => one.name)) });
    const line = shown.querySelector(".who");
    if (line.textContent !== told) line.textContent = told;
    const taking = document.querySelector('#take-over [name="writer"]');
    if (taking) taking.value = writers[0].id;
  }
  shown.dataset.writers = ids;
  shown.hidden = !isDue;
}

const mode = () => (performance.now() - typedAt < STILL_WRITING ? "writing" : "viewing");

/** One short request; what is lost is said again ten seconds later. */
function say(ticket, how, of = stay) {
  fetch("/console/live/presence", {
    method: "POST", keepalive: true, redirect: "error", body: JSON.stringify({ ticket: Number(ticket), mode: how, stay: of }),
    headers: { "Content-Type": "application/json", "x-csrftoken": csrfToken() },
  }).then(() => {
    if (how === "gone" && sessionStorage.getItem("presence") === `${ticket} ${of}`) sessionStorage.removeItem("presence");
  }, () => {});
}

/** Say where this page is: always when `isDue`, else only what is new. */
function beat(isDue = false) {
  const ticket = document.hidden ? undefined : openNumber();
  const now = ticket ? `${ticket} ${mode()}` : "";
  const [before] = said.split(" ");
  if (before && before !== ticket) say(before, "gone");
  if (ticket && before !== ticket) stay = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  if (now && (isDue || now !== said)) say(ticket, mode());
  said = now;
  if (now) sessionStorage.setItem("presence", `${ticket} ${stay}`);
}

/** What a page says while it goes is often lost: the next page of the tab says it again. */
function sayWhatWasLost() {
  const [left, of] = (sessionStorage.getItem("presence") ?? "").split(" ");
  if (left && of && left !== openNumber()) say(left, "gone", of);
}

function wrote(event) {
  if (!composer()?.contains(event.target) || event.target.matches('[type="radio"], [type="checkbox"], [type="file"]')) return;
  typedAt = performance.now();
  beat();
}

function wasSent(event) {
  if (event.detail.target?.id !== "composer") return;
  typedAt = -Infinity;
  beat();
}

function tookOver(event) {
  const dialog = event.target.closest?.("#take-over");
  if (!dialog || event.detail.xhr.status >= 500) return;
  dialog.close();
  dialog.querySelector("form").reset();
}

if (document.body.dataset.liveUrl) {
  sayWhatWasLost();
  setInterval(beat, BEAT, true);
  document.addEventListener("input", wrote);
  document.addEventListener("visibilitychange", () => beat());
  document.body.addEventListener("htmx:afterSwap", wasSent);
  document.body.addEventListener("htmx:afterRequest", tookOver);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-watch]")) return;
    watched = bar().dataset.writers;
    bar().hidden = true;
  });
  addEventListener("pagehide", () => {
    if (said) say(said.split(" ")[0], "gone");
    said = "";
  });
  addEventListener("pageshow", () => beat());
  onContent((scope) => {
    for (const row of all(scope, "li.ticket[id]")) showRow(row);
    if (all(scope, "#conversation, #conversation-header, #also-here, #writing-bar").length) {
      if (all(scope, "#conversation").length) typedAt = -Infinity;
      showConversation();
      onceShown(() => beat());
    }
  });
}
