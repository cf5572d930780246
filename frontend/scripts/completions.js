// The list at the caret: options from the server, chosen by arrow keys and Enter or Tab, or by the mouse; Escape closes it. The focus
// stays where one writes, and the text tells a screen reader which option is meant (the pattern of a listbox beside a text box).
import { csrfToken, element, fetchFragment, oneAtATime, text } from "./page.js";

const GAP = 4;
const EDGE = 8;

export function completions({ surfaceOf, typed, dismiss, tell, put }) {
  const box = element("ul", { class: "completions", id: "completions", role: "listbox", popover: "manual" });
  let form = null;
  let now = null; // what is being looked for

  const options = () => [...box.querySelectorAll('[role="option"]:not([aria-disabled])')];
  const active = () => box.querySelector('[aria-selected="true"]');

  function show(where, what) {
    form = where;
    now = what;
    void fetchOptions();
  }

  function close() {
    if (!form) return;
    const { element: field } = surfaceOf(form);
    for (const name of ["aria-autocomplete", "aria-haspopup", "aria-controls", "aria-activedescendant"]) field?.removeAttribute(name);
    form = null;
    box.remove();
  }

  const fetchOptions = oneAtATime(async () => {
    if (!form) return;
    const asked = { form, kind: now.kind, words: now.words };
    const found = isHint() ? hint() : (await fetchFragment(url())).elements;
    if (form !== asked.form || now.kind !== asked.kind || now.words !== asked.words) return; // asked again by then
    const isNone = !found.some((one) => !one.hasAttribute("aria-disabled"));
    if (!found.length || (isNone && now.kind !== "articles" && /\s/.test(now.words))) return void box.remove(); // plain writing that began with a sign
    box.setAttribute("aria-label", text(form, now.kind));
    box.replaceChildren(...found);
    open();
    choose(options()[0]);
    announce(text(form, "found", { n: options().length }));
  });

  const isHint = () => now.kind === "people" && form.dataset.mode !== "note";
  const hint = () => [element("li", { class: "option none", role: "option", "aria-disabled": "true" }, text(form, "notesOnly"))];

  function url() {
    const { number } = form.dataset;
    const asked = new URLSearchParams({ q: now.words });
    if (now.kind === "people") return `/console/tickets/${number}/mentions/options?${asked}`;
    if (/^\d+$/.test(number ?? "")) asked.set("ticket", number);
    return `/console/${now.kind === "articles" ? "articles" : "canned-texts"}/options?${asked}`;
  }

  function open() {
    const { element: field } = surfaceOf(form);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
    field.setAttribute("aria-controls", box.id);
    if (!box.isConnected) document.body.append(box);
    if (!box.matches(":popover-open")) box.showPopover();
    place();
  }

  /** Below the caret, above it where there is no room; the caret's place is physical, so is the box's. */
  function place() {
    const caret = surfaceOf(form).rect();
    const { width, height } = box.getBoundingClientRect();
    const start = document.documentElement.dir === "rtl" ? caret.x - width : caret.x;
    const below = caret.bottom + GAP;
    box.style.left = `${Math.max(EDGE, Math.min(start, innerWidth - width - EDGE))}px`;
    box.style.top = `${below + height > innerHeight - EDGE ? Math.max(EDGE, caret.top - height - GAP) : below}px`;
  }

  function choose(option) {
    active()?.removeAttribute("aria-selected");
    const { element: field } = surfaceOf(form);
    if (!option) return void field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function move(step) {
    const all = options();
    choose(all[(all.indexOf(active()) + step + all.length) % all.length]);
  }

  async function take(option, as = "link") {
    const into = form;
    dismiss(now.sign);
    close();
    if (option.dataset.puts) return void put(into, option.dataset.puts, as, () => typed(into)?.length ?? 0);
    const found = option.dataset.url ? await used(into, option.dataset.url) : { text: option.dataset.text };
    if (!found || !into.isConnected) return;
    surfaceOf(into).replaceBefore(typed(into)?.length ?? 0, { text: found.text, html: found.html ?? undefined });
    if (found.missing?.length) tell(into, "missing", { names: found.missing.join(", ") });
  }

  /** The text for this ticket; the server counts the use. */
  async function used(into, address) {
    const { number } = into.dataset;
    const known = /^\d+$/.test(number ?? "") ? { ticket: number } : Object.fromEntries(["name", "email", "subject"].map((name) => [name, into.elements[name]?.value ?? ""]));
    try {
      const answer = await fetch(address, { method: "POST", body: new URLSearchParams(known), headers: { "x-csrftoken": csrfToken(), Accept: "application/json" }, redirect: "error" });
      if (answer.ok) return await answer.json();
    } catch {
      // said below
    }
    tell(document.body, "network");
    return null;
  }

  function announce(words) {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = words;
  }

  // Before the editor's own keys.
  document.addEventListener(
    "keydown",
    (event) => {
      if (!form || !box.isConnected || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const option = active();
      if (event.shiftKey && !(event.key === "Enter" && option?.dataset.puts)) return;
      const acts = { Escape: () => (dismiss(now.sign), close()), ...(option && { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => void take(option, event.shiftKey ? "text" : "link"), Tab: () => void take(option) }) };
      if (!acts[event.key]) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      acts[event.key]();
    },
    { capture: true },
  );
  box.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the text
  box.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]:not([aria-disabled])');
    if (option) void take(option);
  });
  document.addEventListener("focusout", (event) => {
    if (form && surfaceOf(form).element === event.target) close();
  });
  addEventListener("resize", () => box.isConnected && form && place());

  return { show, close, get form() { return form; } };
}
