"""HTML as a tree and back."""

import re
from collections.abc import Iterator
from html import escape
from typing import cast

from lxml import html as parsing
from lxml.html import HtmlElement

_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]|<\?xml[^<>]*>", re.IGNORECASE)
BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "thead", "tbody", "tr", "td", "th", "div"}
)  # fmt: skip


def parsed(html: str) -> HtmlElement:
    """The `body` that holds the pieces of `html`, without comments."""
    parser = parsing.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    page = parsing.document_fromstring(f"<html><body>{_UNREADABLE.sub('', html)}", parser=parser)
    return cast("HtmlElement", page.find("body"))


def inner(root: HtmlElement) -> str:
    """What stands in the element, as HTML."""
    children = (cast("str", parsing.tostring(child, encoding="unicode")) for child in root)
    return escape(root.text or "", quote=False) + "".join(children)


def depth_of(root: HtmlElement) -> int:
    """How many elements stand in each other at most."""
    depths = {root: 0}
    for element in root.iterdescendants():
        depths[element] = depths[element.getparent()] + 1
    return max(depths.values())


def classes_of(element: HtmlElement) -> frozenset[str]:
    return frozenset((element.get("class") or "").split())


def words_in(element: HtmlElement) -> str:
    """All its words on one line, those of images too."""
    return " ".join("".join(_words(element)).split())


def _words(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        is_apart = child.tag in BLOCKS or child.tag == "br"
        yield " " * is_apart
        yield (child.get("alt") or "") if child.tag == "img" else ""
        yield from _words(child)
        yield " " * is_apart + (child.tail or "")
