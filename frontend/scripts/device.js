// The installed app, and notices on this device. Browsers without service workers, and pages without https, have neither.
import { csrfToken } from "./page.js";

const worker = document.body.dataset.worker;
const card = document.getElementById("device-notices");
const ready = worker && "serviceWorker" in navigator ? navigator.serviceWorker.register(worker, { scope: "/console" }).catch(() => null) : Promise.resolve(null);
const IN_TABS = "notices-in-tabs"; // what notices.js asks: the push service may be out of reach, an open tab is not
if (card) offer(card);
document.addEventListener("submit", (event) => event.target.action?.endsWith("/console/sign-out") && localStorage.removeItem(IN_TABS));

async function offer(card) {
  const registration = await ready;
  if (!registration || !("PushManager" in window) || !("Notification" in window)) return;
  const state = card.querySelector("[data-state]");
  const [on, off, test] = ["on", "off", "test"].map((name) => card.querySelector(`[data-${name}]`));
  const shows = card.querySelector("[name=shows_text]");
  card.querySelector("[data-none]").hidden = true;
  card.querySelector("[data-some]").hidden = false;

  const show = async (text = "") => {
    const known = await registration.pushManager.getSubscription();
    const inTabs = Notification.permission === "granted" && localStorage.getItem(IN_TABS);
    on.hidden = Boolean(known || inTabs);
    off.hidden = !on.hidden;
    test.hidden = !known;
    const { textDenied, textOn, textInTabs, textOff } = card.dataset;
    state.textContent = text || (Notification.permission === "denied" ? textDenied : known ? textOn : inTabs ? textInTabs : textOff);
  };
  const allowInTabs = () => localStorage.setItem(IN_TABS, shows.checked ? "text" : "plain");
  on.addEventListener("click", async () => {
    if ((await Notification.requestPermission()) === "granted") allowInTabs();
    try {
      await save(await subscribe(registration, card.dataset.key), shows.checked, card.dataset.key);
      await show();
    } catch {
      await show(localStorage.getItem(IN_TABS) ? "" : card.dataset.textFailed);
    }
  });
  off.addEventListener("click", async () => {
    const known = await registration.pushManager.getSubscription();
    if (known) await send("/console/push/ended", { endpoint: known.endpoint });
    await known?.unsubscribe();
    localStorage.removeItem(IN_TABS);
    await show();
  });
  test.addEventListener("click", async () => {
    await send("/console/push/test", {});
    await show(card.dataset.textSent);
  });
  shows.addEventListener("change", async () => {
    if (localStorage.getItem(IN_TABS)) allowInTabs();
    const known = await registration.pushManager.getSubscription();
    if (known) await save(known, shows.checked, card.dataset.key);
  });
  await show();
}

/** Anew when our key is another one than it was made with. */
async function subscribe(registration, key) {
  const known = await registration.pushManager.getSubscription();
  if (known && encoded(known.options.applicationServerKey) !== key) await known.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

const save = (subscription, showsText, key) => send("/console/push", {
  endpoint: subscription.endpoint, p256dh: encoded(subscription.getKey("p256dh")), auth: encoded(subscription.getKey("auth")),
  application_key: key, shows_text: showsText ? "1" : "",
});

async function send(path, fields) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), headers: { "x-csrftoken": csrfToken() } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
}

const encoded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
