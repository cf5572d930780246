// Where the focus goes when what had it was replaced: to what asks for an answer, to the control that does the same, else to the
// conversation, so that the next key finds its way. After a message was sent that is the conversation, too.
import { surfaceOf } from "./surface.js";

let lost = null;

const likeness = ({ dataset, name }) => (dataset.does ? `[data-does="${dataset.does}"]` : name ? `[name="${CSS.escape(name)}"]` : null);

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const had = document.activeElement;
  lost = detail.shouldSwap && had !== document.body && detail.target?.contains(had) ? likeness(had) ?? "" : null;
});

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const place = document.getElementById(detail.target?.id);
  const isRefused = detail.xhr?.status >= 400;
  const question = isRefused && place?.id === "conversation-header" && document.querySelector('#banner[role="alert"] :is(button, a)');
  const like = lost;
  lost = null;
  if (question) question.focus();
  else if (document.activeElement !== document.body || !place) return;
  else if (place.id !== "composer") like !== null && focus((like && place.querySelector(like)) || document.getElementById("conversation"));
  else if (isRefused) surfaceOf(place).focus();
  else focus(document.getElementById("conversation")); // a text that is being sent has lost the focus before
});

/** The text is locked while it is sent, which takes the focus from it; when nothing came of that, it has it again. */
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = !detail.successful && detail.elt.closest?.("#composer");
  if (form && document.activeElement === document.body) surfaceOf(form).focus();
});

const focus = (part) => part?.focus({ preventScroll: true });
