// What an article may hold, as its HTML (knowledge_base/cleaning.py): the schema is the allow-list here as well. Words find
// their direction by themselves (`unicode-bidi: plaintext`); `dir` is only there when somebody chose it.
import { DOMParser as Reader, DOMSerializer, Schema } from "prosemirror-model";
import { tableNodes } from "prosemirror-tables";
import { chosenDirection, code, em, link, parts, sizeIn, strong } from "./schema-parts.js";

const SAFE = /^(?:https?:\/\/|mailto:|tel:|\/(?![/\\])|#)/i;
const FILE = /^\/help\/files\/[1-9]\d*$/;
export const CALLOUTS = ["note", "tip", "warning", "danger"];

const said = (dir) => (dir ? { dir } : {});

/** The address of an image of ours, also when it comes with our host's name before it; false for others, as rules ask for it. */
export function ownImage(src) {
  const path = src?.startsWith(`${location.origin}/`) ? src.slice(location.origin.length) : src;
  return FILE.test(path) && path;
}

/** h1 of other programs is our largest heading, and what is below h4 is h4. */
const headings = [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}`, getAttrs: (dom) => ({ level: Math.min(Math.max(level, 2), 4), dir: chosenDirection(dom) }) }));

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: {
      group: "block", content: "inline*", attrs: { dir: { default: null } },
      parseDOM: [{ tag: "p", getAttrs: (dom) => ({ dir: chosenDirection(dom) }) }],
      toDOM: ({ attrs: { dir } }) => ["p", said(dir), 0],
    },
    heading: {
      group: "block", content: "inline*", defining: true, attrs: { level: { default: 2 }, dir: { default: null } },
      parseDOM: headings,
      toDOM: ({ attrs: { level, dir } }) => [`h${level}`, said(dir), 0],
    },
    ...parts,
    callout: {
      group: "block", content: "block+", defining: true, attrs: { kind: { default: "note" } },
      parseDOM: [{ tag: "div.callout", getAttrs: (dom) => ({ kind: CALLOUTS.find((kind) => dom.classList.contains(kind)) ?? "note" }) }],
      toDOM: ({ attrs: { kind } }) => ["div", { class: `callout ${kind}` }, 0],
    },
    ordered_list: {
      group: "block", content: "list_item+", attrs: { start: { default: 1 }, steps: { default: false } },
      parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ start: dom.start, steps: dom.classList.contains("steps") }) }],
      toDOM: ({ attrs: { start, steps } }) => ["ol", { ...(start !== 1 && { start }), ...(steps && { class: "steps" }) }, 0],
    },
    code_block: {
      group: "block", content: "text*", marks: "", code: true, defining: true, attrs: { language: { default: "" } },
      parseDOM: [{ tag: "pre", preserveWhitespace: "full", getAttrs: (dom) => ({ language: /language-([a-z0-9+#-]+)/.exec(dom.querySelector("code")?.className ?? "")?.[1] ?? "" }) }],
      toDOM: ({ attrs: { language } }) => ["pre", ["code", language ? { class: `language-${language}` } : {}, 0]],
    },
    rule: { group: "block", parseDOM: [{ tag: "hr" }], toDOM: () => ["hr"] },
    ...tableNodes({ tableGroup: "block", cellContent: "block+", cellAttributes: {} }),
    image: {
      inline: true, group: "inline", draggable: true, attrs: { src: {}, alt: { default: "" }, width: { default: null }, height: { default: null } },
      parseDOM: [{ tag: "img[src]", getAttrs: (dom) => ownImage(dom.getAttribute("src")) && { src: ownImage(dom.getAttribute("src")), alt: dom.alt, width: sizeIn(dom, "width", 4000), height: sizeIn(dom, "height", 4000) } }],
      toDOM: ({ attrs }) => ["img", attrs],
    },
  },
  marks: {
    link: link(SAFE), strong: strong(), em,
    strike: { parseDOM: [{ tag: "s" }, { tag: "del" }, { tag: "strike" }], toDOM: () => ["s", 0] },
    code,
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
