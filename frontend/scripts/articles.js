// Articles beside a ticket or a form: from one to the next by arrow keys, and into the text that is being written. What puts them
// there (putting.js) is loaded when it is first needed.
import { enrich } from "./composer.js";
import { toast } from "./feedback.js";
import { text } from "./page.js";
import { surfaceOf } from "./surface.js";

/** Put what `url` has of an article, as "link" or "text", into the form, in place of `length()` characters before the caret. */
export async function put(form, url, as, length) {
  try {
    await (await import("./putting.js")).put(form, url, as, { surfaceOf, enrich, toast }, length);
  } catch {
    toast(text(document.body, "network"), { bad: true, seconds: 8 });
  }
}

document.addEventListener("click", ({ target }) => {
  const { puts, as } = target.closest("[data-puts]:not([role=option])")?.dataset ?? {};
  const form = puts && document.querySelector(".composer, #new-ticket");
  if (form) void put(form, puts, as);
  const link = target.closest(".reader .article-body a:not([href^='#'])");
  if (link) link.target = "_blank"; // the ticket stays
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const panel = step && event.target.closest?.("#articles");
  if (!panel) return;
  event.preventDefault();
  const stops = [...panel.querySelectorAll("[type=search], .title")];
  const here = stops.findIndex((stop) => stop === event.target || stop.closest("li")?.contains(event.target));
  stops[Math.max(0, Math.min(here + step, stops.length - 1))]?.focus();
});
