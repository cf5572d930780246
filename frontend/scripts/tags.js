// A field of tags between commas becomes an editor: each tag with a button that takes it away, suggestions while one types.
// The field itself stays, hidden, and is what the form sends.
import { all, element, icon, onContent, text } from "./page.js";

const SEPARATORS = /[,،\n]+/;
let known = null;

const split = (value) => value.split(SEPARATORS).map((tag) => tag.trim()).filter(Boolean);

async function loadKnown(list, url) {
  known ??= fetch(url, { headers: { Accept: "application/json" } }).then((answer) => (answer.ok ? answer.json() : []), () => []);
  const found = await known;
  if (!found.length) known = null;
  list.replaceChildren(...found.map((value) => element("option", { value })));
}

function edit(field) {
  const list = element("datalist", { id: `${field.id}-known` });
  const typed = element("input", { class: "input", id: `${field.id}-typed`, dir: "auto", list: list.id, autocomplete: "off", maxlength: "50", "aria-label": text(field, "add"), placeholder: text(field, "add") });
  if (field.dataset.textHint) typed.setAttribute("aria-describedby", `${typed.id}-hint`);
  const shown = element("div", { class: "tags-shown" });
  const editor = element("div", { class: "tags-editor" }, shown, typed, list);
  let tags = split(field.value);

  const show = () => {
    field.value = tags.join(",");
    shown.replaceChildren(
      ...tags.map((name) => {
        const remove = element("button", { type: "button", "aria-label": text(field, "remove", { name }) }, icon("x", "tiny"));
        remove.addEventListener("click", (event) => {
          event.stopPropagation(); // the button goes with the tag, so the click would count as one beside the menu
          tags = tags.filter((tag) => tag !== name);
          show();
          typed.focus();
        });
        return element("span", { class: "tag" }, element("bdi", {}, name), remove);
      }),
    );
  };
  const take = () => {
    tags = [...new Set([...tags, ...split(typed.value)])];
    typed.value = "";
    show();
  };

  typed.addEventListener("focus", () => void loadKnown(list, field.dataset.tagsUrl), { once: true });
  typed.addEventListener("input", (event) => {
    const isChosen = event.inputType === "insertReplacementText" || event.inputType === undefined;
    if (SEPARATORS.test(typed.value) || (isChosen && [...list.options].some((option) => option.value === typed.value))) take();
  });
  typed.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return; // Ctrl+Enter is for the form
    if (event.key === "Enter" && typed.value.trim()) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && !typed.value && tags.length) {
      tags = tags.slice(0, -1);
      show();
    }
  });
  // Before htmx reads the form: what was typed and not yet confirmed is meant, too.
  field.form.addEventListener("submit", take, { capture: true });

  field.hidden = true;
  field.previousElementSibling?.removeAttribute("for");
  field.nextElementSibling?.replaceWith(...(field.dataset.textHint ? [element("p", { class: "hint", id: `${typed.id}-hint` }, text(field, "hint"))] : []));
  field.after(editor);
  show();
}

onContent((scope) => all(scope, "input[data-tags-url]").forEach(edit));
