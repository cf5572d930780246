// From ticket to ticket: what makes it quick beside the answer itself.
const conversation = () => document.getElementById("conversation");

/** Where the panes stand depends on whether a ticket is open. A class says so: by `:has()`, whatever changes in the ticket would have every row of the list styled anew. */
document.body.addEventListener("htmx:afterSwap", () => {
  document.querySelector(".console").classList.toggle("opened", Boolean(conversation()?.dataset.number));
});

/**
 * What goes, goes empty and without the focus. htmx would say of each element in it that it goes, and a browser that loses the
 * focus lays out the page as it is then, with the old conversation and the new one in it. A field keeps the focus until the
 * end: it would tell that it was changed.
 */
document.body.addEventListener("htmx:beforeSwap", ({ detail: { shouldSwap, target, requestConfig } }) => {
  if (!shouldSwap || target !== conversation() || target.contains(requestConfig.elt)) return;
  const had = document.activeElement;
  if (target.contains(had) && !had.matches("input, textarea, select, [contenteditable]")) had.blur();
  target.replaceChildren();
});
document.body.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => {
  if (target.id === "person-body" && !target.contains(document.activeElement)) target.replaceChildren();
});
