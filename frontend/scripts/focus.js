// Where the focus goes when what had it was replaced: to what asks for an answer, to the control that does the same, else to the
// conversation, so that the next key finds its way. After a message was sent that is the conversation, too.
const conversation = () => document.getElementById("conversation");
let lost = null;

const likeness = ({ dataset, name }) => (dataset.does ? `[data-does="${dataset.does}"]` : name ? `[name="${CSS.escape(name)}"]` : null);

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const had = document.activeElement;
  lost = detail.shouldSwap && had !== document.body && detail.target?.contains(had) ? { place: detail.target.id, like: likeness(had) } : null;
});

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const isRefused = detail.xhr?.status >= 400;
  const question = isRefused && detail.target?.id === "conversation-header" && document.querySelector('#banner[role="alert"] :is(button, a)');
  if (question) question.focus();
  else if (lost && document.activeElement === document.body) {
    const place = document.getElementById(lost.place);
    const isSent = place?.id === "composer" && !isRefused;
    const next = !isSent && lost.like ? place?.querySelector(lost.like) : null;
    (next ?? conversation())?.focus({ preventScroll: true });
  }
  lost = null;
});
