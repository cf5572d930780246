// The page of an article: its text as rich text, as Markdown or as readers see it, saved while somebody writes. Without this
// the text is Markdown in a textarea.
import { mount } from "./article-editor.js";
import { csrfToken, element, oneAtATime, text } from "./page.js";

const PAUSE = 1_500;
const AGAIN = 10_000;

export function open(form) {
  const { title, version, format, html, markdown } = form.elements;
  const [place, preview, label] = ["[data-editor]", "[data-preview]", "[data-saved]"].map((selector) => form.querySelector(selector));
  const buttons = [...form.querySelectorAll("[data-mode]")];
  let mode = "";
  let saved = "";
  let timer;
  let saving = null;

  const editor = mount(form, place, html.value, { changed: touch, upload });
  form.querySelector(".modes").hidden = false;
  const isTyped = markdown.value !== markdown.defaultValue; // before this came
  format.value = isTyped ? "markdown" : "html";
  show(isTyped ? "markdown" : "rich");

  /** What would be sent now. */
  function written() {
    return new URLSearchParams({ title: title.value, format: format.value, ...(format.value === "html" ? { html: html.value } : { markdown: markdown.value }) });
  }

  function touch() {
    if (format.value === "html") html.value = editor.html();
    label.textContent = text(form, "unsaved");
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  const save = oneAtATime(async () => {
    const now = written();
    if (String(now) === saved || markdown.readOnly || !title.value.trim()) return;
    label.textContent = text(form, "saving");
    saving = post(form.dataset.draftUrl, new URLSearchParams([...now, ["version", version.value]]));
    const { status, said } = await saving;
    saving = null;
    if (status === 200) {
      saved = String(now);
      version.value = said.version;
      label.textContent = text(form, "saved", { time: said.at });
    } else if (status === 409 && said?.beside) {
      saved = String(now);
      label.replaceChildren(text(form, "beside"), " ", element("a", { href: said.beside }, text(form, "compare")));
    } else if (status === 0 || status >= 500) {
      label.textContent = text(form, "failed");
      timer = setTimeout(save, AGAIN);
    } else label.textContent = text(form, "refused", { why: Object.values(said?.fields ?? {})[0] ?? said?.title ?? status });
  });

  async function upload(file) {
    if (file.size > Number(form.dataset.largest)) return void (label.textContent = text(form, "large"));
    const body = new FormData();
    body.append("inline", "1");
    body.append("file", file, file.name);
    const { status, said } = await post(form.dataset.filesUrl, body);
    if (status === 201) return said.src;
    label.textContent = Object.values(said?.fields ?? {})[0] ?? text(form, "image");
  }

  /** Rich text and Markdown are made of each other by the server, and so is what readers see. */
  async function choose(next) {
    if (next === mode) return;
    const { status, said } = await post(form.dataset.conversionUrl, written());
    if (status !== 200) return void (label.textContent = text(form, "failed"));
    if (next === "rich" && format.value === "markdown") editor.set(said.html);
    if (next === "markdown" && format.value === "html") markdown.value = said.markdown;
    if (next === "preview") preview.innerHTML = said.shown;
    else Object.assign(format, { value: next === "rich" ? "html" : "markdown" });
    if (next === "rich") html.value = said.html;
    show(next);
    if (next === "rich") editor.focus();
  }

  function show(next) {
    mode = next;
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.mode === next);
    for (const [part, at] of [[place, "rich"], [markdown, "markdown"], [preview, "preview"], [form.querySelector(".formatting"), "rich"], [form.querySelector(".preview-bar"), "preview"]]) part.hidden = at !== next;
    form.querySelector(".link-row").hidden = true;
  }

  for (const button of buttons) button.addEventListener("click", () => void choose(button.dataset.mode));
  form.addEventListener("input", ({ target }) => {
    if (target === title || target === markdown) touch();
    if (target.name === "preview_direction") preview.dir = target.value;
  });
  // One save after the other: a form that overtakes the draft under way would seem to be somebody else's.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!saving) return;
    event.preventDefault();
    void saving.then(() => setTimeout(() => form.requestSubmit(event.submitter)));
  });
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    if (form.isConnected && !saving) void save();
  });
}

async function post(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "x-csrftoken": csrfToken(), accept: "application/json" }, keepalive: String(body).length < 60_000 && !(body instanceof FormData), redirect: "error" });
    return { status: answer.status, said: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, said: null };
  }
}
