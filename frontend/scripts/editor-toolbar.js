// The editor's buttons and its field for links: made by the server with their words, brought to life here. One stop for Tab,
// arrow keys between the buttons.
import { Plugin, TextSelection } from "prosemirror-state";

/** `commands`: what the buttons do, by their `data-format`; one that says `isThere` is shown where that holds. `within`: links may lead to pages of ours. */
export function toolbar(form, commands, { within = false } = {}) {
  const bar = form.querySelector(".formatting");
  const buttons = [...bar.querySelectorAll("[data-format]")];
  const field = form.querySelector("[data-link]");
  const row = field.closest(".link-row");
  let view;

  function choose(name) {
    if (name === "link") return askForLink();
    commands[name].run(view.state, view.dispatch, view);
    view.focus();
  }

  function askForLink() {
    const there = linkAround(view.state);
    field.value = there?.href ?? "";
    row.hidden = false;
    row.querySelector("[data-unlink]").hidden = !there;
    refuse(false);
    field.select();
  }

  function refuse(isWrong) {
    field.setAttribute("aria-invalid", isWrong);
    row.querySelector("[data-link-fault]").hidden = !isWrong;
  }

  function close() {
    row.hidden = true;
    view.focus();
  }

  function setLink(address) {
    const href = within && /^(?:\/(?![/\\])|#)\S*$/.test(address) ? address : asHref(address);
    if (address && !href) return refuse(true);
    const { link } = view.state.schema.marks;
    const { from, to } = linkAround(view.state) ?? view.state.selection;
    const change = view.state.tr.removeMark(from, to, link);
    if (href && from === to) change.replaceWith(from, to, view.state.schema.text(address, [link.create({ href })]));
    else if (href) change.addMark(from, to, link.create({ href }));
    view.dispatch(change.setSelection(TextSelection.near(change.doc.resolve(change.mapping.map(to)))).removeStoredMark(link));
    close();
  }

  function onClick({ target }) {
    const button = target.closest("[data-format], [data-set-link], [data-unlink], [data-no-link]");
    if (!button) return;
    if (button.dataset.format) choose(button.dataset.format);
    else if (button.matches("[data-no-link]")) close();
    else setLink(button.matches("[data-unlink]") ? "" : field.value.trim());
  }

  function onKey(event) {
    if (event.target === field && ["Enter", "Escape"].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Enter" && !event.isComposing) setLink(field.value.trim());
      else close();
    }
    const shown = buttons.filter((button) => !button.hidden);
    const at = shown.indexOf(event.target);
    const onwards = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const to = { Home: 0, End: shown.length - 1 }[event.key] ?? (/^Arrow(?:Left|Right)$/.test(event.key) ? at + (event.key === onwards ? 1 : -1) : at);
    if (at < 0 || to === at) return;
    event.preventDefault();
    stopAt(shown[(to + shown.length) % shown.length]).focus();
  }

  const stopAt = (stop) => {
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
    return stop;
  };

  /** A press takes neither the focus nor the selection away from the text. */
  const stay = (event) => event.target.closest("[data-format]") && event.preventDefault();

  return new Plugin({
    props: {
      handleKeyDown(_view, event) {
        if (event.code !== "KeyK" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return false;
        askForLink();
        return true;
      },
    },
    view(made) {
      view = made;
      stopAt(buttons[0]);
      const listening = new AbortController();
      const { signal } = listening;
      for (const part of [bar, row]) {
        part.addEventListener("mousedown", stay, { signal });
        part.addEventListener("click", onClick, { signal });
        part.addEventListener("keydown", onKey, { signal });
      }
      const show = () => {
        for (const button of buttons) {
          const { isOn, isThere } = commands[button.dataset.format];
          button.setAttribute("aria-pressed", Boolean(isOn?.(view.state)));
          if (isThere) button.hidden = !isThere(view.state);
        }
      };
      show();
      return { update: show, destroy: () => listening.abort() };
    },
  });
}

/** The link at the caret, or what is chosen of it, with its whole extent. */
function linkAround({ doc, schema: { marks: { link } }, selection: { $from, from, to } }) {
  const mark = link.isInSet($from.marks()) ?? ($from.nodeAfter && link.isInSet($from.nodeAfter.marks));
  if (!mark) return null;
  const start = $from.start();
  const found = { from, to, href: mark.attrs.href };
  doc.nodesBetween(start, $from.end(), (node, at) => {
    if (!node.isInline || !mark.isInSet(node.marks) || at > to || at + node.nodeSize < from) return;
    found.from = Math.min(found.from, at);
    found.to = Math.max(found.to, at + node.nodeSize);
  });
  return found;
}

function asHref(address) {
  if (/^(?:https?:\/\/[^\s/]|mailto:|tel:)/i.test(address)) return address;
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) return `mailto:${address}`;
  return /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+(?:[/?#]\S*)?$/u.test(address) ? `https://${address}` : "";
}
