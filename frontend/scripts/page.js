// Small things every module needs: the page's language, its texts, its CSRF token.
import htmx from "htmx.org/dist/htmx.esm.js";

export { oneAtATime } from "./turns.js";

const root = document.documentElement;

export const language = root.lang === "fa" ? "fa-IR-u-ca-persian-nu-arabext" : root.lang === "en" ? "en-GB" : root.lang || "en-GB";
export const timeZone = root.dataset.timeZone || undefined;
export const still = matchMedia("(prefers-reduced-motion: reduce)");

const digits = new Intl.NumberFormat(language, { useGrouping: false });
export const number = (value) => digits.format(value);

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** A text the server put on an element as data-text-NAME, with {words} filled in. */
export function text(element, name, words = {}) {
  const pattern = element?.dataset[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
  return pattern.replace(/\{(\w+)\}/g, (whole, word) => words[word] ?? whole);
}

export function icon(name, classes = "small") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${classes}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const known = document.querySelector("svg.icon use")?.getAttribute("href") ?? "#";
  use.setAttribute("href", `${known.split("#")[0]}#${name}`);
  svg.append(use);
  return svg;
}

/** An element with attributes and children; nothing is ever parsed as HTML. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

let touchedAt = performance.now();
for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"]) {
  addEventListener(kind, () => (touchedAt = performance.now()), { capture: true, passive: true });
}

/** Headers for what the page asks for on its own: while nobody sits before it, that keeps no session alive and nobody available. */
export const byItself = () => (performance.now() - touchedAt > 60_000 ? { "X-By-Itself": "1" } : {});

/** What changed but did not come is asked for again: its event will not be sent twice. */
const missed = () => document.dispatchEvent(new Event("missed"));

/** Fetch a fragment of this site: its elements, none when the answer is empty, an error or not for us. */
export async function fetchFragment(url) {
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", Accept: "text/html", ...byItself() }, credentials: "same-origin", redirect: "error" });
    if (answer.status >= 500) missed();
    if (!answer.ok) return { status: answer.status, elements: [] };
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    return { status: answer.status, elements: [...template.content.children] };
  } catch {
    missed();
    return { status: 0, elements: [] };
  }
}

/** Where the focus is: the nearest part with an id, so that what was replaced by its like is the same place; "" for nowhere. */
export const whereabouts = () => document.activeElement?.closest("[id]")?.id ?? "";

/** Run `work` once what has just changed is on the screen: nothing that is only told to the server may hold that up. */
export const onceShown = (work) => requestAnimationFrame(() => setTimeout(work));

/** Run `change` for each element that is there now and for each that htmx or live updates bring later. */
export function onContent(change) {
  change(document.body);
  document.body.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) change(event.target);
  });
}

/** Every match of `selector` in `scope`, itself included. */
export const all = (scope, selector) => [...(scope.matches?.(selector) ? [scope] : []), ...scope.querySelectorAll(selector)];

/** Make htmx and the modules know elements that were put in place by hand. */
export function bringToLife(...elements) {
  for (const each of elements) {
    htmx.process(each);
    each.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: each } }));
  }
}
