// One stream of events per tab. What it says is only "look again at ticket N": the page then asks for the fragments it shows,
// so an event may come twice or late and nothing is lost. The README beside this folder has the contract.
import { fade, refreshRow, refreshRows } from "./list.js";
import { openNumber, refreshConversation, refreshHeader, refreshItem, refreshTimeline, sayGone } from "./timeline.js";
import { bringToLife, fetchFragment, oneAtATime, text } from "./page.js";
import { toast } from "./feedback.js";
import { forgetPresence, sayTakenOver, showPresence } from "./presence.js";

const SILENCE = 40_000;
const POLL = 5_000;
const TRY_STREAM = 60_000;
const HIDDEN = 30_000;
const FAILURES = 3;
const LOOK_AGAIN = [3_000, 60_000];
const REMEMBERED = 500;

const url = document.body.dataset.liveUrl;
let cursor = document.body.dataset.liveCursor ?? "";
let stream = null;
let failures = 0;
let heardAt = 0;
let polling = null;
let retrying = null;
let sleeping = null;
const seen = new Set();

function show(state) {
  const dot = document.getElementById("live-dot");
  if (!dot || dot.dataset.state === state) return;
  dot.dataset.state = state;
  const name = state.replace(/-(\w)/, (_, letter) => letter.toUpperCase());
  dot.textContent = text(dot, name);
}

const after = () => `after=${encodeURIComponent(cursor)}`;

function connect() {
  clearTimeout(retrying);
  stream?.close();
  stream = new EventSource(`${url}?${after()}`);
  heardAt = Date.now();
  stream.addEventListener("open", () => {
    failures = 0;
    stopPolling();
    forgetPresence();
    heard();
  });
  stream.addEventListener("beat", heard);
  stream.addEventListener("presence", (event) => {
    heard();
    showPresence(JSON.parse(event.data));
  });
  stream.addEventListener("notices", (event) => {
    heard();
    void sayNotices(parse(event.data));
  });
  for (const kind of ["ticket", "gone", "reset"]) {
    stream.addEventListener(kind, (event) => {
      heard();
      receive({ id: event.lastEventId, event: kind, data: parse(event.data) });
    });
  }
  stream.addEventListener("error", () => failed());
}

function heard() {
  heardAt = Date.now();
  show("live");
}

/** The browser tries again by itself; a refused stream (an HTTP error) it gives up, and then we do. */
function failed() {
  failures += 1;
  if (polling) {
    stream.close();
    clearTimeout(retrying);
    retrying = setTimeout(connect, TRY_STREAM);
    return;
  }
  show("catching-up");
  if (failures >= FAILURES) startPolling();
  else if (stream.readyState === EventSource.CLOSED) retrying = setTimeout(connect, 1000 * 2 ** failures * (0.5 + Math.random()));
}

function startPolling() {
  stream?.close();
  clearTimeout(retrying);
  void poll();
  polling = setInterval(poll, POLL);
  retrying = setTimeout(connect, TRY_STREAM);
}

function stopPolling() {
  clearInterval(polling);
  polling = null;
}

async function poll() {
  try {
    const answer = await fetch(`${url}/poll?${after()}`, { headers: { Accept: "application/json" }, redirect: "error" });
    if (answer.status === 401) return signedOut();
    if (!answer.ok) throw new Error(String(answer.status));
    const { cursor: next, events, presence, notices } = await answer.json();
    for (const event of events) receive(event);
    showPresence(presence, { whole: true });
    if (notices) void sayNotices(notices);
    cursor = next;
    show("catching-up");
  } catch {
    forgetPresence();
    show("offline");
  }
}

/** The session ended: ask no more, and say so; what was typed is kept for after the next sign-in. */
function signedOut() {
  stopPolling();
  clearTimeout(retrying);
  show("offline");
  toast(text(document.body, "signedOut"), { bad: true });
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
}

const sayNotices = async (told) => (await import("./notices.js")).changed(told);

function receive({ id, event, data }) {
  if (id && event === "reset") cursor = id; // its place may be that of an event seen before, and still it counts
  else if (id) {
    if (seen.has(id)) return;
    seen.add(id);
    if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
    cursor = id;
  }
  patience = LOOK_AGAIN[0];
  if (event === "reset") refreshShown();
  else if (event === "gone") {
    fade(data.ticket);
    if (openNumber() === String(data.ticket)) sayGone();
  } else if (event === "ticket") changed(data);
  refreshFragments();
}

function refreshShown() {
  refreshRows();
  refreshConversation();
}

/** A part of the page did not come: ask for all that is shown, less and less often while that fails. */
let lookingAgain = null;
let patience = LOOK_AGAIN[0];
function lookAgain() {
  lookingAgain ??= setTimeout(() => {
    lookingAgain = null;
    refreshShown();
    refreshFragments();
  }, patience);
  patience = Math.min(patience * 2, LOOK_AGAIN[1]);
}

function backOnline() {
  connect();
  patience = LOOK_AGAIN[0];
  if (!lookingAgain) return;
  clearTimeout(lookingAgain);
  lookingAgain = null;
  lookAgain();
}

function changed({ kind, ticket, item, actor }) {
  refreshRow(ticket);
  if (openNumber() !== String(ticket)) return;
  if (kind === "taken_over") sayTakenOver(actor);
  if (item) void refreshItem(item);
  void refreshTimeline();
  void refreshHeader();
}

let fragmentsDue = null;
function refreshFragments() {
  fragmentsDue ??= setTimeout(() => {
    fragmentsDue = null;
    for (const part of document.querySelectorAll("[data-live-fragment]")) void refreshFragment(part);
  }, 2000);
}

/** What has the focus stays; the bell may, as it is one link. */
export const refreshFragment = oneAtATime(async (part) => {
  const { status, elements } = await fetchFragment(part.dataset.liveFragment);
  const hasFocus = part.matches(":focus-within");
  if (status !== 200 || (hasFocus && part.id !== "bell")) return;
  part.replaceChildren(...elements);
  bringToLife(part);
  if (hasFocus) part.querySelector("a")?.focus();
});

function watchSilence() {
  if (!document.hidden && !polling && stream && Date.now() - heardAt > SILENCE) {
    show("catching-up");
    connect();
  }
}

/** The panel of the bell; with a key held, and on the page of notices, it is a link. */
async function openNotices(event) {
  const pressed = event.target.closest("[data-opens-notices]");
  if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey || pressed.matches("[aria-current]")) return;
  event.preventDefault();
  await (await import("./notices.js")).toggle();
}

/** Browsers allow six connections to one host: hidden tabs give theirs back and catch up from their cursor later. */
function sleepOrWake() {
  clearTimeout(sleeping);
  if (document.hidden) {
    sleeping = setTimeout(() => {
      stream?.close();
      stream = null;
      stopPolling();
      clearTimeout(retrying);
    }, HIDDEN);
  } else if (!stream) {
    show("catching-up");
    connect();
  } else watchSilence();
}

if (url) {
  connect();
  document.addEventListener("click", openNotices);
  setInterval(watchSilence, 5_000);
  document.addEventListener("visibilitychange", sleepOrWake);
  document.addEventListener("missed", lookAgain);
  document.body.addEventListener("read", refreshFragments);
  addEventListener("online", backOnline);
  addEventListener("offline", () => show("offline"));
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
}
