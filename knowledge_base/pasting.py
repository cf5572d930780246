"""What Word, Google Docs and web pages put on the clipboard, and what they mean by it.

Word writes the items of a list as paragraphs with `mso-list: l0 level2 lfo1`; Google Docs says in the styles of spans what
is bold and wraps all in a `b` that is not.
"""

import re
from typing import cast

from lxml import html as parsing
from lxml.html import HtmlElement

from knowledge_base.trees import classes_of, words_in

_NUMBERED = re.compile(r"[^\W_]{1,4}[.)]")
_LIGHT, _BOLD = {"normal", "100", "200", "300", "400", "500"}, {"bold", "600", "700", "800", "900"}
_TYPEWRITERS = ("courier", "consolas", "monospace", "menlo", "monaco")
_SAME = {"b": "strong", "i": "em", "strike": "s", "del": "s", "tt": "code", "samp": "code", "h5": "h4", "h6": "h4"}
_STYLED = {"span", "font", "u", "ins"}
_TITLES = {"MsoTitle": "h2", "MsoSubtitle": "h3"}
_JUNK = {"meta", "link", "xml", "svg", "math", "head"}


def meant(element: HtmlElement) -> str:
    """The name of the element of ours that it is; its own when it is none of those."""
    tag = str(element.tag).lower()
    if tag == "p":
        return next((_TITLES[one] for one in classes_of(element) if one in _TITLES), tag)
    name, style = _SAME.get(tag, tag), _styles(element)
    is_undone = (name == "strong" and style.get("font-weight") in _LIGHT) or (
        name == "em" and style.get("font-style") == "normal"
    )
    return "span" if is_undone else name


def marks_in_style(element: HtmlElement) -> list[str]:
    """What only its style says, the outermost first."""
    if element.tag not in _STYLED:
        return []
    style = _styles(element)
    said = {
        "code": any(one in style.get("font-family", "") for one in _TYPEWRITERS),
        "s": any("line-through" in value for name, value in style.items() if name.startswith("text-decoration")),
        "em": style.get("font-style") == "italic",
        "strong": style.get("font-weight") in _BOLD,
    }
    return [name for name, is_so in said.items() if is_so]


def is_junk(element: HtmlElement) -> bool:
    """What nobody was to read: it goes with its words."""
    style = _styles(element)
    return element.tag in _JUNK or style.get("display") == "none" or style.get("mso-hide") == "all"


def make_lists_of_word(root: HtmlElement) -> None:
    """Out of paragraphs that say that they are items."""
    stack: list[HtmlElement] = []
    behind: HtmlElement | None = None
    for paragraph in list(root.iter("p")):
        level = _level(paragraph)
        if not level:
            continue
        if behind is None or paragraph.getprevious() is not behind:
            stack = []
        kind = _kind_of_list(paragraph)
        del stack[level:]
        while len(stack) < level:
            made = _new(kind)
            if stack:
                item = next(stack[-1].iterchildren(reversed=True), None)
                (stack[-1] if item is None else item).append(made)
            else:
                paragraph.addprevious(made)
            stack.append(made)
        item = _new("li", paragraph.text or "")
        item.extend(list(paragraph))
        stack[-1].append(item)
        behind = stack[0]
        after = paragraph.tail
        paragraph.tail = None
        paragraph.getparent().remove(paragraph)
        if (after or "").strip():
            behind.tail = (behind.tail or "") + (after or "")


def _level(paragraph: HtmlElement) -> int:
    """Of an item of Word's, from 1; 0 when it is none."""
    said = _styles(paragraph).get("mso-list", "").split()
    level = next((one.removeprefix("level") for one in said if one.startswith("level")), "")
    return int(level) if re.fullmatch("[1-9]", level) else 0


def _kind_of_list(paragraph: HtmlElement) -> str:
    """By its mark, which goes: it stands in a span that other programs are to ignore."""
    for span in list(paragraph.iter("span")):
        if _styles(span).get("mso-list") == "ignore":
            mark = words_in(span)
            span.drop_tree()
            return "ol" if _NUMBERED.match(mark) else "ul"
    return "ul"


def _styles(element: HtmlElement) -> dict[str, str]:
    parts = (one.partition(":") for one in (element.get("style") or "").lower().split(";"))
    return {name.strip(): value.strip() for name, _colon, value in parts}


def _new(tag: str, text: str = "") -> HtmlElement:
    made = cast("HtmlElement", parsing.Element(tag))
    made.text = text
    return made
