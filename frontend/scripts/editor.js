// The editor over a form's textarea, loaded when somebody is about to write. The textarea stays as what the form sends and
// drafts.js saves: it gets the plain words, and the field `html` what they look like, empty while they look like nothing.
import { baseKeymap, setBlockType, splitBlockAs, toggleMark, wrapIn, lift, chainCommands } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { Slice } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { EditorState, Plugin, Selection, TextSelection } from "prosemirror-state";
import { Decoration, DecorationSet, EditorView } from "prosemirror-view";
import { directionOf, fromHtml, fromText, inert, isPlain, linesOf, schema, sliceOf, toHtml, toText } from "./editor-schema.js";
import { cleaned } from "./editor-pasting.js";
import { toolbar } from "./editor-toolbar.js";

const { nodes, marks } = schema;
const IMAGE = /^image\/(?:png|jpeg|gif|webp)$/;
const WIDEST = 640;

/**
 * Put the editor over the form's textarea and answer its surface (surface.js), with `set(text, html)` and `lock(isLocked)`.
 * `uploads` has `attach(form, files)` and `inline(form, file, take)`: `take(cid)` says whether the image stands in the text now.
 */
export function mount(form, uploads) {
  const area = form.querySelector('textarea[name="text"]');
  const html = form.querySelector('[name="html"]');
  const around = document.createElement("div");
  around.className = "editor rich";
  area.after(around);
  const hadFocus = document.activeElement === area;
  let places = []; // where images that are being uploaded will stand
  const bar = toolbar(form, commands);
  const view = new EditorView(around, {
    state: stateOf(html.value ? fromHtml(html.value) : fromText(area.value), bar),
    attributes: () => attributesOf(area),
    editable: () => !area.readOnly,
    transformPastedHTML: cleaned,
    clipboardTextParser: (text) => new Slice(fromText(text).content, 1, 1),
    clipboardTextSerializer: (slice) => toText(slice.content),
    handlePaste: (_view, event) => takeFiles(event.clipboardData, view.state.selection.from),
    handleDrop: (_view, event) => takeFiles(event.dataTransfer, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos ?? 0),
    handleDOMEvents: { input: (_view, event) => void (event instanceof InputEvent && event.stopPropagation()) },
    dispatchTransaction(change) {
      for (const place of places) place.at = change.mapping.map(place.at);
      view.updateState(view.state.apply(change));
      if (change.docChanged) write();
    },
  });
  area.hidden = true;
  if (hadFocus) {
    view.dispatch(view.state.tr.setSelection(TextSelection.near(view.state.doc.resolve(placeOf(area.value, area.selectionStart)))));
    view.focus();
  }

  /** Said once the document has it: the browser's own `input` comes before. */
  function write() {
    area.value = toText(view.state.doc.content);
    html.value = isPlain(view.state.doc) ? "" : toHtml(view.state.doc);
    view.dom.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function takeFiles(data, at) {
    const files = [...(data?.files ?? [])];
    if (!files.length || inert(data.getData("text/html")).textContent.trim()) return false; // a text, and a picture of it
    for (const file of files.filter(({ type }) => IMAGE.test(type))) void place(file, at);
    const others = files.filter(({ type }) => !IMAGE.test(type));
    if (others.length) uploads.attach(form, others);
    return true;
  }

  /** The image goes where it was dropped, whatever is written meanwhile; when another text stands here by then, it stays a file. */
  async function place(file, at) {
    const here = { at };
    places.push(here);
    const size = await sizeOf(file);
    uploads.inline(form, file, (cid) => {
      if (!view.dom.isConnected || !places.includes(here)) return false; // the chip may be in another form by now
      places = places.filter((one) => one !== here);
      view.dispatch(view.state.tr.insert(here.at, nodes.image.create({ cid, alt: file.name, ...size })));
      return true;
    });
  }

  return {
    element: view.dom,
    focus: () => view.focus(),
    before: () => before(view.state),
    rect() {
      const { left, top, bottom } = view.coordsAtPos(view.state.selection.head);
      return new DOMRect(left, top, 0, bottom - top);
    },
    replaceBefore(length, { text, html: safe }) {
      const { from, to } = view.state.selection;
      const taken = view.state.tr.setSelection(TextSelection.between(view.state.doc.resolve(from - length), view.state.doc.resolve(to)));
      const put = safe ? sliceOf(safe) : text.includes("\n") ? new Slice(fromText(text).content, 1, 1) : null;
      view.dispatch((put ? taken.replaceSelection(put) : text ? taken.insertText(text) : taken.deleteSelection()).scrollIntoView());
      view.focus();
    },
    set(text, formatted) {
      if (area.value === text && html.value === formatted && toText(view.state.doc.content) === text) return;
      Object.assign(area, { value: text });
      html.value = formatted;
      places = [];
      view.updateState(stateOf(formatted ? fromHtml(formatted) : fromText(text), bar));
    },
    lock(isLocked) {
      area.readOnly = isLocked;
      view.setProps({});
    },
    refresh: () => view.setProps({}),
  };
}

const stateOf = (doc, bar) => EditorState.create({ doc, selection: Selection.atEnd(doc), plugins: [history(), ...keys, directions, bar] });

function attributesOf(area) {
  const shown = { role: "textbox", "aria-multiline": "true", "data-placeholder": area.placeholder };
  for (const name of ["aria-label", "aria-invalid", "aria-describedby", "aria-labelledby"]) if (area.hasAttribute(name)) shown[name] = area.getAttribute(name);
  return shown;
}

/** The place in the document of the character at `offset` of the text that it was made of. */
const placeOf = (text, offset) => offset + text.slice(0, offset).split("\n").length;

function before({ selection: { $from, empty } }) {
  if (!empty || !$from.parent.inlineContent || $from.parent.type.spec.code) return "";
  const words = $from.parent.textBetween(0, $from.parentOffset, null, (leaf) => (leaf.type === nodes.hard_break ? "\n" : "\ufffc"));
  return words.slice(words.lastIndexOf("\n") + 1);
}

async function sizeOf(file) {
  try {
    const { width, height } = await createImageBitmap(file);
    const scale = Math.min(1, WIDEST / width);
    return { width: Math.round(width * scale), height: Math.round(height * scale) };
  } catch {
    return {};
  }
}

// Direction: each line finds its own by its first letter, as dir=auto does; one without letters goes on as the line before.

const directions = new Plugin({
  props: {
    decorations({ doc }) {
      const shown = [];
      let last = document.documentElement.dir || "ltr";
      doc.descendants((node, at) => {
        if (node.isInline) return false;
        const dir = directionOf(node) ?? last;
        if (node.isTextblock) last = dir;
        shown.push(Decoration.node(at, at + node.nodeSize, { dir }));
        return true;
      });
      return DecorationSet.create(doc, shown);
    },
  },
});

/** Against what it found by itself, or back to that. */
function turn(state, dispatch, view) {
  const change = state.tr;
  state.doc.nodesBetween(state.selection.from, state.selection.to, (node, at) => {
    if (!node.isTextblock || node.type !== nodes.paragraph) return;
    const shown = view.nodeDOM(at).getAttribute("dir");
    change.setNodeAttribute(at, "dir", node.attrs.dir ? null : shown === "rtl" ? "ltr" : "rtl");
  });
  dispatch(change);
  return true;
}

// Commands, by the names of the toolbar's buttons.

const around = (state, type) => {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth--) if ($from.node(depth).type === type) return { node: $from.node(depth), at: $from.before(depth) };
  return null;
};

const listOf = (type) => (state, dispatch) => {
  const other = type === nodes.bullet_list ? nodes.ordered_list : nodes.bullet_list;
  if (around(state, type)) return liftListItem(nodes.list_item)(state, dispatch);
  const there = around(state, other);
  if (!there) return wrapInList(type)(state, dispatch);
  dispatch?.(state.tr.setNodeMarkup(there.at, type));
  return true;
};

const quote = (state, dispatch) => (around(state, nodes.blockquote) ? lift(state, dispatch) : wrapIn(nodes.blockquote)(state, dispatch));

/** The lines that are chosen become one block of code, and a block its lines. */
function codeBlock(state, dispatch) {
  const { $from, $to } = state.selection;
  if (around(state, nodes.code_block)) {
    const { node, at } = around(state, nodes.code_block);
    dispatch(state.tr.replaceWith(at, at + node.nodeSize, linesOf(node.textContent)));
    return true;
  }
  const range = $from.blockRange($to);
  if (!range || range.parent !== state.doc) return setBlockType(nodes.code_block)(state, dispatch);
  const words = toText(state.doc.slice(range.start, range.end).content);
  const change = state.tr.replaceWith(range.start, range.end, nodes.code_block.create(null, words ? schema.text(words) : null));
  dispatch(change.setSelection(TextSelection.near(change.doc.resolve(range.start + 1 + words.length), -1)));
  return true;
}

const commands = {
  bold: { run: toggleMark(marks.strong), key: "Mod-b", isOn: (state) => hasMark(state, marks.strong) },
  italic: { run: toggleMark(marks.em), key: "Mod-i", isOn: (state) => hasMark(state, marks.em) },
  code: { run: toggleMark(marks.code), key: "Mod-e", isOn: (state) => hasMark(state, marks.code) },
  bullets: { run: listOf(nodes.bullet_list), key: "Mod-Shift-8", isOn: (state) => around(state, nodes.bullet_list) },
  numbers: { run: listOf(nodes.ordered_list), key: "Mod-Shift-7", isOn: (state) => around(state, nodes.ordered_list) },
  quote: { run: quote, key: "Mod-Shift-9", isOn: (state) => around(state, nodes.blockquote) },
  block: { run: codeBlock, key: "Mod-Shift-e", isOn: (state) => around(state, nodes.code_block) },
  direction: { run: turn, key: "Mod-Shift-x", isOn: ({ selection: { $from } }) => $from.parent.attrs.dir },
  link: { key: "Mod-Shift-k", isOn: (state) => hasMark(state, marks.link) },
};

function hasMark(state, mark) {
  const { from, to, $from, empty } = state.selection;
  return empty ? mark.isInSet(state.storedMarks ?? $from.marks()) : state.doc.rangeHasMark(from, to, mark);
}

function breakLine(state, dispatch) {
  if (around(state, nodes.code_block)) return false;
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
}

const ofBrowser = Object.fromEntries(Object.entries(baseKeymap).filter(([key]) => !/^(?:Mod|Ctrl|Shift)-Enter$/.test(key))); // Ctrl+Enter sends

const keys = [
  keymap({
    "Mod-z": undo, "Mod-y": redo, "Mod-Shift-z": redo, "Shift-Enter": breakLine,
    "Mod-]": sinkListItem(nodes.list_item), "Mod-[": liftListItem(nodes.list_item),
    Enter: chainCommands(splitListItem(nodes.list_item), ofBrowser.Enter),
  }),
  keymap(Object.fromEntries(Object.values(commands).filter(({ run }) => run).map(({ run, key }) => [key, run]))),
  keymap({ ...ofBrowser, Enter: splitBlockAs((line) => ({ type: nodes.paragraph, attrs: line.type === nodes.paragraph ? line.attrs : null })) }),
];
