// An article's link or words go into the text that is being written. The server says what that is; what a customer may not read it
// asks about first.
import { csrfToken, element, text } from "./page.js";

/**
 * Fetch what `url` has for this form and put it at the caret, in place of the `length()` characters before it. `as` is "link" or
 * "text"; `tools` are what the console has loaded already.
 */
export async function put(form, url, as, { surfaceOf, enrich, toast }, length = () => 0) {
  const asked = { as, written: form.dataset.writtenIn ?? form.elements.language?.value ?? "" };
  if (isInternal(form)) asked.internal = "1";
  let answer = await ask(url, asked);
  if (answer?.question) {
    if (!(await confirmed(answer))) return surfaceOf(form).focus();
    answer = await ask(url, { ...asked, sure: "1" });
  }
  if (!answer) return toast(text(document.body, "network"), { bad: true, seconds: 8 });
  if (!form.isConnected) return;
  document.querySelector("#person:popover-open")?.hidePopover();
  await enrich(form);
  if (!form.isConnected) return;
  surfaceOf(form).replaceBefore(length(), answer);
  if (answer.said) toast(answer.said, { seconds: 8 });
}

/** Notes are for the team: what only agents read may stand in them. */
const isInternal = (form) => (form.dataset.mode ?? form.dataset.kind) === "note" || form.querySelector('[name="kind"]:checked')?.value === "note";

async function ask(url, fields) {
  try {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields), headers: { "x-csrftoken": csrfToken(), Accept: "application/json" }, redirect: "error" });
    return answer.ok || answer.status === 409 ? await answer.json() : null;
  } catch {
    return null;
  }
}

function confirmed({ question, yes, no }) {
  const body = element("div", { class: "body" }, element("p", { id: "put-question" }, question));
  const buttons = [element("button", { class: "btn", value: "" }, no), element("button", { class: "btn primary", value: "yes" }, yes)];
  const dialog = element("dialog", { class: "dialog", role: "alertdialog", "aria-labelledby": "put-question" }, element("form", { method: "dialog" }, body, element("footer", {}, ...buttons)));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "yes")), { once: true }));
}
