// Keeps styles, scripts, fonts and icons for the installed app, shows a page when there is no network, and notices that
// are pushed. No page and no data of the helpdesk is ever kept here.
const version = new URL(location.href).searchParams.get("v") ?? "0";
const CACHE = `static-${version}`;
const OFFLINE = "/offline";

self.addEventListener("install", (event) => event.waitUntil(keepOffline().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(forgetOthers().then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(kept(request));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(async () => (await caches.match(OFFLINE)) ?? Response.error()));
});

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    return;
  }
  const { title = "Helpdesk", body = "", url = "/console", tag = "", language = "en" } = told;
  event.waitUntil(show(title, { body, tag, renotify: Boolean(tag), lang: language, dir: language === "fa" ? "rtl" : "ltr", data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

/** The offline page, and what it needs to look like one of ours. */
async function keepOffline() {
  const cache = await caches.open(CACHE);
  const page = await fetch(OFFLINE, { cache: "no-store" });
  const named = [...(await page.clone().text()).matchAll(/(?:href|src)="(\/static\/[^"#]+)"/g)].map((found) => found[1]);
  await cache.put(OFFLINE, page);
  await cache.addAll([...new Set(named)]); // which refuses the same one twice
}

async function forgetOthers() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
}

/** Names carry a hash of their content, so what is kept is right. */
async function kept(request) {
  const known = await caches.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

/** A page that somebody looks at shows the news of tickets by itself. */
async function show(title, told) {
  const windows = await self.clients.matchAll({ type: "window" });
  const isSeen = windows.some((one) => one.focused && new URL(one.url).pathname.startsWith("/console"));
  if (!isSeen || told.tag.startsWith("push-")) await self.registration.showNotification(title, told);
}

/** A window of the console that is open comes to the front; otherwise one is opened. */
async function open(path) {
  const target = new URL(path ?? "/console", location.origin);
  if (target.origin !== location.origin || !target.pathname.startsWith("/console")) return;
  const windows = await self.clients.matchAll({ type: "window" });
  const shown = windows.find((one) => new URL(one.url).pathname.startsWith("/console"));
  if (!shown) return self.clients.openWindow(target.href);
  await shown.focus();
  if (shown.url !== target.href) await shown.navigate(target.href);
}
