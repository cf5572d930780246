// What is being typed is saved on the server 800 ms after a pause. Until the server has it, a copy stays in this browser,
// so neither a lost connection nor a closed window nor the end of a session costs a word.
import { all, bringToLife, csrfToken, fetchFragment, oneAtATime, onContent, text } from "./page.js";
import { htmlIn } from "./surface.js";
import { clock } from "./times.js";

const PAUSE = 800;
const AGAIN = 5000;
const JUST_NOW = 10_000;
const known = new Map(); // key → what the server has, as of our last save: a page may have been made before it
const waiting = new Map(); // key → what is to be saved
const timers = new Map();

const keyOf = (form, mode = form.dataset.mode) => `draft:${form.dataset.agent}:${form.dataset.number}:${mode}`;
const kept = (form) => JSON.parse(form.dataset.kept || "{}");

/** Text and HTML of the form's mode; `rendered` is what the server put into the page, a form that it did not take perhaps. */
export function keptText(form, rendered) {
  const key = keyOf(form);
  const served = kept(form)[form.dataset.mode] ?? { text: "", html: "", version: 0 };
  const copy = copyOf(key);
  if (rendered !== undefined && rendered.trim() !== served.text.trim()) {
    known.delete(key);
    form.dataset.written = rendered.trim();
    schedule(form);
    return [rendered, form.querySelector('[name="html"]').value];
  }
  const ours = known.get(key) ?? justSaved(key);
  const base = ours?.version > served.version ? ours : served;
  const found = withCopy(base, copy);
  known.set(key, { ...base, version: base.version });
  form.dataset.written = found.text.trim();
  if (copy) schedule(form, found);
  return [found.text, found.html];
}

/** The copy where nothing was saved since; else both, one below the other: neither may be lost. */
function withCopy(base, copy) {
  if (!copy) return base;
  if (copy.version >= base.version || !base.text.trim()) return { ...base, text: copy.text, html: copy.html };
  if (base.text.includes(copy.text.trim())) return base;
  const html = base.html || copy.html ? `${asHtml(base)}<div><br></div>${asHtml(copy)}` : "";
  return { ...base, text: `${base.text.trimEnd()}\n\n${copy.text}`, html };
}

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const asHtml = ({ text: words, html }) => html || words.split("\n").map((line) => `<div>${line.replace(/[&<>]/g, (sign) => ESCAPED[sign])}</div>`).join("");

/** Save the form after a pause; the copy in this browser is made at once. */
export const keep = (form) => schedule(form);

function schedule(form, values = valuesOf(form)) {
  const key = keyOf(form);
  const once = form.querySelector('[name="once"]').value;
  const version = known.get(key)?.version ?? 0;
  const snapshot = { ...values, once, version, url: `${form.dataset.draftsUrl}/${form.dataset.mode}` };
  if (!values.fields) Object.assign(snapshot, { fields: valuesOf(form).fields });
  waiting.set(key, snapshot);
  store(key, snapshot);
  saveIn(key, PAUSE);
}

function valuesOf(form) {
  const { mode } = form.dataset;
  const fields = [];
  if (mode !== "note") {
    for (const field of form.querySelectorAll("[data-recipients]")) if (field.value !== field.dataset.default) fields.push([field.name, field.value]);
  }
  for (const field of form.querySelectorAll('#new-ticket :is([data-draft]:not([type="radio"]), [data-draft]:checked, .field :is(input.input:not([type="file"], [type="search"]), select))')) fields.push([field.name, field.value]);
  if (mode === "forward") for (const field of form.querySelectorAll('[name="quoting"]:checked, [name="thread"]')) fields.push([field.name, field.value]);
  for (const field of form.querySelectorAll(".attachment:not([hidden]) [name=attachment_ids]")) fields.push([field.name, field.value]);
  return { text: form.querySelector("textarea").value, html: htmlIn(form), fields };
}

function saveIn(key, pause) {
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => void save(key), pause));
}

const save = oneAtATime(async (key) => {
  const snapshot = waiting.get(key);
  if (!snapshot) return;
  say("saving");
  const answer = await post(snapshot, known.get(key)?.version ?? snapshot.version);
  if (waiting.get(key) !== snapshot && answer !== null) return void (answer.version && remember(key, snapshot, answer));
  if (answer === null) {
    say("offline");
    return saveIn(key, AGAIN);
  }
  waiting.delete(key);
  localStorage.removeItem(key);
  if (answer.version !== undefined) remember(key, snapshot, answer);
  say(answer.behind ? "behind" : "saved", key);
});

function remember(key, { text: words, html }, { version, at }) {
  const saved = { text: words, html, version, at };
  known.set(key, saved);
  try {
    sessionStorage.setItem(key, JSON.stringify({ ...saved, savedAt: Date.now() }));
  } catch {
    // a full or forbidden store: only a reload at this very moment would miss it
  }
}

/** What this tab saved a moment ago: the page that is loaded now may have been made just before. */
function justSaved(key) {
  try {
    const saved = JSON.parse(sessionStorage.getItem(key));
    return saved && Date.now() - saved.savedAt < JUST_NOW ? saved : undefined;
  } catch {
    return undefined;
  }
}

/** The server's answer; {} when the form was sent meanwhile, null when it could not be asked. */
async function post({ text: words, html, fields, once, url }, version, keepalive = false) {
  const body = new URLSearchParams([["text", words], ["html", html], ["once", once], ["version", version], ...fields]);
  try {
    const answer = await fetch(url, { method: "POST", body, keepalive, redirect: "error", credentials: "same-origin", headers: { "x-csrftoken": csrfToken(), Accept: "application/json" } });
    if (answer.status === 204) return {};
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Save now what waits: its form goes. */
export function flush(form) {
  const key = keyOf(form);
  if (waiting.has(key)) saveIn(key, 0);
}

/** The form was taken: nothing of it is to be saved any more. */
export function sent(form) {
  forget(keyOf(form));
}

export const discarded = sent;

function forget(key) {
  clearTimeout(timers.get(key));
  waiting.delete(key);
  known.delete(key);
  localStorage.removeItem(key);
  sessionStorage.removeItem(key);
}

const labelOf = (form) => form.parentElement.querySelector(".saved");

/** What the page says of the open draft. */
export function label(form) {
  const state = known.get(keyOf(form));
  const shown = labelOf(form);
  if (shown) shown.textContent = state?.at && !waiting.has(keyOf(form)) ? text(form, "saved", { time: clock.format(new Date(state.at)) }) : "";
  const menu = form.querySelector(".draft-menu");
  if (menu) menu.hidden = !(state?.version || waiting.has(keyOf(form)));
}

function say(what) {
  const form = document.querySelector("form[data-drafts-url]");
  if (!form) return;
  label(form);
  const shown = labelOf(form);
  if (shown && what !== "saved") shown.textContent = text(form, what);
}

function copyOf(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function store(key, snapshot) {
  try {
    localStorage.setItem(key, JSON.stringify(snapshot));
  } catch {
    // a full or forbidden store: the server has it in a moment
  }
}

/** Copies that another window or an earlier day left behind are sent when there is a connection. */
function sendLeftBehind(form) {
  const mine = `draft:${form.dataset.agent}:`;
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(mine) && !waiting.has(one))) {
    const copy = copyOf(key);
    if (!copy || key.startsWith(`${mine}${form.dataset.number}:`)) continue;
    waiting.set(key, copy);
    saveIn(key, PAUSE);
  }
}

document.addEventListener("toggle", async ({ target }) => {
  if (!target.matches?.(".composer .draft-menu") || !target.open) return;
  const form = target.closest(".composer");
  flush(form);
  const { elements } = await fetchFragment(`${form.dataset.draftsUrl}/${form.dataset.mode}/versions`);
  target.querySelector(".versions").replaceChildren(...elements);
  bringToLife(...elements);
}, true);

addEventListener("online", () => [...waiting.keys()].forEach((key) => saveIn(key, 0)));
addEventListener("pagehide", () => waiting.forEach((snapshot, key) => void post(snapshot, known.get(key)?.version ?? snapshot.version, true)));
onContent((scope) => all(scope, "form[data-drafts-url]").forEach(sendLeftBehind));
