// What concerns the agent: the panel that the bell opens, and what the live stream tells of it. The open page shows it as a
// toast; a tab in the background as a notice of the browser, where that was allowed and no push does it. One tab alone shows each.
import { bringToLife, byItself, csrfToken, element, fetchFragment, oneAtATime, text, whereabouts } from "./page.js";
import { toast } from "./feedback.js";
import { refreshFragment } from "./live.js";
import { openNumber } from "./timeline.js";

const SHOWN = "notices-shown";
const MOST = 200;
const BEHIND = 1_500; // milliseconds that a tab in the background leaves to one that is looked at
const HELD = 60_000; // storage is told from tab to tab only after a while
const panel = () => document.getElementById("notices-panel");
const bell = () => document.getElementById("bell");

/** The stream says: notices are new, or were read elsewhere. `show`: what a browser shows of them. */
export async function changed({ show }) {
  void refreshFragment(bell());
  for (const centre of document.querySelectorAll(".notices[data-show]")) if (centre.offsetParent !== null) void refresh(centre);
  for (const one of show) {
    if (document.hidden) await new Promise((done) => setTimeout(done, BEHIND));
    if (isOpen(one)) whenTouched(() => isOpen(one) && read(`${one.url}/notices/read`));
    else if ((!document.hidden || (await mayNotify())) && (await isOurs(one.id))) await tell(one);
  }
}

let wasOpen = false;
/** A press outside closes the panel before its click comes: on the bell that is all it does. */
document.addEventListener("pointerdown", (event) => (wasOpen = panel().matches(":popover-open") && Boolean(event.target.closest("[data-opens-notices]"))), true);

/** The bell was pressed: open the panel, or close it. */
export async function toggle() {
  const shown = panel();
  if (wasOpen || shown.matches(":popover-open")) {
    wasOpen = false;
    return shown.hidePopover();
  }
  shown.dataset.show = "unread";
  const asked = whereabouts();
  await refresh(shown);
  shown.showPopover();
  if (whereabouts() === asked) shown.focus();
}

const isOpen = ({ url }) => !document.hidden && url === `/console/tickets/${openNumber()}`;

/** At once while somebody sits before the page, else when they touch it again. */
function whenTouched(work) {
  if (!Object.keys(byItself()).length) return void work();
  const events = ["pointermove", "keydown", "touchmove"];
  const touched = () => {
    for (const kind of events) removeEventListener(kind, touched, true);
    work();
  };
  for (const kind of events) addEventListener(kind, touched, { capture: true, passive: true });
}

/** Whether this tab is to show it: the first that asks. It holds a lock until the others can read what it has written. */
function isOurs(id) {
  if (!navigator.locks) return claim(id);
  return new Promise((answer) => {
    void navigator.locks.request(`${SHOWN}-${id}`, { ifAvailable: true }, async (lock) => {
      const isFirst = Boolean(lock) && claim(id);
      answer(isFirst);
      if (isFirst) await new Promise((done) => setTimeout(done, HELD));
    });
  });
}

function claim(id) {
  try {
    const known = JSON.parse(localStorage.getItem(SHOWN) ?? "[]");
    if (known.includes(id)) return false;
    localStorage.setItem(SHOWN, JSON.stringify([...known, id].slice(-MOST)));
  } catch {
    // without storage each tab is alone
  }
  return true;
}

/** A browser that is pushed to shows the same by itself. */
async function mayNotify() {
  if (!("Notification" in window) || Notification.permission !== "granted" || !localStorage.getItem("notices-in-tabs")) return false;
  const registration = await navigator.serviceWorker?.getRegistration("/console");
  return !(await registration?.pushManager?.getSubscription());
}

/** Outside the page only what the agent lets the browser say. */
const outside = (said) => (localStorage.getItem("notices-in-tabs") === "text" ? said : { title: text(document.body, "news"), body: "" });

async function tell(one) {
  const { title, body, url, tag } = document.hidden ? { ...one, ...outside(one) } : one;
  if (!document.hidden) {
    const link = element("a", { href: url, dir: "auto" }, title);
    return toast(element("span", { class: "of-notice" }, link, element("span", { class: "small", dir: "auto" }, body)), { seconds: 12 });
  }
  const told = { body, tag, renotify: true, lang: document.documentElement.lang, dir: document.documentElement.dir, data: { url } };
  const registration = await navigator.serviceWorker?.getRegistration("/console");
  if (registration) return registration.showNotification(title, told);
  new Notification(title, told).addEventListener("click", () => {
    window.focus();
    location.assign(url);
  });
}

/** The centre anew; left as it is while somebody walks through it or has more of it open. */
const refresh = oneAtATime(async (centre) => {
  if (centre.querySelector("li :focus") || centre.querySelectorAll(".notice-groups").length > 1) return;
  const { status, elements } = await fetchFragment(`/console/notices/panel?show=${centre.dataset.show}`);
  if (status !== 200) return;
  centre.replaceChildren(...elements);
  bringToLife(...elements);
});

async function read(url, body = new URLSearchParams()) {
  const headers = { "x-csrftoken": csrfToken(), "HX-Request": "true" };
  const answer = await fetch(url, { method: "POST", body, headers, redirect: "error" }).catch(() => null);
  if (answer?.ok) void refreshFragment(bell());
  else toast(text(document.body, "network"), { bad: true, seconds: 12 });
}

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("#notices-panel [data-notices]");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  panel().dataset.show = chosen.dataset.notices;
  panel().focus();
  void refresh(panel());
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-reads-notices]");
  const centre = form?.closest(".notices");
  if (!centre) return;
  event.preventDefault();
  await read(form.action, new URLSearchParams(new FormData(form)));
  if (centre.matches(":focus-within")) centre.focus();
  for (const more of [...centre.querySelectorAll(".notice-groups")].slice(1)) more.remove();
  void refresh(centre);
});
