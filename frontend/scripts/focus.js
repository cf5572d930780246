// Where the focus goes when what had it was replaced: to what asks for an answer, to the control that does the same, else to the
// conversation, so that the next key finds its way. After a message was sent that is the conversation, too. Who went elsewhere
// while the answer was on its way stays there: keys that are pressed in a row must not change their meaning half way.
import { whereabouts } from "./page.js";
import { surfaceOf } from "./surface.js";

let lost = null;
const askedAt = new WeakMap(); // request → where the reader was
const left = new WeakSet(); // requests whose answer found the reader elsewhere

const likeness = ({ dataset, name }) => (dataset.does ? `[data-does="${dataset.does}"]` : name ? `[name="${CSS.escape(name)}"]` : null);

/** Whether the reader has gone elsewhere since this was asked for, so that the focus is theirs. `detail` is that of an event of htmx. */
export const hasGone = ({ xhr }) => left.has(xhr);

document.body.addEventListener("htmx:beforeRequest", ({ detail: { xhr } }) => askedAt.set(xhr, whereabouts()));

document.body.addEventListener("htmx:beforeSwap", ({ detail: { shouldSwap, target, xhr } }) => {
  const had = document.activeElement;
  const goes = shouldSwap && had !== document.body && target?.contains(had);
  lost = goes ? likeness(had) ?? "" : null;
  if (!goes && had !== document.body && whereabouts() !== askedAt.get(xhr)) left.add(xhr);
});

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  // Once every module has had its turn: a focus is laid out for.
  if (detail.target?.id === "conversation" && !hasGone(detail)) focus(document.getElementById("conversation"));
  const place = document.getElementById(detail.target?.id);
  const isRefused = detail.xhr?.status >= 400;
  const question = isRefused && place?.id === "conversation-header" && document.querySelector('#banner[role="alert"] :is(button, a)');
  const like = lost;
  lost = null;
  if (question && !hasGone(detail)) question.focus();
  else if (document.activeElement !== document.body || !place) return;
  else if (place.id !== "composer") like !== null && focus((like && place.querySelector(like)) || document.getElementById("conversation"));
  else if (isRefused) (place.querySelector(".newer") ?? surfaceOf(place)).focus();
  else focus(document.getElementById("conversation")); // a text that is being sent has lost the focus before
});

/** The text is locked while it is sent, which takes the focus from it; when nothing came of that, it has it again. */
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = !detail.successful && detail.elt.closest?.("#composer");
  if (form && document.activeElement === document.body) surfaceOf(form).focus();
});

const focus = (part) => part?.focus({ preventScroll: true });
