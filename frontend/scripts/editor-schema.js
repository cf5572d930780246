// What a text may hold, and its three forms: the editor's document, HTML, and plain words. The schema is the allow-list: of
// whatever is read, nothing else comes through. A paragraph is one line, as in a textarea, so that plain text comes back as it was.
import { DOMParser as Reader, DOMSerializer, Schema } from "prosemirror-model";
import { chosenDirection, code, em, link, parts, sizeIn, strong } from "./schema-parts.js";

const SAFE = /^(?:https?:\/\/|mailto:|tel:)/i;
const CID = /^\d+\.[0-9a-f]+@[\w.-]+$/;
const BLOCKS = "address, article, aside, blockquote, center, dd, div, dl, dt, figure, footer, form, h1, h2, h3, h4, h5, h6, header, hr, li, main, nav, ol, p, pre, section, table, td, th, tr, ul";

const isLine = (dom) => !dom.querySelector(BLOCKS) && { dir: chosenDirection(dom) };

/** The image that waits under this Content-ID, which begins with the upload's number. */
const addressOf = (cid) => `/console/attachments/${parseInt(cid)}`;

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: {
      group: "block", content: "inline*", attrs: { dir: { default: null } },
      parseDOM: ["p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dt", "dd"].map((tag) => ({ tag, getAttrs: isLine })),
      toDOM: ({ attrs: { dir } }) => ["div", dir ? { dir } : {}, 0],
    },
    ...parts,
    ordered_list: {
      group: "block", content: "list_item+", attrs: { start: { default: 1 } },
      parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ start: dom.start }) }],
      toDOM: ({ attrs: { start } }) => ["ol", start === 1 ? {} : { start }, 0],
    },
    code_block: {
      group: "block", content: "text*", marks: "", code: true, defining: true,
      parseDOM: [{ tag: "pre", preserveWhitespace: "full" }],
      toDOM: () => ["pre", ["code", 0]],
    },
    image: {
      inline: true, group: "inline", draggable: true, attrs: { cid: {}, alt: { default: "" }, width: { default: null }, height: { default: null } },
      parseDOM: [{ tag: "img", getAttrs: imageIn }],
      toDOM: ({ attrs: { cid, ...shown } }) => ["img", { src: addressOf(cid), "data-cid": cid, ...shown }],
    },
  },
  marks: {
    link: link(SAFE), strong: strong({ tag: "h1, h2, h3, h4, h5, h6, th", consuming: false }), em, code,
  },
});

function imageIn(dom) {
  const cid = dom.dataset.cid ?? /^cid:(.*)/.exec(dom.getAttribute("src"))?.[1] ?? "";
  return CID.test(cid) && { cid, alt: dom.alt, width: sizeIn(dom, "width", 2000), height: sizeIn(dom, "height", 2000) };
}

/** HTML as a tree that belongs to no page: nothing in it runs, loads or shows. Its styles can be read as `data-style` alone. */
export function inert(html) {
  const quiet = html.replace(/<(style|script)\b[^]*?<\/\1>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\s(style|on\w+)\s*=/gi, " data-$1="));
  return new DOMParser().parseFromString(quiet, "text/html").body; // its policy is the page's, which would complain of each style
}

const reader = Reader.fromSchema(schema);
export const fromHtml = (html) => reader.parse(inLines(inert(html)));
/** For the middle of a text: a single paragraph joins the one that it comes into. */
export const sliceOf = (html) => reader.parseSlice(inLines(inert(html)));

export const linesOf = (text) => text.split(/\r\n?|\n/).map((line) => schema.node("paragraph", null, line ? schema.text(line) : null));
export const fromText = (text) => schema.node("doc", null, linesOf(text));

/** The tree with a line of its own for what looks like one, as this schema has it: the space around a `p` is an empty line. */
export function inLines(body) {
  for (const inline of body.querySelectorAll("a, b, em, font, i, span, strong, u")) if (inline.querySelector(BLOCKS)) inline.replaceWith(...inline.childNodes);
  for (const last of body.querySelectorAll("br:last-child")) if (!last.nextSibling?.textContent.trim() && last.parentElement.matches(BLOCKS)) last.remove();
  for (const one of body.querySelectorAll("p + *, * + p")) {
    if ([one, one.previousElementSibling].some(isSpaced) && one.matches(BLOCKS)) one.before(body.ownerDocument.createElement("div"));
  }
  for (const item of body.querySelectorAll("li[dir]")) {
    const parts = [...item.childNodes];
    const rest = parts.findIndex((part) => part.matches?.(BLOCKS));
    const line = body.ownerDocument.createElement("div");
    line.setAttribute("dir", item.getAttribute("dir"));
    line.append(...parts.slice(0, rest < 0 ? undefined : rest));
    if (line.hasChildNodes()) item.prepend(line);
  }
  return body;
}

const isSpaced = (element) => element.matches("p") && !/margin(?:-bottom)?:\s*0/.test(element.dataset.style);

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** What was chosen, else by the first letter, as dir=auto does; nothing without letters. What holds lines goes as its first one. */
export function directionOf(node) {
  if (!node.isTextblock) return directionOf(node.firstChild);
  const letter = /\p{L}/u.exec(node.textContent.replace(/\{\{[^{}]*\}\}/g, ""))?.[0]; // placeholders say nothing of it
  return node.attrs.dir ?? (node.type.spec.code ? "ltr" : letter && (RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr"));
}

const serializer = new DOMSerializer(
  { ...DOMSerializer.nodesFromSchema(schema), image: ({ attrs: { cid, ...shown } }) => ["img", { src: `cid:${cid}`, ...shown }] },
  DOMSerializer.marksFromSchema(schema),
);

/** The document as HTML for mails: lines say their direction, an item of one line is only its words. */
export function toHtml(doc) {
  const page = document.implementation.createHTMLDocument("");
  const top = page.body;
  serializer.serializeFragment(doc.content, { document: page }, top);
  const [lines, around] = [[], []];
  doc.descendants((node) => void (node.isTextblock ? lines : node.isBlock && node.type !== schema.nodes.list_item ? around : []).push(node));
  // What is around lines that find their own direction can't find one by them: it is written down.
  for (const element of top.querySelectorAll("ul, ol, blockquote")) element.setAttribute("dir", directionOf(around.shift()) ?? "auto");
  for (const line of top.querySelectorAll("div, pre")) {
    line.setAttribute("dir", lines.shift().attrs.dir ?? (line.matches("pre") ? "ltr" : "auto"));
    if (!line.hasChildNodes()) line.append(page.createElement("br"));
    const item = line.parentElement;
    if (!item.matches("li") || line.previousSibling || line.matches("pre")) continue;
    item.setAttribute("dir", line.getAttribute("dir"));
    line.replaceWith(...line.childNodes);
  }
  return top.innerHTML;
}

/** Lines of words say it all: then a text needs no HTML. */
export const isPlain = (doc) => doc.content.content.every((line) => line.type.name === "paragraph" && !line.attrs.dir && line.content.content.every((part) => part.type.name !== "image" && !part.marks.length));

/** The words, as the server makes them of the HTML; for what is not formatted, exactly what was written. */
export const toText = (content) => content.content.map(block).join("\n");

function block(node) {
  switch (node.type.name) {
    case "blockquote": return toText(node.content).replace(/^/gm, "> ");
    case "bullet_list": return node.content.content.map((item) => `* ${toText(item.content)}`).join("\n");
    case "ordered_list": return node.content.content.map((item, n) => `${node.attrs.start + n}. ${toText(item.content)}`).join("\n");
    case "list_item": return toText(node.content);
    default: return node.isInline ? inline(node) : lineOf(node.content.content);
  }
}

const isImage = (node) => node?.type.name === "image" && node.attrs.alt;
const isBreak = (node) => node?.type.name === "hard_break";

/** An image's words stand on a line of their own. */
function lineOf(parts) {
  const isApart = (part, before) => before && (isImage(part) || isImage(before)) && !isBreak(part) && !isBreak(before);
  return parts.map((part, n) => (isApart(part, parts[n - 1]) ? `\n${inline(part).trimStart()}` : inline(part))).join("");
}

function inline(node) {
  if (node.type.name === "image") return node.attrs.alt;
  const words = node.isText ? node.text : "\n";
  const href = node.marks.find((mark) => mark.type.name === "link")?.attrs.href;
  return href && href !== words ? `${words} <${href}>` : words;
}
