// The editor of articles: rich text over article-schema.js, with the toolbar and the cleaning of what is pasted that the editor
// of answers has.
import { baseKeymap, chainCommands, exitCode, lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { EditorState, NodeSelection, Plugin, Selection } from "prosemirror-state";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, goToNextCell, isInTable, tableEditing } from "prosemirror-tables";
import { EditorView } from "prosemirror-view";
import { CALLOUTS, fromHtml, ownImage, schema, toHtml } from "./article-schema.js";
import { leave, marksTyped } from "./article-typing.js";
import { tidied } from "./editor-pasting.js";
import { toolbar } from "./editor-toolbar.js";

const { nodes, marks } = schema;
const IMAGE = /^image\/(?:png|jpeg|gif|webp)$/;
const WIDEST = 1440;

/** Whether two texts are the same once they are in the editor. */
export const sameText = (one, other) => fromHtml(one).eq(fromHtml(other));

/**
 * The editor in `place`, with the buttons of the form: `set(html)`, `html()`, `focus()`, `refresh()` when the form's readOnly
 * changed, and `settled()` once the images that are under way have come. `changed()` is called after each change, `upload(file)`
 * answers the address of an image, nothing when it did not arrive; `lost()` is called when images of others were left out of
 * what was pasted.
 */
export function mount(form, place, html, { changed, upload, lost }) {
  let waiting = []; // where images that are being uploaded will stand
  const arriving = new Set();
  const choose = form.querySelector("[data-image]");
  const plugins = [toolbar(form, { ...commands, image: { run: () => choose.click() } }, { within: true }), wordsOfImages(form.querySelector("[data-image-words]"))];
  const view = new EditorView(place, {
    state: stateOf(html, plugins),
    attributes: { role: "textbox", "aria-multiline": "true", "aria-label": place.dataset.label },
    editable: () => !form.elements.markdown.readOnly,
    transformPastedHTML(pasted) {
      const body = tidied(pasted);
      if ([...body.querySelectorAll("img")].some((image) => !ownImage(image.getAttribute("src")))) lost();
      return body.innerHTML;
    },
    handlePaste: (_view, event) => takeImages(event.clipboardData, view.state.selection.from),
    handleDrop: (_view, event) => takeImages(event.dataTransfer, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos ?? 0),
    dispatchTransaction(change) {
      for (const one of waiting) one.at = change.mapping.map(one.at);
      view.updateState(view.state.apply(change));
      if (change.docChanged) changed();
    },
  });

  choose.addEventListener("change", () => {
    for (const file of choose.files) take(file, view.state.selection.from);
    choose.value = "";
  });

  function takeImages(data, at) {
    const files = [...(data?.files ?? [])].filter(({ type }) => IMAGE.test(type));
    if (!files.length || data.getData("text/html").replace(/<img[^>]*>/g, "").replace(/<[^>]*>/g, "").trim()) return false; // a text, and a picture of it
    for (const file of files) take(file, at);
    return true;
  }

  function take(file, at) {
    const arrival = put(file, at).finally(() => arriving.delete(arrival));
    arriving.add(arrival);
  }

  /** The image goes where it was dropped, whatever is written meanwhile. */
  async function put(file, at) {
    const here = { at };
    waiting.push(here);
    const [src, measures] = await Promise.all([upload(file), sizeOf(file)]);
    if (src && waiting.includes(here)) view.dispatch(view.state.tr.insert(here.at, nodes.image.create({ src, alt: file.name.replace(/\.\w+$/, ""), ...measures })));
    waiting = waiting.filter((one) => one !== here);
  }

  return {
    focus: () => view.focus(),
    refresh: () => view.setProps({}),
    settled: () => Promise.allSettled(arriving),
    html: () => toHtml(view.state.doc),
    set(other) {
      waiting = [];
      view.updateState(stateOf(other, plugins));
    },
  };
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

function stateOf(html, plugins) {
  const doc = fromHtml(html);
  return EditorState.create({ doc, selection: Selection.atStart(doc), plugins: [...plugins, history(), marksTyped(commands), ...keys, tableEditing()] });
}

/** What an image shows, for those who do not see it: asked for while the image is chosen. Enter goes there and back. */
function wordsOfImages(row) {
  const field = row.querySelector("input");
  const chosen = ({ selection }) => (selection instanceof NodeSelection && selection.node.type === nodes.image ? selection : null);
  return new Plugin({
    props: {
      handleKeyDown({ state }, event) {
        if (event.key !== "Enter" || !chosen(state)) return false;
        field.select();
        return true;
      },
    },
    view(view) {
      const listening = new AbortController();
      const { signal } = listening;
      field.addEventListener("input", () => {
        const { from } = chosen(view.state);
        const change = view.state.tr.setNodeAttribute(from, "alt", field.value);
        view.dispatch(change.setSelection(NodeSelection.create(change.doc, from)));
      }, { signal });
      field.addEventListener("keydown", (event) => {
        if (!["Enter", "Escape"].includes(event.key) || event.isComposing) return;
        event.preventDefault();
        view.focus();
      }, { signal });
      const show = () => {
        const image = view.editable && chosen(view.state);
        row.hidden = !image;
        if (image && document.activeElement !== field) field.value = image.node.attrs.alt;
      };
      show();
      return { update: show, destroy: () => listening.abort() };
    },
  });
}

// Commands, by the names of the toolbar's buttons; `isWithin` says where their marks of Markdown stay what is typed.

function around({ selection: { $from } }, fits) {
  for (let depth = $from.depth; depth > 0; depth--) if (fits($from.node(depth))) return { node: $from.node(depth), at: $from.before(depth) };
  return null;
}

const listAround = (state) => around(state, ({ type }) => type === nodes.bullet_list || type === nodes.ordered_list);
const isList = (type, steps) => (state) => listAround(state)?.node.type === type && Boolean(listAround(state).node.attrs.steps) === steps;

const listOf = (type, steps = false) => (state, dispatch) => {
  const there = listAround(state);
  if (isList(type, steps)(state)) return liftListItem(nodes.list_item)(state, dispatch);
  const attrs = type === nodes.ordered_list ? { steps } : null;
  if (!there) return wrapInList(type, attrs)(state, dispatch);
  dispatch?.(state.tr.setNodeMarkup(there.at, type, attrs));
  return true;
};

const isQuote = (state) => around(state, ({ type }) => type === nodes.blockquote);
const quote = (state, dispatch) => (isQuote(state) ? lift(state, dispatch) : wrapIn(nodes.blockquote)(state, dispatch));

const boxAround = (state) => around(state, ({ type }) => type === nodes.callout);
const box = (kind) => (state, dispatch) => {
  const there = boxAround(state);
  if (!there) return wrapIn(nodes.callout, { kind })(state, dispatch);
  if (there.node.attrs.kind === kind) return lift(state, dispatch);
  dispatch?.(state.tr.setNodeMarkup(there.at, null, { kind }));
  return true;
};

const isHeading = (level) => ({ selection: { $from } }) => $from.parent.type === nodes.heading && $from.parent.attrs.level === level;
const heading = (level) => (state, dispatch) => (isHeading(level)(state) ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level }))(state, dispatch);

const isCode = ({ selection: { $from } }) => $from.parent.type === nodes.code_block;
const codeBlock = (state, dispatch) => setBlockType(isCode(state) ? nodes.paragraph : nodes.code_block)(state, dispatch);

function table(state, dispatch) {
  if (isInTable(state)) return false;
  const row = (type) => nodes.table_row.create(null, [0, 1, 2].map(() => type.createAndFill()));
  const made = nodes.table.create(null, [row(nodes.table_header), row(nodes.table_cell), row(nodes.table_cell)]);
  const change = state.tr.replaceSelectionWith(made);
  dispatch?.(change.setSelection(Selection.near(change.doc.resolve(Math.max(0, change.mapping.map(state.selection.from) - made.nodeSize + 2)))).scrollIntoView());
  return true;
}

function rule(state, dispatch) {
  dispatch?.(state.tr.replaceSelectionWith(nodes.rule.create()).scrollIntoView());
  return true;
}

/** Against what it found by itself, or back to that. */
function turn(state, dispatch, view) {
  const change = state.tr;
  state.doc.nodesBetween(state.selection.from, state.selection.to, (node, at) => {
    if (node.type !== nodes.paragraph && node.type !== nodes.heading) return;
    const shown = getComputedStyle(view.nodeDOM(at)).direction;
    change.setNodeAttribute(at, "dir", node.attrs.dir ? null : shown === "rtl" ? "ltr" : "rtl");
  });
  dispatch(change);
  return true;
}

function hasMark(state, mark) {
  const { from, to, $from, empty } = state.selection;
  return empty ? mark.isInSet(state.storedMarks ?? $from.marks()) : state.doc.rangeHasMark(from, to, mark);
}

const ofTable = (run) => ({ run, isThere: isInTable });

const commands = {
  heading2: { run: heading(2), key: "Mod-Alt-2", isOn: isHeading(2) },
  heading3: { run: heading(3), key: "Mod-Alt-3", isOn: isHeading(3) },
  bold: { run: toggleMark(marks.strong), key: "Mod-b", isOn: (state) => hasMark(state, marks.strong) },
  italic: { run: toggleMark(marks.em), key: "Mod-i", isOn: (state) => hasMark(state, marks.em) },
  code: { run: toggleMark(marks.code), key: "Mod-e", isOn: (state) => hasMark(state, marks.code) },
  bullets: { run: listOf(nodes.bullet_list), key: "Mod-Shift-8", isOn: isList(nodes.bullet_list, false), isWithin: listAround },
  numbers: { run: listOf(nodes.ordered_list), key: "Mod-Shift-7", isOn: isList(nodes.ordered_list, false), isWithin: listAround },
  steps: { run: listOf(nodes.ordered_list, true), key: "Mod-Shift-6", isOn: isList(nodes.ordered_list, true), isWithin: listAround },
  quote: { run: quote, key: "Mod-Shift-9", isOn: isQuote, isWithin: isQuote },
  block: { run: codeBlock, key: "Mod-Shift-e", isOn: isCode },
  table: { run: table, isOn: isInTable },
  rule: { run: rule },
  direction: { run: turn, key: "Mod-Shift-x", isOn: ({ selection: { $from } }) => $from.parent.attrs.dir },
  link: { isOn: (state) => hasMark(state, marks.link) },
  row: ofTable(addRowAfter), column: ofTable(addColumnAfter), rowless: ofTable(deleteRow), columnless: ofTable(deleteColumn), tableless: ofTable(deleteTable),
  ...Object.fromEntries(CALLOUTS.map((kind) => [kind, { run: box(kind), isOn: (state) => boxAround(state)?.node.attrs.kind === kind }])),
};

const breakLine = chainCommands(exitCode, (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
});

const keys = [
  keymap({
    "Mod-z": undo, "Mod-y": redo, "Mod-Shift-z": redo, "Shift-Enter": breakLine, Tab: goToNextCell(1), "Shift-Tab": goToNextCell(-1),
    ArrowDown: leave(true), ArrowUp: leave(false),
    "Mod-]": sinkListItem(nodes.list_item), "Mod-[": liftListItem(nodes.list_item), Enter: splitListItem(nodes.list_item),
  }),
  keymap(Object.fromEntries(Object.values(commands).filter(({ key }) => key).map(({ run, key }) => [key, run]))),
  keymap(baseKeymap),
];
