// The customers' portal works without any of this; with it mails get their height, files their progress, and what is typed stays.
import { forgetDraft, keepDraft } from "./form-draft.js";
import { watchFiles } from "./form-files.js";
import { keepFitting } from "./mail-frames.js";

document.querySelectorAll("iframe.mail-frame").forEach(keepFitting);
for (const form of document.querySelectorAll("form[data-answer]")) prepare(form);
for (const form of document.querySelectorAll("form:not([data-answer])")) form.addEventListener("submit", once);
document.querySelector('[aria-invalid="true"]')?.focus();
const search = document.querySelector(".find input");
search?.addEventListener("focus", async () => (await import("./help-search.js")).offer(search), { once: true });

function prepare(form) {
  const uploaded = watchFiles(form, form.dataset.slip);
  const button = form.querySelector("button:not([type])");
  const status = form.querySelector("[data-status]");
  form.dataset.form = `answer.${form.dataset.answer}`;
  if (new URLSearchParams(location.search).get("said") === "sent") forgetDraft(form.dataset.form);
  keepDraft(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    status.textContent = form.dataset.textSending;
    await uploaded();
    form.submit();
  });
  addEventListener("pageshow", () => {
    button.ariaDisabled = null;
    status.textContent = "";
  });
}

/** A form is sent once, until somebody comes back from the next page. */
function once(event) {
  if (event.target.dataset.sending) return event.preventDefault();
  event.target.dataset.sending = "true";
  addEventListener("pageshow", () => delete event.target.dataset.sending, { once: true });
}
