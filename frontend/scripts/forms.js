// Public web forms. They work without any of this; with it files show their progress, drafts are kept and work is done.
import { check } from "./form-checks.js";
import { carryOver, forgetDraft, keepDraft } from "./form-draft.js";
import { watchFiles } from "./form-files.js";
import { watchOffers } from "./form-offers.js";
import { work } from "./work.js";

const form = document.querySelector("form[data-form]");
if (form && !form.inert) prepare(form);
const thanks = document.querySelector("[data-thanks]");
if (thanks) {
  forgetDraft(thanks.dataset.thanks);
  const carried = thanks.querySelector("form");
  if (carried) carryOver(carried, thanks.dataset.thanks);
}
(document.querySelector('[aria-invalid="true"]') ?? (form?.dataset.again === undefined ? null : form.querySelector("button")))?.focus();
if (document.documentElement.classList.contains("embedded") && parent !== window) tellHeight();

function prepare(form) {
  const { slip, workBits, shortest } = form.dataset;
  const worked = work(slip, Number(workBits));
  const waited = new Promise((resolve) => setTimeout(resolve, Number(shortest) * 1000 + 500));
  const uploaded = watchFiles(form, slip);
  const isRight = check(form);
  const button = form.querySelector("button:not([type])");
  const status = form.querySelector("[data-status]");
  keepDraft(form);
  watchOffers(form, slip);

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.hasAttribute("formaction")) return; // an article answers: nothing is sent
    event.preventDefault();
    if (button.ariaDisabled === "true" || !isRight()) return;
    button.ariaDisabled = "true";
    status.textContent = form.dataset.textSending;
    form.elements.work.value = await worked;
    await Promise.all([waited, uploaded()]);
    form.submit();
  });
  // Back from the next page it may be sent again.
  addEventListener("pageshow", () => {
    button.ariaDisabled = null;
    status.textContent = "";
  });
}

/** The other site's script sets the frame's height: only sites of the form's list are told. */
function tellHeight() {
  const allowed = document.body.dataset.origins.split(" ").filter(Boolean);
  const above = window.location.ancestorOrigins?.[0];
  const listeners = above ? allowed.filter((one) => one === above) : allowed;
  const tell = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height) + 2;
    for (const origin of listeners) parent.postMessage({ helpdesk: "height", height }, origin);
  };
  new ResizeObserver(tell).observe(document.body);
}
