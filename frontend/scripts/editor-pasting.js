// What is pasted, made ready to be read: Word's lists are lists again, what was hidden is gone. The tree belongs to no page;
// what else a text may not hold is left out by the schema (editor-schema.js).
import { inert, inLines } from "./editor-schema.js";

const styleOf = (element) => element.dataset.style ?? "";

export const cleaned = (html) => inLines(tidied(html)).innerHTML;

/** The same as a tree, where paragraphs are still paragraphs. */
export function tidied(html) {
  const body = inert(html);
  for (const hidden of body.querySelectorAll("[data-style]")) if (/display:\s*none|mso-hide:\s*all/.test(styleOf(hidden))) hidden.remove();
  if (!html.includes("data-pm-slice")) for (const turned of body.querySelectorAll("[dir]")) turned.removeAttribute("dir"); // each line finds its own
  listsOfWord(body);
  return body;
}

/** Word writes the items of a list as paragraphs with `mso-list: l0 level2 lfo1`, their marks in a span to be ignored. */
function listsOfWord(body) {
  let stack = [];
  let behind = null;
  for (const paragraph of body.querySelectorAll("p")) {
    const level = Number(/mso-list:[^;]*level(\d)/.exec(styleOf(paragraph))?.[1]);
    if (!level) continue;
    const mark = [...paragraph.querySelectorAll("span")].find((one) => /mso-list:\s*ignore/i.test(styleOf(one)));
    const kind = /^[\p{L}\p{N}]{1,4}[.)]/u.test(mark?.textContent.trim() ?? "") ? "ol" : "ul";
    mark?.remove();
    if (paragraph.previousElementSibling !== behind || !behind) stack = [];
    stack.length = Math.min(stack.length, level);
    while (stack.length < level) {
      const list = body.ownerDocument.createElement(kind);
      const item = stack.at(-1)?.lastElementChild;
      if (item) item.append(list);
      else if (stack.length) stack.at(-1).append(list);
      else paragraph.before(list);
      stack.push(list);
    }
    const item = body.ownerDocument.createElement("li");
    item.append(...paragraph.childNodes);
    stack.at(-1).append(item);
    paragraph.remove();
    [behind] = stack;
  }
}
