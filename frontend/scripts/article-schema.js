// What an article may hold, as its HTML (knowledge_base/cleaning.py): the schema is the allow-list here as well. Words find
// their direction by themselves (`unicode-bidi: plaintext`); `dir` is only there when somebody chose it.
import { DOMParser as Reader, DOMSerializer, Schema } from "prosemirror-model";
import { tableNodes } from "prosemirror-tables";

const SAFE = /^(?:https?:\/\/|mailto:|tel:|\/(?![/\\])|#)/i;
const FILE = /^\/help\/files\/[1-9]\d*$/;
export const CALLOUTS = ["note", "tip", "warning", "danger"];

const chosen = (dom) => (["rtl", "ltr"].includes(dom.getAttribute("dir")) ? dom.getAttribute("dir") : null);
const said = (dir) => (dir ? { dir } : {});
const styleOf = (dom) => dom.dataset.style ?? "";
const size = (dom, name) => Math.min(Number.parseInt(dom.getAttribute(name)), 4000) || null;

/** h1 of other programs is our largest heading, and what is below h4 is h4. */
const headings = [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}`, getAttrs: (dom) => ({ level: Math.min(Math.max(level, 2), 4), dir: chosen(dom) }) }));

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: {
      group: "block", content: "inline*", attrs: { dir: { default: null } },
      parseDOM: [{ tag: "p", getAttrs: (dom) => ({ dir: chosen(dom) }) }],
      toDOM: ({ attrs: { dir } }) => ["p", said(dir), 0],
    },
    heading: {
      group: "block", content: "inline*", defining: true, attrs: { level: { default: 2 }, dir: { default: null } },
      parseDOM: headings,
      toDOM: ({ attrs: { level, dir } }) => [`h${level}`, said(dir), 0],
    },
    blockquote: { group: "block", content: "block+", defining: true, parseDOM: [{ tag: "blockquote" }], toDOM: () => ["blockquote", 0] },
    callout: {
      group: "block", content: "block+", defining: true, attrs: { kind: { default: "note" } },
      parseDOM: [{ tag: "div.callout", getAttrs: (dom) => ({ kind: CALLOUTS.find((kind) => dom.classList.contains(kind)) ?? "note" }) }],
      toDOM: ({ attrs: { kind } }) => ["div", { class: `callout ${kind}` }, 0],
    },
    bullet_list: { group: "block", content: "list_item+", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", 0] },
    ordered_list: {
      group: "block", content: "list_item+", attrs: { start: { default: 1 }, steps: { default: false } },
      parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ start: dom.start, steps: dom.classList.contains("steps") }) }],
      toDOM: ({ attrs: { start, steps } }) => ["ol", { ...(start !== 1 && { start }), ...(steps && { class: "steps" }) }, 0],
    },
    list_item: { content: "paragraph block*", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
    code_block: {
      group: "block", content: "text*", marks: "", code: true, defining: true, attrs: { language: { default: "" } },
      parseDOM: [{ tag: "pre", preserveWhitespace: "full", getAttrs: (dom) => ({ language: /language-([a-z0-9+#-]+)/.exec(dom.querySelector("code")?.className ?? "")?.[1] ?? "" }) }],
      toDOM: ({ attrs: { language } }) => ["pre", ["code", language ? { class: `language-${language}` } : {}, 0]],
    },
    rule: { group: "block", parseDOM: [{ tag: "hr" }], toDOM: () => ["hr"] },
    ...tableNodes({ tableGroup: "block", cellContent: "paragraph+", cellAttributes: {} }),
    text: { group: "inline" },
    image: {
      inline: true, group: "inline", draggable: true, attrs: { src: {}, alt: { default: "" }, width: { default: null }, height: { default: null } },
      parseDOM: [{ tag: "img[src]", getAttrs: (dom) => FILE.test(dom.getAttribute("src")) && { src: dom.getAttribute("src"), alt: dom.alt, width: size(dom, "width"), height: size(dom, "height") } }],
      toDOM: ({ attrs }) => ["img", attrs],
    },
    hard_break: { inline: true, group: "inline", selectable: false, leafText: () => "\n", parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  },
  marks: {
    link: {
      inclusive: false, attrs: { href: {} },
      parseDOM: [{ tag: "a[href]", getAttrs: (dom) => SAFE.test(dom.getAttribute("href")) && { href: dom.getAttribute("href") } }],
      toDOM: ({ attrs: { href } }) => ["a", { href }, 0],
    },
    strong: {
      parseDOM: [
        { tag: "strong" }, { tag: "b", getAttrs: (dom) => !/font-weight:\s*(?:normal|400)/.test(styleOf(dom)) && null },
        { tag: "span[data-style]", consuming: false, getAttrs: (dom) => !dom.closest("h1, h2, h3, h4, h5, h6") && /font-weight:\s*(?:bold|[6-9]00)/.test(styleOf(dom)) && null },
      ],
      toDOM: () => ["strong", 0],
    },
    em: {
      parseDOM: [
        { tag: "em" }, { tag: "i", getAttrs: (dom) => !/font-style:\s*normal/.test(styleOf(dom)) && null },
        { tag: "span[data-style]", consuming: false, getAttrs: (dom) => /font-style:\s*italic/.test(styleOf(dom)) && null },
      ],
      toDOM: () => ["em", 0],
    },
    strike: { parseDOM: [{ tag: "s" }, { tag: "del" }, { tag: "strike" }], toDOM: () => ["s", 0] },
    code: { code: true, parseDOM: [{ tag: "code" }, { tag: "kbd" }, { tag: "samp" }, { tag: "tt" }], toDOM: () => ["code", 0] },
  },
});

const reader = Reader.fromSchema(schema);
const serializer = DOMSerializer.fromSchema(schema);

/** HTML that the server made safe. */
export const fromHtml = (html) => reader.parse(new DOMParser().parseFromString(html, "text/html").body);

export function toHtml(doc) {
  const page = document.implementation.createHTMLDocument("");
  serializer.serializeFragment(doc.content, { document: page }, page.body);
  return isEmpty(doc) ? "" : page.body.innerHTML;
}

const isEmpty = ({ childCount, firstChild }) => childCount === 1 && firstChild.type.name === "paragraph" && !firstChild.childCount;
