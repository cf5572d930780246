// The lines between panes: dragged, or moved by arrow keys; where they end is remembered on the server.
import { csrfToken } from "./page.js";

const STEP = 16;
const PAGE = 80;
const LIMITS = { views: [160, 360], list: [280, 720], person: [240, 480] }; // as in people/panes.py
const isMirrored = document.documentElement.dir === "rtl";

const paneOf = (splitter) => document.getElementById(splitter.dataset.pane);
const widthOf = (splitter) => Math.round(paneOf(splitter).getBoundingClientRect().width);

/** +1 when the pane grows as the line moves to the right, else −1. */
const growth = (splitter) => ((splitter.dataset.pane === "person") !== isMirrored ? -1 : 1);

function set(splitter, width) {
  const [least, most] = LIMITS[splitter.dataset.pane];
  const kept = Math.round(Math.min(most, Math.max(least, width)));
  document.documentElement.style.setProperty(`--${splitter.dataset.pane}-width`, `${kept}px`);
  say(splitter);
}

function say(splitter) {
  const [least, most] = LIMITS[splitter.dataset.pane];
  for (const [name, value] of Object.entries({ min: least, max: most, now: widthOf(splitter) })) splitter.setAttribute(`aria-value${name}`, value);
}

let remembering;
function remember(splitter) {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const body = new URLSearchParams({ [`${splitter.dataset.pane}_width`]: widthOf(splitter) });
    void fetch("/console/panes", { method: "POST", body, keepalive: true, headers: { "x-csrftoken": csrfToken(), "HX-Request": "true" } }).catch(() => null);
  }, 300);
}

function drag(splitter, down) {
  const width = widthOf(splitter);
  const move = (event) => set(splitter, width + growth(splitter) * (event.clientX - down.clientX));
  const end = () => {
    for (const part of [splitter, splitter.parentElement]) part.classList.remove("moving");
    splitter.removeEventListener("pointermove", move);
    remember(splitter);
  };
  down.preventDefault(); // else the browser may take it for dragging what lies beneath
  splitter.focus({ preventScroll: true });
  splitter.setPointerCapture(down.pointerId);
  for (const part of [splitter, splitter.parentElement]) part.classList.add("moving");
  splitter.addEventListener("pointermove", move);
  splitter.addEventListener("lostpointercapture", end, { once: true });
}

function press(splitter, event) {
  const [least, most] = LIMITS[splitter.dataset.pane];
  const by = { ArrowRight: STEP, ArrowLeft: -STEP, PageUp: PAGE * growth(splitter), PageDown: -PAGE * growth(splitter) }[event.key];
  const to = { Home: least, End: most }[event.key] ?? (by && widthOf(splitter) + by * growth(splitter));
  if (!to) return;
  event.preventDefault();
  set(splitter, to);
  remember(splitter);
}

for (const splitter of document.querySelectorAll(".splitter")) {
  if (widthOf(splitter)) say(splitter);
  splitter.addEventListener("pointerdown", (event) => event.button === 0 && drag(splitter, event));
  splitter.addEventListener("keydown", (event) => press(splitter, event));
  splitter.addEventListener("focus", () => say(splitter));
}
