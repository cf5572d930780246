// Files of the composer: by choice, drop and paste, with progress; one that failed can be tried again, and one that is
// under way called off. Those not sent survive whatever is swapped in, by ticket.
import { all, csrfToken, element, icon, language, text } from "./page.js";
import { keep } from "./drafts.js";
import { toast } from "./feedback.js";

const waiting = new Map(); // ticket number → chips of files not sent yet
const underWay = new Set(); // promises of uploads
const composer = () => document.querySelector("form[data-upload-url]");
const chipsOf = (form) => form.querySelector(".attachments");
const idOf = (chip) => chip.querySelector('[name="attachment_ids"]')?.value;

export const isUploading = () => underWay.size > 0;
export const uploaded = () => Promise.allSettled([...underWay]);

/** Before something is swapped in: those that stay, of the other mode alone once this one was sent. */
export function keepFiles(form, isSent) {
  const chips = [...form.querySelectorAll(".attachment:not(.failed)")];
  waiting.set(form.dataset.number, isSent ? chips.filter((chip) => chip.hidden) : chips);
}

export function restoreFiles(form) {
  const shown = new Set(all(form, '[name="attachment_ids"]').map((input) => input.value));
  for (const chip of waiting.get(form.dataset.number) ?? []) if (!shown.has(idOf(chip))) chipsOf(form).append(chip);
  waiting.delete(form.dataset.number);
}

/** In words where the letters of a unit are foreign, as the server says it. */
const inUnits = (unit, count, maximumFractionDigits) =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: language.startsWith("fa") ? "long" : "short", maximumFractionDigits }).format(count);
const size = (bytes) => (bytes < 1_000_000 ? inUnits("kilobyte", Math.max(1, bytes / 1000), 0) : inUnits("megabyte", bytes / 1_000_000, 1));

export function attach(form, files) {
  for (const file of files) if (isTaken(form, file)) start(form, file);
}

/** An image of the text: once it is uploaded, `take(cid)` puts it there. Where it can't any more, it is a file like others. */
export function inline(form, file, take) {
  if (isTaken(form, file)) start(form, file, null, take);
}

function isTaken(form, file) {
  const most = Number(form.dataset.maxBytes) || Infinity;
  if (file.size > most) toast(text(form, "tooLarge", { name: file.name, max: size(most) }), { bad: true, seconds: 12 });
  return file.size <= most;
}

function start(form, file, failed, take) {
  const sending = send(form, file, failed, take).finally(() => underWay.delete(sending));
  underWay.add(sending);
}

/** Upload one file; its chip shows how far it is and becomes an attachment, or says that it failed. */
function send(form, file, failed, take) {
  const meter = element("progress", { class: "meter", max: "1", value: "0", "aria-label": file.name });
  const remove = element("button", { type: "button", class: "remove", "aria-label": text(form, "remove", { name: file.name }) }, icon("x"));
  const mode = failed?.dataset.mode ?? form.dataset.mode;
  const chip = element("span", { class: "attachment", "data-mode": mode }, icon("paperclip"), element("bdi", { class: "name" }, file.name), meter, remove);
  if (failed) failed.replaceWith(chip);
  else chipsOf(form).append(chip);

  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file, file.name);
  if (take) body.append("inline", "1");
  remove.addEventListener("click", () => request.abort());
  request.open("POST", form.dataset.uploadUrl);
  request.setRequestHeader("x-csrftoken", csrfToken());
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => (meter.value = total ? loaded / total : 0));
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => {
      const { response, status } = request;
      if (status >= 200 && status < 300 && response?.id) {
        if (chip.isConnected && response.cid && take?.(response.cid)) chip.remove();
        else finish(chip, meter, remove, response);
      } else if (chip.isConnected) fail(chip, meter, remove, file, response?.detail, take);
      resolve();
    });
    request.send(body);
  });
}

function finish(chip, meter, remove, { id, size: bytes }) {
  meter.replaceWith(element("span", { class: "size" }, size(bytes)));
  chip.append(element("input", { type: "hidden", name: "attachment_ids", value: id }), remove);
  chip.querySelector("input").disabled = chip.hidden;
  const form = chip.closest("[data-upload-url]");
  if (form && !chip.hidden) keep(form);
}

/** A file that the server refused (it says why) will not do a second time; the connection may. */
function fail(chip, meter, remove, file, why, take) {
  const form = composer();
  chip.classList.add("failed");
  meter.replaceWith(element("span", { class: "size" }, why ?? text(form, "failed", { name: file.name })));
  if (why) return;
  const again = element("button", { type: "button", class: "remove", "aria-label": text(form, "retry", { name: file.name }) }, icon("rotate-cw"));
  again.addEventListener("click", (event) => {
    event.stopPropagation();
    start(composer(), file, chip, take);
  });
  remove.before(again);
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-upload-url] .attachment .remove")?.closest(".attachment");
  const form = chip?.closest("[data-upload-url]");
  chip?.remove();
  if (form) keep(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-upload-url]");
  if (!form || !event.target.matches('input[type="file"]')) return;
  attach(form, event.target.files);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("[data-upload-url]");
  if (!form || event.defaultPrevented || !event.clipboardData.files.length) return;
  event.preventDefault();
  attach(form, event.clipboardData.files);
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && event.target.closest?.(".conversation, #new-ticket") && composer();

document.addEventListener("dragover", (event) => {
  const form = carriesFiles(event);
  composer()?.classList.toggle("dropping", Boolean(form));
  if (form) event.preventDefault();
});
document.addEventListener("dragleave", (event) => event.relatedTarget || composer()?.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  const form = carriesFiles(event);
  composer()?.classList.remove("dropping");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  attach(form, event.dataTransfer.files);
});
