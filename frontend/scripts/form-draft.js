// What is typed into a web form stays in the tab until it is sent, in whatever language the form is shown. Storage may be forbidden
// in frames: then nothing is kept.
const key = (name) => `form:${name}`;
const fields = (form) => [...form.elements].filter((one) => one.name && !["hidden", "file", "submit"].includes(one.type) && one.name !== "website" && one.name !== "consent");

function guarded(act) {
  try { return act(); } catch { return null; }
}

export function keepDraft(form) {
  const name = key(form.dataset.form);
  if (!("again" in form.dataset)) {
    const draft = guarded(() => JSON.parse(sessionStorage.getItem(name))) ?? {};
    for (const one of fields(form)) {
      if (!(one.name in draft)) continue;
      if (one.type === "checkbox") one.checked = draft[one.name];
      else if (one.options && ![...one.options].some((option) => option.value === draft[one.name])) continue; // of another language
      else one.value ||= draft[one.name];
    }
  }
  form.addEventListener("input", () => {
    const typed = Object.fromEntries(fields(form).map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]));
    guarded(() => sessionStorage.setItem(name, JSON.stringify(typed)));
  });
}

/** What a page carries for the form: it goes along to the form in another language, and nowhere else. */
export function carryOver(form, name) {
  for (const link of document.querySelectorAll("a[hreflang]")) {
    link.addEventListener("click", () => guarded(() => sessionStorage.setItem(key(name), JSON.stringify(Object.fromEntries(new FormData(form))))));
  }
}

export const forgetDraft = (name) => guarded(() => sessionStorage.removeItem(key(name)));
