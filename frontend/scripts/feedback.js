// What the reader is told: errors of requests, toasts and their countdowns, dialogs, copied text, the line of progress.
import { all, element, icon, number, onContent, text } from "./page.js";

const LEAVE = 200;
let busy = 0;

export function toast(words, { bad = false, seconds } = {}) {
  const close = element("button", { class: "btn small ghost icon-only", type: "button", "data-close": "", "aria-label": text(document.body, "close") }, icon("x"));
  const made = element("div", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" }, element("span", {}, words), close);
  if (seconds) made.dataset.seconds = seconds;
  document.getElementById("toasts")?.append(made);
  countDown(made);
}

function leave(made) {
  made.classList.add("leaving");
  setTimeout(() => made.remove(), LEAVE);
}

/** Toasts with data-seconds leave when these are over; their .countdown shows what is left. So does a delivery line. */
function countDown(scope) {
  for (const made of all(scope, "[data-seconds]")) {
    if (made.dataset.endsAt) continue;
    const seconds = Number(made.dataset.seconds);
    made.dataset.endsAt = performance.now() + seconds * 1000;
    tick(made, seconds);
  }
}

function tick(made, whole) {
  if (!made.isConnected) return;
  const left = Math.max(0, (Number(made.dataset.endsAt) - performance.now()) / 1000);
  const shown = made.matches(".toast") ? made.querySelector(".countdown") : made;
  if (shown) {
    shown.textContent = number(Math.ceil(left));
    shown.style.setProperty("--left", left / whole);
  }
  if (left > 0) setTimeout(tick, 250, made, whole);
  else if (made.matches(".toast")) leave(made);
  else for (const undo of made.closest(".delivery")?.querySelectorAll("[data-undo]") ?? []) undo.hidden = true;
}

onContent(countDown);

document.body.addEventListener("htmx:responseError", ({ detail }) => {
  toast(text(document.body, "server", { status: number(detail.xhr.status) }), { bad: true, seconds: 12 });
});
document.body.addEventListener("htmx:sendError", () => toast(text(document.body, "network"), { bad: true, seconds: 12 }));
document.body.addEventListener("htmx:timeout", () => toast(text(document.body, "network"), { bad: true, seconds: 12 }));

function showProgress() {
  document.getElementById("progress")?.classList.toggle("busy", busy > 0);
}
document.body.addEventListener("htmx:beforeSend", () => {
  busy += 1;
  setTimeout(showProgress, 150);
});
document.body.addEventListener("htmx:afterRequest", () => {
  busy = Math.max(0, busy - 1);
  showProgress();
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer) {
    const made = closer.closest(".toast, dialog");
    if (made?.matches("dialog")) {
      if (closer.matches("a")) event.preventDefault(); // the way back of a page without dialogs
      made.close();
    } else if (made) leave(made);
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});

onContent((scope) => {
  for (const dialog of all(scope, "dialog[data-open]:not([open])")) {
    dialog.showModal();
    if (dialog.parentElement === document.body) dialog.addEventListener("close", () => dialog.remove());
  }
});
