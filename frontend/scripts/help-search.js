// The help centre's search: answers while one types, in a list below the field (a combobox of WAI-ARIA). Enter still searches.
import { oneAtATime } from "./turns.js";

const PAUSE = 120;
const SHORTEST = 2;

/** Have this field offer what it finds. */
export function offer(field) {
  const form = field.form;
  const list = document.createElement("div");
  Object.assign(list, { id: "offers", className: "offers", role: "listbox", hidden: true, ariaLabel: form.dataset.textOffers });
  form.append(list);
  Object.assign(field, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false", autocomplete: "off" });
  field.setAttribute("aria-controls", list.id);
  const typed = () => field.value.trim();
  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[aria-selected=true]");
  let waiting;

  const ask = oneAtATime(async () => {
    const words = typed();
    if (words.length < SHORTEST) return close();
    const answer = await fetch(`${form.action}/typing?${new URLSearchParams({ q: words })}`).catch(() => null);
    const found = answer?.ok ? await answer.text() : "";
    if (typed() === words && document.activeElement === field) show(found);
  });

  function show(found) {
    list.innerHTML = found;
    options().forEach((option, place) => (option.id = `offer-${place}`));
    choose(null);
    list.hidden = !list.children.length;
    field.ariaExpanded = String(!list.hidden);
  }

  function close() {
    clearTimeout(waiting);
    show("");
  }

  function choose(option) {
    for (const other of options()) other.ariaSelected = String(other === option);
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** To the next one; before the first and behind the last stands the field itself. */
  function move(step) {
    const stops = [null, ...options()];
    choose(stops[(stops.indexOf(active()) + step + stops.length) % stops.length]);
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const acts = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: close, ...(active() && { Enter: () => active().click() }) };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
  field.addEventListener("blur", close);
  // A press on an option leaves the focus where it is, so that the list is still there for the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  if (typed()) ask();
}
