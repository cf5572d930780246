"""What an article says: its plain words, its headings, and its HTML made ready for a page."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import cast

import msgspec
from lxml import html as parsing
from lxml.html import HtmlElement

from helpdesk.kernel.language import _, pgettext
from knowledge_base.allowed import ATTRIBUTES, HEADINGS, kept
from knowledge_base.cleaning import safe
from knowledge_base.trees import BLOCKS, inner, parsed, words_in

_ON_A_PAGE = {
    **ATTRIBUTES,
    **{name: {"id"} for name in HEADINGS},
    "div": {"class", "tabindex", "role", "aria-label", "data-name"},
    "pre": {"tabindex", "role", "aria-label"},
    "img": {*ATTRIBUTES["img"], "loading"},
    "a": {*ATTRIBUTES["a"], "rel"},
}
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_BREAK = "\x00"
_NO_ANCHOR = re.compile(r"[^\w]+")


class Heading(msgspec.Struct, frozen=True):
    """A line of the contents; `level` is 2 to 4."""

    anchor: str
    level: int
    text: str


class Presented(msgspec.Struct, frozen=True):
    """Safe HTML whose headings can be linked to, and what they are."""

    html: str
    contents: list[Heading]


def text_of(html: str) -> str:
    """The plain words, a block a line, a blank line between paragraphs; images by their words."""
    if not html.strip():
        return ""
    lines = [_BLANKS.sub(" ", line).strip() if not is_code else line for line, is_code in _lines(parsed(html))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def headings_of(html: str) -> str:
    """One a line."""
    return "\n".join(words_in(one) for one in parsed(html).iter(*HEADINGS)) if html.strip() else ""


def files_in(html: str) -> set[int]:
    """Ids of the files that the text shows or links to."""
    return {int(number) for number in re.findall(r"/help/files/(\d{1,10})\b", html)}


def presented(html: str, sizes: Mapping[int, tuple[int, int]] | None = None) -> Presented:
    """Clean HTML for a page: anchors at headings, wide tables in a frame of their own, images that load when they are near.

    `sizes` of images by their files' ids keep their places free until they come.
    """
    if not html.strip():
        return Presented("", [])
    root = parsed(html)
    contents = list(_contents(root))
    for box in root.find_class("callout"):
        _named(box)
    for table in list(root.iter("table")):
        _framed(table)
    for code in root.iter("pre"):
        _scrolled(code, _("Code"))
    for image in root.iter("img"):
        image.set("loading", "lazy")
        _measured(image, sizes or {})
    for link in root.iter("a"):
        if (link.get("href") or "").lower().startswith("http"):
            link.set("rel", "noopener noreferrer")
    return Presented(safe(inner(root), attributes=_ON_A_PAGE, kept=_kept_on_a_page), contents)


def _kept_on_a_page(tag: str, name: str, value: str) -> str | None:
    is_ours = (tag, name, value) == ("div", "class", "wide") or name not in ATTRIBUTES.get(tag, set()) | ATTRIBUTES["*"]
    return value if is_ours else kept(tag, name, value)


def _contents(root: HtmlElement) -> Iterator[Heading]:
    """Its headings, each with an anchor from now on. All begin alike, so that none is a name of the page around the text."""
    taken: Counter[str] = Counter()
    for heading in root.iter(*HEADINGS):
        text = words_in(heading)
        anchor = f"part-{_NO_ANCHOR.sub('-', text.lower()).strip('-')[:60]}".removesuffix("-")
        taken[anchor] += 1
        if taken[anchor] > 1:
            anchor = f"{anchor}--{taken[anchor]}"  # two hyphens: no heading makes those
        heading.set("id", anchor)
        yield Heading(anchor, int(heading.tag[1]), text)


def _named(box: HtmlElement) -> None:
    """Say in the reader's language what its colour says; the style sheet shows the words."""
    names = {"tip": pgettext("box", "Tip"), "warning": pgettext("box", "Warning"), "danger": pgettext("box", "Danger")}
    kind = next((one for one in box.classes if one in names), "")
    box.set("role", "note")
    box.set("data-name", names.get(kind) or pgettext("box", "Note"))


def _measured(image: HtmlElement, sizes: Mapping[int, tuple[int, int]]) -> None:
    """With width and height, unless whoever wrote it gave them."""
    if {"width", "height"} & set(image.keys()):
        return
    for number in files_in(image.get("src") or "") & sizes.keys():
        width, height = sizes[number]
        image.set("width", str(width))
        image.set("height", str(height))


def _framed(table: HtmlElement) -> None:
    frame = cast("HtmlElement", parsing.Element("div"))
    frame.set("class", "wide")
    _scrolled(frame, _("Table"))
    frame.tail, table.tail = table.tail, None
    table.addprevious(frame)
    frame.append(table)


def _scrolled(frame: HtmlElement, name: str) -> None:
    """Whoever has no mouse scrolls it, too, and hears what it is."""
    for attribute, value in (("tabindex", "0"), ("role", "group"), ("aria-label", name)):
        frame.set(attribute, value)


def _lines(element: HtmlElement) -> Iterator[tuple[str, bool]]:
    """Lines, and whether one is code, whose blanks mean something; an empty one parts paragraphs."""
    loose = element.text or ""
    for child in element:
        if child.tag in BLOCKS:
            yield from _broken(loose)
            loose = ""
            yield from _block(child)
        else:
            loose += _words(child)
        loose += child.tail or ""
    yield from _broken(loose)


def _broken(words: str) -> Iterator[tuple[str, bool]]:
    return ((line, False) for line in words.split(_BREAK) if line.strip())


def _words(element: HtmlElement) -> str:
    """Of what stands in a line."""
    if element.tag == "br":
        return _BREAK
    if element.tag == "img":
        return element.get("alt") or ""
    return (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element)


def _block(element: HtmlElement) -> Iterator[tuple[str, bool]]:
    if element.tag == "tr":
        yield " | ".join(words_in(cell) for cell in element), False
        return
    is_apart = element.tag not in ("li", "td", "th", "thead", "tbody") and _parent_tag(element) != "li"
    if is_apart:
        yield "", False
    if element.tag == "pre":
        yield from ((line, True) for line in "".join(element.itertext()).rstrip("\n").split("\n"))
    else:
        yield from _lines(element)
    if is_apart:
        yield "", False


def _parent_tag(element: HtmlElement) -> object:
    parent = element.getparent()
    return None if parent is None else parent.tag
