// Where the text of a form is written, a textarea or the editor over it (editor.js), as one thing. Popups of the composer use
// this and nothing else: listen at the document to `input` and `keydown` (with `capture` while a popup is open, so that its keys
// come before the editor's), take `surfaceOf(event.target.closest("form"))`, look at `before()` for what opens the popup ("/",
// "@na"), place it at `rect()`, and put the choice there with `replaceBefore(before().length, { text, html })`.
//
//   before()                              the text of the paragraph up to the caret; "" while something is selected
//   replaceBefore(length, { text, html }) take `length` characters before the caret away and put this there, as one step of undo:
//                                         `html` (safe: the server made it) where there is an editor, else `text`
//   rect()                                the caret in the window, a DOMRect: where a popup belongs
//   focus()                               give it the focus, the caret where it was
//   set(text, html)                       another text stands here now; lock(isLocked) while one is being sent; refresh() its looks
//   element                               sends `input`; what a popup's aria-controls, -expanded and -activedescendant go to
//
// A surface may be another one after any wait (the editor comes late, htmx swaps the form): ask anew, keep none.

const editors = new WeakMap(); // form → surface

const field = (form) => form.querySelector('textarea[name="text"]');

/** The HTML of what stands in the form; none once its words (`formatted`) were changed without the editor, which needs no such field. */
export function htmlIn(form) {
  const formatted = form.querySelector('[name="formatted"]:enabled');
  return !formatted || formatted.value.trim() === field(form).value.trim() ? form.querySelector('[name="html"]').value : "";
}

export const surfaceOf = (form) => editors.get(form) ?? ofTextarea(field(form));

/** The editor of this form is there. */
export const has = (form, surface) => editors.set(form, surface);

function ofTextarea(area) {
  return {
    element: area,
    focus: () => area.focus(),
    before() {
      const { selectionStart: caret, selectionEnd, value } = area;
      return caret === selectionEnd ? value.slice(value.lastIndexOf("\n", caret - 1) + 1, caret) : "";
    },
    replaceBefore(length, { text }) {
      const caret = area.selectionStart;
      area.focus();
      area.setSelectionRange(Math.max(0, caret - length), area.selectionEnd);
      document.execCommand(text ? "insertText" : "delete", false, text); // unlike `value = …`, it can be undone
    },
    rect: () => caretOf(area),
    set(text, html) {
      if (area.value !== text) area.value = text;
      area.form.querySelector('[name="html"]').value = html;
      area.form.querySelector('[name="formatted"]').value = html && area.value;
      resize(area);
    },
    lock: (isLocked) => (area.readOnly = isLocked),
    refresh: () => resize(area),
  };
}

function resize(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.blockSize = "auto";
  area.style.blockSize = `${area.scrollHeight}px`;
}

const LOOKS = ["font", "letterSpacing", "padding", "border", "boxSizing", "direction", "unicodeBidi", "textAlign", "lineHeight"];

/** A textarea tells nobody where its caret is: its text up to there is laid out beside it, unseen. */
function caretOf(area) {
  const around = area.getBoundingClientRect();
  const style = getComputedStyle(area);
  const mirror = document.createElement("div");
  for (const look of LOOKS) mirror.style[look] = style[look];
  Object.assign(mirror.style, { position: "fixed", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", inlineSize: `${area.clientWidth}px` });
  Object.assign(mirror.style, { top: `${around.top - area.scrollTop}px`, left: `${around.left}px` });
  const mark = document.createElement("span");
  mark.textContent = "\u200b";
  mirror.append(area.value.slice(0, area.selectionStart), mark);
  document.body.append(mirror);
  const found = mark.getBoundingClientRect();
  mirror.remove();
  return new DOMRect(found.x, Math.min(found.y, around.bottom - found.height), 0, found.height);
}
