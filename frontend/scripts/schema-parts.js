// What the schemas of answers (editor-schema.js) and of articles (article-schema.js) have in common. Styles are read as
// `data-style`, as `inert` writes them.
const says = (dom, pattern) => pattern.test(dom.dataset.style ?? "");
const isNot = (pattern) => (dom) => !says(dom, pattern) && null; // by its name, unless its style takes that back
const isStyled = (pattern) => (dom) => !dom.closest("h1, h2, h3, h4, h5, h6") && says(dom, pattern) && null;

/** The direction that was chosen; most words find their own. */
export const chosenDirection = (dom) => (["rtl", "ltr"].includes(dom.getAttribute("dir")) ? dom.getAttribute("dir") : null);

/** Pixels, at most so many. */
export const sizeIn = (dom, name, most) => Math.min(Number.parseInt(dom.getAttribute(name)), most) || null;

export const parts = {
  blockquote: { group: "block", content: "block+", defining: true, parseDOM: [{ tag: "blockquote" }], toDOM: () => ["blockquote", 0] },
  bullet_list: { group: "block", content: "list_item+", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", 0] },
  list_item: { content: "paragraph block*", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
  text: { group: "inline" },
  hard_break: { inline: true, group: "inline", selectable: false, leafText: () => "\n", parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
};

export const em = {
  parseDOM: [{ tag: "em" }, { tag: "i", getAttrs: isNot(/font-style:\s*normal/) }, { tag: "span[data-style]", consuming: false, getAttrs: isStyled(/font-style:\s*italic/) }],
  toDOM: () => ["em", 0],
};

export const code = { code: true, parseDOM: [{ tag: "code" }, { tag: "kbd" }, { tag: "samp" }, { tag: "tt" }], toDOM: () => ["code", 0] };

/** Word says `mso-bidi-font-weight` of what is bold all the same. `also` are further rules that mean bold. */
export const strong = (...also) => ({
  parseDOM: [
    { tag: "strong" }, { tag: "b", getAttrs: isNot(/(?:^|[;\s])font-weight:\s*(?:normal|400)/) }, ...also,
    { tag: "span[data-style]", consuming: false, getAttrs: isStyled(/(?:^|[;\s])font-weight:\s*(?:bold|[6-9]00)/) },
  ],
  toDOM: () => ["strong", 0],
});

/** To addresses that are `safe` alone. */
export const link = (safe) => ({
  inclusive: false, attrs: { href: {} },
  parseDOM: [{ tag: "a[href]", getAttrs: (dom) => safe.test(dom.getAttribute("href")) && { href: dom.getAttribute("href") } }],
  toDOM: ({ attrs: { href } }) => ["a", { href }, 0],
});
