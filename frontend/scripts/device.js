// The installed app, and notices on this device. Browsers without service workers, and pages without https, have neither.
import { csrfToken } from "./page.js";

const worker = document.body.dataset.worker;
const card = document.getElementById("device-notices");
const ready = worker && "serviceWorker" in navigator ? navigator.serviceWorker.register(worker, { scope: "/console" }).catch(() => null) : Promise.resolve(null);
if (card) offer(card);

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
    on.hidden = Boolean(known);
    off.hidden = test.hidden = !known;
    state.textContent = text || (Notification.permission === "denied" ? card.dataset.textDenied : known ? card.dataset.textOn : card.dataset.textOff);
  };
  on.addEventListener("click", async () => {
    try {
      await save(await subscribe(registration, card.dataset.key), shows.checked, card.dataset.key);
      await show();
    } catch {
      await show(card.dataset.textFailed);
    }
  });
  off.addEventListener("click", async () => {
    const known = await registration.pushManager.getSubscription();
    if (known) await send("/console/push/ended", { endpoint: known.endpoint });
    await known?.unsubscribe();
    await show();
  });
  test.addEventListener("click", async () => {
    await send("/console/push/test", {});
    await show(card.dataset.textSent);
  });
  shows.addEventListener("change", async () => {
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
