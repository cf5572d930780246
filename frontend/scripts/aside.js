// htmx looks for the place of an answer from what has asked. Where that was replaced meanwhile (by a live update, or a toast
// whose time was over) it stands aside, unseen, until the answer is in its place.
import { element } from "./page.js";

document.body.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  const aside = element("div", { hidden: "" });
  elt.addEventListener("htmx:beforeOnLoad", () => {
    if (elt.isConnected) return;
    aside.append(elt.getRootNode());
    document.body.append(aside);
  }, { once: true });
  elt.addEventListener("htmx:afterRequest", () => aside.remove(), { once: true });
});
