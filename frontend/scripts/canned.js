// What opens at the caret while somebody writes: canned texts behind a slash at a word's start, articles behind two question
// marks, colleagues behind an @. What is typed after the sign is looked for; the list itself (completions.js) is loaded when it is
// first needed.
import { surfaceOf } from "./surface.js";
import { all, onContent, text } from "./page.js";
import { toast } from "./feedback.js";
import { put } from "./articles.js";

const FORMS = ".composer, #new-ticket";
const KINDS = {
  texts: /(?:^|\s)\/([^\s/][^/]{0,40})?$/,
  articles: /(?:^|\s)[?؟]{2}([^?؟]{1,60})?$/,
  people: /(?:^|[\s(«"])@([^\s@][^@]{0,40})?$/,
};

let list = null;
let loading = null;
let dismissed = null; // the sign, and its place, whose list was closed, or chosen from

/** What is being looked for at the caret of the form: its kind, the words so far, and where its sign stands; else nothing. */
function typed(form) {
  const before = surfaceOf(form).before();
  for (const [kind, pattern] of Object.entries(KINDS)) {
    const found = before.match(pattern);
    if (!found) continue;
    const words = found[1] ?? "";
    const length = words.length + (kind === "articles" ? 2 : 1);
    const place = before.length - length;
    return { kind, words, length, sign: `${before[place]}${place}` };
  }
  return null;
}

async function look(form) {
  const now = typed(form);
  if (!now || now.sign !== dismissed) dismissed = null;
  if (!now || dismissed !== null) return void list?.close();
  if (now.kind === "people" && !form.dataset.number?.match(/^\d+$/)) return;
  loading ??= import("./completions.js").then(({ completions }) => completions({ surfaceOf, typed, dismiss: (sign) => (dismissed = sign), tell, put }), () => (loading = null));
  list = await loading;
  const still = form.isConnected && typed(form); // something else may have been typed while the list came
  if (list && still && still.sign !== dismissed) list.show(form, still);
}

/** Said once the text is in: what nothing stands for. */
function tell(form, name, words) {
  toast(text(form, name, words), { seconds: 8 });
}

const formOf = (target) => {
  const form = target.closest?.(FORMS);
  return form && surfaceOf(form).element === target ? form : null;
};

document.addEventListener("input", (event) => {
  const form = formOf(event.target);
  if (form) void look(form);
});

/** The caret moved away from what was being looked for, or another text stands here. */
document.addEventListener("selectionchange", () => {
  const form = list?.form ?? (dismissed && document.activeElement?.closest(FORMS));
  if (!form || (form.isConnected && typed(form))) return;
  dismissed = null;
  list.close();
});

/** The button opens the list as its sign does. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-canned], [data-articles]");
  const form = button?.closest(FORMS);
  if (!form) return;
  event.preventDefault();
  const [kind, sign] = button.matches("[data-canned]") ? ["texts", "/"] : ["articles", "??"];
  const surface = surfaceOf(form);
  surface.focus();
  dismissed = null;
  const before = surface.before();
  if (typed(form)?.kind === kind) void look(form);
  else surface.replaceBefore(0, { text: before && !/\s$/.test(before) ? ` ${sign}` : sign });
});

/** A text's own page: each language has the editor. Images belong to a message, so none come in here. */
const uploads = { attach: () => {}, inline: () => {} };
onContent((scope) => {
  const parts = all(scope, ".canned-version");
  if (parts.length) void import("./editor.js").then(({ mount }) => parts.forEach((part) => mount(part, uploads)), () => {});
});
