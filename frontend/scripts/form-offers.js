// Articles that probably answer what somebody writes: looked for after a pause, shown beside or below the form, read in a dialog.
import { oneAtATime } from "./turns.js";

const PAUSE = 800;
const SHORTEST = 12;

export function watchOffers(form, slip) {
  const panel = document.getElementById("likely");
  if (!panel) return;
  const dialog = document.getElementById("reading");
  const ask = (url, values) => fetch(url, { method: "POST", body: new URLSearchParams({ slip, ...values }) }).then((answer) => (answer.ok ? answer.text() : null), () => null);

  let asked = "";
  const look = oneAtATime(async () => {
    const typed = { subject: form.elements.subject?.value ?? "", message: form.elements.message.value };
    const words = JSON.stringify(typed);
    if (words === asked || typed.subject.length + typed.message.length < SHORTEST) return;
    asked = words;
    const found = await ask(panel.dataset.offers, typed);
    if (found !== null && !isUsed()) show(found.trim());
  });
  /** Nothing is taken away under somebody's hand. */
  const isUsed = () => dialog.open || panel.matches(":hover, :focus-within");
  let shown = "";
  const show = (found) => {
    if (found === shown) return;
    shown = found;
    panel.innerHTML = found;
    panel.hidden = !found;
    document.getElementById("likely-status").textContent = panel.querySelector("[data-found]")?.dataset.found ?? "";
  };

  let waiting;
  form.addEventListener("input", ({ target }) => {
    if (target.name !== "subject" && target.name !== "message") return;
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  if (form.elements.message.value) look();

  // What was seen here is not asked about on a page of its own.
  new IntersectionObserver((entries) => { if (entries.some((one) => one.isIntersecting)) form.elements.offered.value = "yes"; }, { threshold: .3 }).observe(panel);

  panel.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-read]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const article = await ask(panel.dataset.reading, { article: link.dataset.read });
    if (article === null) return window.open(link.href, "_blank", "noopener");
    dialog.innerHTML = article;
    // A frame is as high as its page: the middle of it may be out of sight.
    if (document.documentElement.classList.contains("embedded")) dialog.style.marginBlockStart = `${Math.max(0, panel.offsetTop - 200)}px`;
    dialog.showModal();
  });
}
