// To, Cc and Bcc as tokens: one address each, pasted by the dozen, removed by Backspace; and how they differ from the last
// mail. The field itself stays in the form with all addresses, as it is without this.
import { all, element, fetchFragment, icon, oneAtATime, onContent, text } from "./page.js";
import { keep } from "./drafts.js";

const ADDRESS = /^[^@\s<>,;"]+@([^@\s<>,;".]+\.)*[^@\s<>,;".]+$/;
const ENTRIES = /(?:"[^"]*"|[^,;،؛\n"])+/g;
const bare = (entry) => (entry.match(/<([^<>]*)>\s*$/)?.[1] ?? entry).trim().toLowerCase();

/** The entries of a text; addresses with nothing but blanks between them are several. */
function entriesOf(line) {
  return (line.match(ENTRIES) ?? []).flatMap((entry) => {
    const words = entry.trim().split(/\s+/);
    return words.every((word) => ADDRESS.test(word)) ? words : [entry.trim()];
  }).filter(Boolean);
}

function tokens(field) {
  const typing = element("input", { class: "ltr", dir: "ltr", "aria-label": field.getAttribute("aria-label"), autocomplete: "off", spellcheck: "false", inputmode: "email" });
  if (field.getAttribute("aria-invalid")) {
    typing.setAttribute("aria-invalid", "true");
    typing.setAttribute("aria-describedby", field.getAttribute("aria-describedby"));
  }
  const box = element("span", { class: "tokens" }, typing);
  field.type = "hidden";
  field.removeAttribute("aria-label");
  field.after(box);
  const labelled = field.closest("label");
  if (labelled) labelled.addEventListener("click", (event) => event.target === labelled && typing.focus());

  const write = () => {
    field.value = [...box.querySelectorAll(".token")].map((one) => one.dataset.entry).concat(typing.value.trim() || []).join(", ");
    const form = field.closest(".composer");
    if (form) keep(form);
  };
  const add = (line) => {
    const there = new Set([...box.querySelectorAll(".token")].map((one) => bare(one.dataset.entry)));
    for (const entry of entriesOf(line)) if (!there.has(bare(entry))) typing.before(token(field, entry));
    typing.value = "";
  };
  const change = () => {
    write();
    void compare();
  };
  const take = (line) => {
    add(line);
    change();
  };
  add(field.value);
  typing.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isDone = ["Enter", ",", ";", "،", "؛"].includes(event.key) && !event.ctrlKey && !event.metaKey;
    if (isDone) {
      event.preventDefault();
      if (typing.value.trim()) take(typing.value);
    } else if (event.key === "Backspace" && !typing.value) {
      typing.previousElementSibling?.remove();
      change();
    }
  });
  typing.addEventListener("paste", (event) => {
    const line = event.clipboardData.getData("text");
    if (!line) return;
    event.preventDefault();
    take(typing.value + line);
  });
  typing.addEventListener("input", () => (/[,;،؛\n]$/.test(typing.value) ? take(typing.value) : write()));
  typing.addEventListener("blur", () => typing.value.trim() && take(typing.value));
  box.addEventListener("click", (event) => {
    const gone = event.target.closest(".remove");
    gone?.closest(".token").remove();
    if (gone) change();
    typing.focus();
  });
  field.addEventListener("refill", () => {
    box.querySelectorAll(".token").forEach((one) => one.remove());
    take(field.value);
  });
}

function token(field, entry) {
  const form = field.closest("[data-text-remove]");
  const remove = element("button", { type: "button", class: "remove", "aria-label": text(form, "remove", { name: bare(entry) }) }, icon("x", "tiny"));
  return element("span", { class: ADDRESS.test(bare(entry)) ? "token" : "token wrong", "data-entry": entry, title: entry }, element("bdi", { dir: "ltr" }, bare(entry)), remove);
}

/** What the server says of the recipients against those of the last mail. */
const compare = oneAtATime(async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  const shown = document.getElementById("composer-difference");
  const form = shown?.closest(".composer");
  if (!form) return;
  const asked = new URLSearchParams([...form.querySelectorAll("[data-recipients]")].map((field) => [field.name, field.value]));
  const { status, elements } = await fetchFragment(`${shown.dataset.url}?${asked}`);
  if (shown.isConnected && status === 200) shown.replaceChildren(...elements);
});

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-sender-only]")?.closest(".composer");
  if (!form) return;
  for (const name of ["cc", "bcc"]) {
    const field = form.querySelector(`[data-recipients][name="${name}"]`);
    field.value = "";
    field.dispatchEvent(new Event("refill"));
  }
});

onContent((scope) => all(scope, "[data-recipients]").forEach(tokens));
