// What the keys of an article's editor do besides writing: marks of Markdown at the beginning of a paragraph become what they
// mean, and the arrows leave what stands at either end of the text.
import { closeHistory, undo } from "prosemirror-history";
import { Plugin, TextSelection } from "prosemirror-state";

const MARKS = new Map([
  ["# ", "heading2"], ["## ", "heading2"], ["### ", "heading3"], ["- ", "bullets"], ["* ", "bullets"], ["+ ", "bullets"],
  ["1. ", "numbers"], ["۱. ", "numbers"], ["1) ", "steps"], ["۱) ", "steps"], ["> ", "quote"], ["```", "block"],
]);
const CLOSED = new Set(["table", "callout", "blockquote", "code_block"]);

/** Marks run `commands`, by their names; Backspace right behind them, or undo, brings back what was typed. */
export function marksTyped(commands) {
  const plugin = new Plugin({
    state: {
      init: () => false,
      apply: (change, wasJustMade) => change.getMeta(plugin) ?? (wasJustMade && !change.docChanged && !change.selectionSet),
    },
    props: {
      handleTextInput(view, from, to, typed) {
        const { $from, empty } = view.state.selection;
        const begun = $from.parent.textBetween(0, $from.parentOffset, null, "\ufffc");
        const command = commands[MARKS.get(begun + typed)];
        if (!command || !empty || from !== to || view.composing || $from.parent.type.name !== "paragraph" || command.isWithin?.(view.state)) return false;
        view.dispatch(view.state.tr.insertText(typed));
        const change = closeHistory(view.state.tr.delete($from.start(), view.state.selection.from)).setMeta(plugin, true);
        if (command.run(view.state.apply(change), ({ steps }) => steps.forEach((step) => change.step(step)))) view.dispatch(change.scrollIntoView());
        return true;
      },
      handleKeyDown: (view, { key }) => key === "Backspace" && plugin.getState(view.state) && undo(view.state, view.dispatch),
    },
  });
  return plugin;
}

/** Out of the last line of a table, a box, a quotation or code that ends the text, `down`; or out of the first of one that begins it. */
export const leave = (down) => (state, dispatch, view) => {
  const { $head, $anchor } = state.selection;
  if (!(state.selection instanceof TextSelection && $head.sameParent($anchor)) || !CLOSED.has($head.node(1)?.type.name) || !view.endOfTextblock(down ? "down" : "up")) return false;
  for (let depth = 0; depth < $head.depth; depth++) {
    const around = $head.node(depth);
    const isBesideOthers = around.type.name === "table_row";
    if (!isBesideOthers && $head.index(depth) !== (down ? around.childCount - 1 : 0)) return false;
  }
  const at = down ? state.doc.content.size : 0;
  const change = state.tr.insert(at, state.schema.nodes.paragraph.create());
  dispatch?.(change.setSelection(TextSelection.create(change.doc, at + 1)).scrollIntoView());
  return true;
};
