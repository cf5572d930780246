// A ticket that an agent begins: the customer is found while one types, and the form is saved like a draft.
import { all, bringToLife, fetchFragment, onContent, oneAtATime } from "./page.js";
import { enrich } from "./composer.js";
import { keep, keptText } from "./drafts.js";
import { surfaceOf } from "./surface.js";
import { isUploading, uploaded } from "./uploads.js";

const form = () => document.getElementById("new-ticket");

function open(shown) {
  const field = shown.querySelector("textarea");
  const [text, html] = keptText(shown, field.value);
  surfaceOf(shown).set(text, html);
  if (html) void enrich(shown);
  const people = shown.querySelector(".people");
  people.hidden = false;
  const asked = people.querySelector("input");
  const found = people.querySelector(".found");
  const look = oneAtATime(async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const words = asked.value.trim();
    const { elements } = words ? await fetchFragment(`${people.dataset.url}?q=${encodeURIComponent(words)}`) : { elements: [] };
    found.replaceChildren(...elements);
    bringToLife(...elements);
    toggle(found, asked, elements.length > 0);
  });
  asked.addEventListener("input", () => void look());
  people.addEventListener("keydown", (event) => walk(event, asked, found));
  found.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-customer]");
    if (!chosen) return;
    choose(shown, chosen);
    toggle(found, asked, false);
    asked.value = chosen.dataset.name || chosen.dataset.email || chosen.dataset.phone;
    shown.querySelector('[name="subject"]').focus();
    keep(shown);
  });
  shown.addEventListener("submit", waitForFiles);
  if (!shown.querySelector('[name="email"]').value) asked.focus();
}

/** It leaves once its files are there, and not without one that failed. */
function waitForFiles(event) {
  const { target, submitter } = event;
  if (!isUploading()) return;
  event.preventDefault();
  if (target.dataset.waits) return;
  target.dataset.waits = "true";
  void uploaded().then(() => {
    delete target.dataset.waits;
    if (target.isConnected && !target.querySelector(".attachment.failed:not([hidden])")) target.requestSubmit(submitter);
  });
}

function toggle(found, asked, isOpen) {
  found.hidden = !isOpen;
  asked.setAttribute("aria-expanded", String(isOpen));
}

function choose(shown, { dataset }) {
  for (const name of ["customer", "name", "email", "phone", "language"]) shown.querySelector(`[name="${name}"]`).value = dataset[name];
}

function walk(event, asked, found) {
  if (event.key === "Escape") return toggle(found, asked, false);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const items = [...found.querySelectorAll(".item")];
  if (event.key === "Enter" && event.target === asked) {
    event.preventDefault();
    return void items[0]?.click();
  }
  if (!step || !items.length) return;
  event.preventDefault();
  const here = items.indexOf(document.activeElement);
  (here + step < 0 ? asked : items[Math.min(here + step, items.length - 1)]).focus();
}

/** Another address or number than the chosen customer's is another customer. */
document.addEventListener("input", (event) => {
  const shown = form();
  if (!shown?.contains(event.target) || event.target.id === "who" || event.target.matches("[data-link]")) return;
  if (event.target.matches('[name="email"]')) shown.querySelector('[name="customer"]').value = "";
  keep(shown);
});

onContent((scope) => all(scope, "#new-ticket").forEach(open));
