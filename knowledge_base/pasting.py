"""What Word, Google Docs and web pages put on the clipboard, as the few elements that an article knows.

Word writes the items of a list as paragraphs with `mso-list: l0 level2 lfo1`; Google Docs says in the styles of spans what
is bold and wraps all in a `b` that is not. What else is not allowed the cleaner takes away.
"""

import re
from typing import cast

from lxml import html as parsing
from lxml.html import HtmlElement

from knowledge_base.trees import BLOCKS, classes_of, words_in

_HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all")
_BOLD = re.compile(r"font-weight:\s*(?:bold|[6-9]00)")
_NOT_BOLD = re.compile(r"font-weight:\s*(?:normal|[1-5]00)")
_ITALIC = re.compile(r"font-style:\s*italic")
_NOT_ITALIC = re.compile(r"font-style:\s*normal")
_STRUCK = re.compile(r"text-decoration[^;]*:[^;]*line-through")
_MONOSPACE = re.compile(r"font-family:[^;]*(?:courier|consolas|monospace|menlo|monaco)", re.IGNORECASE)
_LEVEL = re.compile(r"mso-list:[^;]*level(\d)")
_NUMBERED = re.compile(r"[^\W_]{1,4}[.)]")
_SAME = {"b": "strong", "i": "em", "strike": "s", "del": "s", "tt": "code", "samp": "code", "h5": "h4", "h6": "h4"}
_WRAPPERS = {
    "section",
    "article",
    "main",
    "header",
    "footer",
    "figure",
    "center",
    "body",
    "html",
    "span",
    "font",
    "u",
    "ins",
}
_TITLES = {"MsoTitle": "h2", "MsoSubtitle": "h3"}


def tidy(root: HtmlElement) -> None:
    """Put the same words into elements of ours; what comes is not yet safe."""
    for element in list(root.iter("style", "script", "meta", "link", "title", "xml", "svg", "math")):
        element.drop_tree()
    for element in [one for one in root.iterdescendants() if isinstance(one.tag, str) and _HIDDEN.search(_style(one))]:
        element.drop_tree()
    _lists_of_word(root)
    has_top = next(root.iter("h1"), None) is not None
    for element in list(root.iterdescendants()):
        _simplify(element, has_top)
    _in_paragraphs(root)
    for paragraph in [one for one in root.iter("p", "h2", "h3", "h4") if _is_empty(one)]:
        paragraph.drop_tree()


def _style(element: HtmlElement) -> str:
    return element.get("style") or ""


def _simplify(element: HtmlElement, has_top: bool) -> None:
    """What the element means, and where only its style says so, as an element."""
    tag, style = element.tag, _style(element)
    if not isinstance(tag, str) or element.getparent() is None:
        return
    is_wrapper = (tag in ("b", "strong") and _NOT_BOLD.search(style)) or (
        tag in ("i", "em") and _NOT_ITALIC.search(style)
    )
    if is_wrapper or ":" in tag:
        element.drop_tag()
    elif tag in ("h1", "h2", "h3", "h4") and has_top:
        element.tag = f"h{min(int(tag[1]) + 1, 4)}"
    elif tag in _SAME:
        element.tag = _SAME[tag]
    elif tag in _WRAPPERS:
        for name in _marks(style) if not _is_in_heading(element) else ():
            _wrap_content(element, name)
        element.drop_tag()
    elif tag == "p" and (title := next((_TITLES[one] for one in classes_of(element) if one in _TITLES), None)):
        element.tag = title
    elif tag == "div" and "callout" not in classes_of(element):
        if any(isinstance(child.tag, str) and child.tag in BLOCKS for child in element):
            element.drop_tag()
        else:
            element.tag = "p"


def _marks(style: str) -> list[str]:
    meant = (("strong", _BOLD), ("em", _ITALIC), ("s", _STRUCK), ("code", _MONOSPACE))
    return [name for name, pattern in meant if pattern.search(style)]


def _is_in_heading(element: HtmlElement) -> bool:
    return any(one.tag in ("h1", "h2", "h3", "h4") for one in element.iterancestors())


def _wrap_content(element: HtmlElement, tag: str) -> None:
    wrapper = _new(tag)
    wrapper.text, element.text = element.text, None
    wrapper.extend(list(element))
    element.append(wrapper)


def _is_empty(element: HtmlElement) -> bool:
    return not words_in(element) and next(element.iter("img"), None) is None


def _in_paragraphs(root: HtmlElement) -> None:
    """Words that stand between the blocks, in paragraphs of their own."""
    parts = list(root)
    loose: HtmlElement | None = None
    if (root.text or "").strip():
        loose = _new("p", root.text or "")
        root.insert(0, loose)
    root.text = None
    for part in parts:
        tail, part.tail = part.tail, None
        if part.tag in BLOCKS:
            loose = None
        else:
            if loose is None:
                loose = _new("p")
                part.addprevious(loose)
            loose.append(part)
        if (tail or "").strip():
            if loose is None:
                loose = _new("p")
                part.addnext(loose)
            _append_text(loose, tail or "")


def _append_text(element: HtmlElement, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _lists_of_word(root: HtmlElement) -> None:
    stack: list[HtmlElement] = []
    behind: HtmlElement | None = None
    for paragraph in list(root.iter("p")):
        found = _LEVEL.search(_style(paragraph))
        if not found:
            continue
        if behind is None or paragraph.getprevious() is not behind:
            stack = []
        kind = _kind_of_list(paragraph)
        del stack[int(found[1]) :]
        while len(stack) < int(found[1]):
            made = _new(kind)
            if stack:
                (stack[-1][-1] if len(stack[-1]) else stack[-1]).append(made)
            else:
                paragraph.addprevious(made)
            stack.append(made)
        item = _new("li", paragraph.text or "")
        item.extend(list(paragraph))
        stack[-1].append(item)
        behind = stack[0]
        paragraph.tail = None
        paragraph.getparent().remove(paragraph)


def _kind_of_list(paragraph: HtmlElement) -> str:
    """By its mark, which goes: it stands in a span that other programs are to ignore."""
    for span in list(paragraph.iter("span")):
        if "mso-list" in _style(span) and "ignore" in _style(span).lower():
            mark = words_in(span)
            span.drop_tree()
            return "ol" if _NUMBERED.match(mark) else "ul"
    return "ul"


def _new(tag: str, text: str = "") -> HtmlElement:
    made = cast("HtmlElement", parsing.Element(tag))
    made.text = text
    return made
