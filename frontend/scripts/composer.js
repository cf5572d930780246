// The composer: Reply and Note with a text each, files by choice, drop and paste, Ctrl+Enter. Text and files that were
// not sent survive whatever is swapped in: text in sessionStorage by ticket and mode, files in memory by ticket.
import { all, csrfToken, element, icon, language, onContent, text } from "./page.js";
import { toast } from "./feedback.js";

const waiting = new Map(); // ticket number → chips of files not sent yet
const uploads = new Set(); // promises of uploads under way
const composer = () => document.getElementById("composer");
const textarea = (form) => form.querySelector("textarea");
const modeOf = (form) => form.querySelector('[name="mode"]:checked')?.value ?? "reply";
const key = (form, mode) => `text:${form.dataset.number}:${mode}`;
const isVisible = (part) => part.offsetParent !== null;

function open(form) {
  form.dataset.mode = modeOf(form);
  fill(form);
  const chips = form.querySelector(".attachments");
  const known = new Set(all(form, '[name="attachment_ids"]').map((input) => input.value));
  for (const chip of waiting.get(form.dataset.number) ?? []) {
    if (!known.has(chip.querySelector('[name="attachment_ids"]')?.value)) chips.append(chip);
  }
  showMode(form);
}

/** The text of the server, and below it what was typed meanwhile: neither may be lost. */
function fill(form) {
  const field = textarea(form);
  const kept = sessionStorage.getItem(key(form, form.dataset.mode)) ?? "";
  if (kept.trim() && !field.value.includes(kept.trim())) field.value = field.value.trim() ? `${field.value}\n\n${kept}` : kept;
  keep(form);
  resize(field);
}

function keep(form) {
  const { value } = textarea(form);
  if (value) sessionStorage.setItem(key(form, form.dataset.mode), value);
  else sessionStorage.removeItem(key(form, form.dataset.mode));
}

function switchMode(form) {
  keep(form);
  form.dataset.mode = modeOf(form);
  textarea(form).value = "";
  fill(form);
  showMode(form);
  textarea(form).focus();
}

/** Files belong to the mode in which they were added: one for a note never leaves with a reply. */
function showMode(form) {
  const { mode } = form.dataset;
  const field = textarea(form);
  field.dataset.placeholderReply ??= field.placeholder;
  field.placeholder = (mode === "note" ? field.dataset.placeholderNote : field.dataset.placeholderReply) ?? "";
  for (const chip of form.querySelectorAll(".attachment")) {
    chip.hidden = (chip.dataset.mode ?? mode) !== mode;
    for (const input of chip.querySelectorAll("input")) input.disabled = chip.hidden;
  }
}

function resize(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight}px`;
}

const size = (bytes) =>
  bytes < 1_000_000
    ? new Intl.NumberFormat(language, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }).format(Math.max(1, bytes / 1000))
    : new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1_000_000);

function attach(form, files) {
  for (const file of files) {
    const most = Number(form.dataset.maxBytes) || Infinity;
    if (file.size > most) toast(text(form, "tooLarge", { name: file.name, max: size(most) }), { bad: true, seconds: 12 });
    else {
      const upload = send(form, file).finally(() => uploads.delete(upload));
      uploads.add(upload);
    }
  }
}

/** Upload one file; its chip shows how far it is and becomes an attachment, or says that it failed. */
function send(form, file) {
  const meter = element("progress", { class: "meter", max: "1", value: "0", "aria-label": file.name });
  const remove = element("button", { type: "button", class: "remove", "aria-label": text(form, "remove", { name: file.name }) }, icon("x"));
  const chip = element("span", { class: "attachment", "data-mode": modeOf(form) }, icon("paperclip"), element("bdi", { class: "name" }, file.name), meter, remove);
  form.querySelector(".attachments").append(chip);

  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file, file.name);
  remove.addEventListener("click", () => request.abort());
  request.open("POST", form.dataset.uploadUrl);
  request.setRequestHeader("x-csrftoken", csrfToken());
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => (meter.value = total ? loaded / total : 0));
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => {
      const { response, status } = request;
      if (status >= 200 && status < 300 && response?.id) {
        meter.replaceWith(element("span", { class: "size" }, size(response.size)));
        chip.append(element("input", { type: "hidden", name: "attachment_ids", value: response.id }), remove);
        chip.querySelector("input").disabled = chip.hidden;
      } else if (chip.isConnected) {
        chip.classList.add("failed");
        meter.replaceWith(element("span", { class: "size" }, response?.detail ?? text(form, "failed", { name: file.name })));
      }
      resolve();
    });
    request.send(body);
  });
}

document.addEventListener("click", (event) => {
  event.target.closest(".composer .attachment .remove")?.closest(".attachment").remove();
});

/** Send waits for the files; a second press while one is under way does nothing. */
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("[data-send], [data-send-solve]");
    const form = button?.closest(".composer");
    if (!form || (!uploads.size && !form.dataset.sending)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.sending) return;
    form.dataset.sending = "true";
    void Promise.allSettled([...uploads]).then(() => {
      delete form.dataset.sending;
      if (form.isConnected && !form.querySelector(".attachment.failed:not([hidden])")) button.click();
    });
  },
  { capture: true },
);

const isSending = (config) => config?.elt?.matches?.("[data-send], [data-send-solve]");

document.body.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (isSending(detail.requestConfig)) detail.requestConfig.elt.closest(".composer").dataset.sending = "true";
});
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (isSending(detail.requestConfig)) delete detail.requestConfig.elt.closest(".composer")?.dataset.sending;
});

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = composer();
  if (!form || !["composer", "conversation"].includes(detail.target?.id)) return;
  const chips = [...form.querySelectorAll(".attachment:not(.failed)")];
  const { number, mode } = form.dataset;
  if (isSending(detail.requestConfig) && detail.xhr.status < 300) {
    sessionStorage.removeItem(key(form, mode));
    waiting.set(number, chips.filter((chip) => chip.hidden));
  } else waiting.set(number, chips);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.(".composer");
  if (form && event.target.matches("textarea")) {
    keep(form);
    resize(event.target);
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.(".composer");
  if (form && event.target.matches('[name="mode"]')) switchMode(form);
  if (form && event.target.matches('input[type="file"]')) {
    attach(form, event.target.files);
    event.target.value = "";
  }
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".composer");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const wanted = event.shiftKey ? "[data-send-solve]" : "[data-send]";
  const button = [...form.querySelectorAll(wanted)].find(isVisible);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.(".composer");
  if (!form || !event.clipboardData.files.length) return;
  event.preventDefault();
  attach(form, event.clipboardData.files);
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && event.target.closest?.(".conversation") && composer();

document.addEventListener("dragover", (event) => {
  const form = carriesFiles(event);
  composer()?.classList.toggle("dropping", Boolean(form));
  if (form) event.preventDefault();
});
document.addEventListener("dragleave", (event) => event.relatedTarget || composer()?.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  const form = carriesFiles(event);
  composer()?.classList.remove("dropping");
  if (!form) return;
  event.preventDefault();
  attach(form, event.dataTransfer.files);
});

onContent((scope) => all(scope, "#composer").forEach(open));
