// The composer: its modes with a text each, Ctrl+Enter, what was on the page when writing began. Drafts, files and
// recipients have modules of their own; nothing typed is lost whatever is swapped in (drafts.js). The editor (editor.js) comes
// when somebody is about to write; until then, and without it, the textarea does.
import { all, bringToLife, onContent } from "./page.js";
import { discarded, flush, keptText, keep, label, sent } from "./drafts.js";
import { has, htmlIn, surfaceOf } from "./surface.js";
import { attach, inline, isUploading, keepFiles, restoreFiles, uploaded } from "./uploads.js";

const composer = () => document.getElementById("composer");
const textarea = (form) => form.querySelector("textarea");
const modeOf = (form) => form.querySelector('[name="mode"]:checked')?.value ?? "reply";
const WRITTEN_IN = 'textarea[name="text"], [contenteditable]';
const isVisible = (part) => part.offsetParent !== null;

function open(form) {
  form.dataset.mode = modeOf(form);
  const field = textarea(form);
  const [text, html] = keptText(form, field.value);
  show(form, text, html);
  restoreFiles(form);
  showMode(form);
}

function show(form, text, html) {
  surfaceOf(form).set(text, html);
  if (editor || html) void enrich(form);
}

let editor;
let isComposing = false;

/** Put the editor over the textarea: at once when it was loaded before. Letters that are being composed are waited for. */
export async function enrich(form) {
  editor ??= await import("./editor.js").catch(() => undefined);
  if (isComposing) await new Promise((resolve) => document.addEventListener("compositionend", resolve, { once: true }));
  if (!editor || !form.isConnected || form.dataset.rich) return;
  form.dataset.rich = "true";
  form.querySelector('[name="html"]').value = htmlIn(form); // somebody may have written while the editor came
  form.querySelector('[name="formatted"]').disabled = true;
  has(form, editor.mount(form, { attach, inline }));
}

document.addEventListener("compositionstart", () => (isComposing = true));
document.addEventListener("compositionend", () => (isComposing = false));
document.addEventListener("focusin", ({ target }) => target.matches?.('form:is(.composer, #new-ticket) textarea[name="text"]') && void enrich(target.form));
/** On a phone the composer is one line until then (composer.css). */
document.addEventListener("focusin", ({ target }) => target.closest?.(".composer")?.classList.add("at-work"));
document.addEventListener("click", ({ target }) => {
  const button = target.closest("form:is(.composer, #new-ticket):not([data-rich]) [data-format]");
  if (button) void enrich(button.form).then(() => button.form.dataset.rich && button.click());
});

function switchMode(form) {
  keep(form);
  form.dataset.mode = modeOf(form);
  show(form, ...keptText(form));
  showMode(form);
  surfaceOf(form).focus();
}

/** Files and the menu of the draft belong to a mode: a file for a note never leaves with a reply. */
function showMode(form) {
  const { mode } = form.dataset;
  const field = textarea(form);
  field.dataset.placeholderReply ??= field.placeholder;
  field.placeholder = (mode === "note" ? field.dataset.placeholderNote : field.dataset.placeholderReply) ?? "";
  surfaceOf(form).refresh();
  for (const chip of form.querySelectorAll(".attachment")) {
    chip.hidden = (chip.dataset.mode ?? mode) !== mode;
    for (const input of chip.querySelectorAll("input")) input.disabled = chip.hidden;
  }
  const discard = form.querySelector("[data-discard]");
  if (discard) {
    const url = `${form.dataset.draftsUrl}/${mode}/discard`;
    for (const [name, value] of Object.entries({ formaction: url, "hx-post": url, "hx-target": "#composer", "hx-swap": "outerHTML" })) discard.setAttribute(name, value);
    bringToLife(discard);
  }
  label(form);
}

/** The newest message that the agent had before them when they began to write: what comes later is shown before it is sent. */
function noteSeen(form) {
  const shown = [...document.querySelectorAll('#items > [data-key^="m"]')].map((item) => Number(item.dataset.key.slice(1)));
  const seen = form.querySelector('[name="seen"]');
  seen.value = Math.max(Number(seen.value), ...shown);
}

const SENDS = "[data-send], [data-send-solve], [data-send-way], [data-anyway]";

/** Send waits for the files; a second press while one is under way does nothing. */
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest(SENDS);
    const form = button?.closest(".composer");
    if (!form || (!isUploading() && !form.dataset.sending)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.sending) return;
    form.dataset.sending = "true";
    void uploaded().then(() => {
      delete form.dataset.sending;
      if (form.isConnected && !form.querySelector(".attachment.failed:not([hidden])")) button.click();
    });
  },
  { capture: true },
);

const isSending = (config) => config?.elt?.matches?.(SENDS);

document.body.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (!isSending(detail.requestConfig)) return;
  const form = detail.requestConfig.elt.closest(".composer");
  form.dataset.sending = "true";
  surfaceOf(form).lock(true); // what is typed now would belong to nothing
});
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = isSending(detail.requestConfig) && detail.requestConfig.elt.closest(".composer");
  if (!form) return;
  delete form.dataset.sending;
  surfaceOf(form).lock(false);
});

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = composer();
  if (!form || !["composer", "conversation"].includes(detail.target?.id)) return;
  const isDone = detail.xhr.status < 300;
  if (isDone && isSending(detail.requestConfig)) sent(form);
  else if (isDone && detail.requestConfig?.elt?.matches?.("[data-discard]")) discarded(form);
  else flush(form);
  keepFiles(form, isDone && isSending(detail.requestConfig));
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.(".composer");
  if (!form) return;
  if (event.target.matches("[data-link]")) return;
  if (event.target.matches(WRITTEN_IN)) {
    if (!form.dataset.written) noteSeen(form);
    form.dataset.written = textarea(form).value.trim();
    if (event.target === textarea(form)) surfaceOf(form).refresh();
  }
  keep(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.(".composer");
  if (form && event.target.matches('[name="mode"]')) switchMode(form);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest(".composer [data-edit]")) return;
  const form = event.target.closest(".composer");
  event.target.closest(".newer").remove();
  surfaceOf(form).focus();
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".composer");
  if (!form || event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) press(event, [...form.querySelectorAll(event.shiftKey ? "[data-send-solve]" : "[data-send]")].find((button) => isVisible(button) || (event.shiftKey && form.dataset.mode === "reply")));
  else if (event.target.matches('[name="later"]')) press(event, form.querySelector("[data-later]"));
});

function press(event, button) {
  if (!button) return;
  event.preventDefault();
  button.click();
}

onContent((scope) => all(scope, "#composer").forEach(open));
