// What is shown has been read: the page says so once, and again for what arrives while somebody looks at it.
import { byItself, csrfToken, onContent, onceShown } from "./page.js";

/** The newest message on the page as a number, 0 when there is none. */
const newestShown = () => Math.max(0, ...[...document.querySelectorAll('#items > [data-key^="m"]')].map((item) => Number(item.dataset.key.slice(1))));

function sayRead() {
  const { number, readUpTo } = document.getElementById("conversation")?.dataset ?? {};
  if (!number || document.hidden) return;
  const newest = newestShown();
  if (newest <= Number(readUpTo)) return;
  document.getElementById("conversation").dataset.readUpTo = newest;
  void tell(number, newest);
}

async function tell(number, upto) {
  const body = new URLSearchParams({ upto });
  const headers = { "x-csrftoken": csrfToken(), "HX-Request": "true", ...byItself() };
  const answer = await fetch(`/console/tickets/${number}/reading`, { method: "POST", body, headers, redirect: "error" }).catch(() => null);
  if (answer?.ok) document.body.dispatchEvent(new CustomEvent("read", { detail: { number } }));
}

onContent(() => onceShown(sayRead));
document.addEventListener("visibilitychange", sayRead);
