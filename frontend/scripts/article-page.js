// The page of an article: its text as rich text, as Markdown or as readers see it, saved while somebody writes. Without this
// the text is Markdown in a textarea. Only what was touched by hand is ever saved, and nothing that was is lost: what the
// server does not take stays in this browser and is offered when somebody comes back.
import { copiesOf } from "./article-copies.js";
import { mount, sameText } from "./article-editor.js";
import { toast } from "./feedback.js";
import { csrfToken, element, text } from "./page.js";
import { clock } from "./times.js";

const PAUSE = 1_500;
const AGAIN = 10_000;
const LARGEST_AT_LEAVING = 60_000; // bytes, of a request that outlives its page

export function open(form) {
  const { title, version, sitting, format, html, markdown } = form.elements;
  const [place, preview, label, formatting, linkRow] = ["[data-editor]", "[data-preview]", "[data-saved]", ".formatting", ".link-row"].map((one) => form.querySelector(one));
  const buttons = [...form.querySelectorAll("[data-mode]")];
  const copies = copiesOf(form);
  const isFixed = markdown.readOnly; // in the archive
  let mode = "";
  let edits = "unsaved" in form.dataset ? 1 : 0; // changes by hand: of the page, and of what the server has
  let saved = 0;
  let trouble = 0; // the status by which the last save failed
  let goesOn = false; // a form that waited for the save
  let isLeaving = false;
  let timer;
  let running = null;

  const isUnsaved = () => edits !== saved && !isFixed;
  const keep = () => copies.keep({ ...written(), version: version.value });
  const toSave = () => new URLSearchParams({ ...written(), version: version.value, sitting: sitting.value });

  const editor = mount(form, place, html.value, { changed: () => touch("html"), upload, lost: () => toast(text(form, "lost"), { seconds: 12 }) });
  form.querySelector(".modes").hidden = false;
  const isTyped = markdown.value !== markdown.defaultValue; // before this came
  format.value = isTyped ? "markdown" : "html";
  show(isTyped ? "markdown" : "rich");
  if (isTyped) touch();
  if (edits) keep();
  void offer();

  /** What would be sent now: the form that was written in last, as making one of the other may cost something. */
  function written() {
    return { title: title.value, format: format.value, ...(format.value === "html" ? { html: html.value } : { markdown: markdown.value }) };
  }

  function touch(as = "") {
    if (as) format.value = as;
    if (as === "html") html.value = editor.html();
    edits += 1;
    isLeaving = false;
    label.textContent = text(form, "unsaved");
    saveIn(PAUSE);
  }

  function saveIn(pause) {
    clearTimeout(timer);
    timer = setTimeout(() => void save(), pause);
  }

  /** One after the other: an older answer must not come behind a newer one. */
  function save() {
    running ??= saveNow().finally(() => (running = null));
    return running;
  }

  async function saveNow() {
    if (!isUnsaved()) return;
    keep();
    if (!title.value.trim()) return;
    label.textContent = text(form, "saving");
    const upTo = edits;
    const { status, said } = await post(form.dataset.draftUrl, toSave());
    const isTaken = status === 200 || Boolean(status === 409 && said?.beside);
    trouble = isTaken ? 0 : status || 503;
    if (isTaken) {
      saved = upTo;
      version.value = said.version;
      if (isUnsaved()) saveIn(PAUSE);
      else copies.forget();
    } else if (isAway()) saveIn(AGAIN);
    if (!isTaken || !isUnsaved()) label.replaceChildren(...outcome(status, said));
  }

  function outcome(status, said) {
    if (status === 200) return [text(form, "saved", { time: said.at })];
    if (status === 409 && said?.beside) return [text(form, "beside"), " ", element("a", { href: said.beside }, text(form, "compare"))];
    if (status === 401) return [text(form, "signedOut"), " ", element("a", { href: form.dataset.signInUrl, target: "_blank" }, text(form, "signIn"))];
    if (isAway()) return [text(form, "failed")];
    return [text(form, "refused", { why: Object.values(said?.fields ?? {})[0] ?? said?.title ?? status })];
  }

  /** Nobody is there who could take or refuse it: no connection, or no session any more. */
  const isAway = () => trouble === 401 || trouble >= 500;

  async function upload(file) {
    if (file.size > Number(form.dataset.largest)) return void (label.textContent = text(form, "large"));
    const body = new FormData();
    body.append("inline", "1");
    body.append("file", file, file.name);
    const { status, said } = await post(form.dataset.filesUrl, body);
    if (status === 201) return said.src;
    label.textContent = Object.values(said?.fields ?? {})[0] ?? text(form, "image");
  }

  /** Rich text and Markdown are made of each other by the server, and so is what readers see; meanwhile nothing can be typed. */
  async function choose(next) {
    if (next === mode || formatting.inert) return;
    freeze(true);
    await editor.settled();
    const isMade = next === "preview" || (next === "rich") === (format.value === "markdown");
    const { status, said } = isMade ? await post(form.dataset.conversionUrl, new URLSearchParams(written())) : { status: 200 };
    freeze(false);
    if (status === 422) return void (label.textContent = Object.values(said.fields)[0]);
    if (status !== 200) return void (label.textContent = text(form, "failed"));
    if (next === "preview") preview.innerHTML = said.shown;
    else if (isMade && next === "markdown") markdown.value = said.markdown;
    else if (isMade) put(said.html);
    show(next);
    if (next === "rich") editor.focus();
  }

  function put(words) {
    editor.set(words);
    Object.assign(html, { value: words });
    format.value = "html";
  }

  function freeze(isOn) {
    markdown.readOnly = isOn || isFixed;
    formatting.inert = isOn;
    editor.refresh();
  }

  function show(next) {
    mode = next;
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.mode === next);
    for (const [part, at] of [[place, "rich"], [markdown, "markdown"], [preview, "preview"], [formatting, "rich"], [form.querySelector(".preview-bar"), "preview"]]) part.hidden = at !== next;
    linkRow.hidden = true;
  }

  /** Words that were typed here once and may not have reached the server; those that are on the page have. */
  async function offer() {
    const copy = copies.left();
    const bar = document.querySelector("[data-copy]");
    if (!copy || !bar) return;
    const words = copy.format === "html" ? copy.html : (await post(form.dataset.conversionUrl, new URLSearchParams({ format: "markdown", markdown: copy.markdown }))).said?.html;
    if (words === undefined) return;
    if (copy.title === title.value && sameText(words, html.value)) return copies.drop(copy.key);
    bar.querySelector("[data-time]").textContent = clock.format(copy.at);
    bar.hidden = false;
    bar.querySelector("[data-take]").addEventListener("click", () => {
      bar.hidden = true;
      Object.assign(title, { value: copy.title });
      version.value = copy.version; // what was saved since then is not written over
      put(words);
      show("rich");
      touch();
      keep();
      copies.drop(copy.key);
    });
    bar.querySelector("[data-drop]").addEventListener("click", () => {
      bar.hidden = true;
      copies.drop(copy.key);
    });
  }

  /** Before anything on the page is sent: the words are, and it waits while nobody is there to take them. */
  async function saveFirst(sent, submitter) {
    clearTimeout(timer);
    await running;
    await save();
    if (isUnsaved() && isAway()) return;
    goesOn = true;
    sent.requestSubmit(submitter);
    goesOn = false;
  }

  for (const button of buttons) button.addEventListener("click", () => void choose(button.dataset.mode));
  form.addEventListener("input", ({ target }) => {
    if (target === title) touch();
    if (target === markdown) touch("markdown");
    if (target.name === "preview_direction") preview.dir = target.value;
  });
  document.addEventListener("submit", (event) => {
    if (!form.isConnected) return;
    isLeaving = goesOn || !(running || isUnsaved());
    if (isLeaving) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void saveFirst(event.target, event.submitter);
  }, true);
  document.addEventListener("visibilitychange", () => document.hidden && void save());
  addEventListener("beforeunload", (event) => {
    if (isLeaving || !isUnsaved()) return;
    keep();
    if (running || trouble || String(toSave()).length > LARGEST_AT_LEAVING) event.preventDefault();
    else void save();
  });
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    if (form.isConnected && !isLeaving) void save();
  });
  addEventListener("pageshow", () => (isLeaving = false));
}

async function post(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "x-csrftoken": csrfToken(), accept: "application/json" }, keepalive: !(body instanceof FormData) && String(body).length <= LARGEST_AT_LEAVING, redirect: "error" });
    return { status: answer.status, said: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, said: null };
  }
}
