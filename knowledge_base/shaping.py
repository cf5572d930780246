"""Any HTML as the few elements that an article knows, each where it may stand. No words are lost on the way, none glued.

All parsers of HTML and the editor read what comes out alike, so that shaping it again changes nothing:

    blockquote, div of a callout      blocks
    p, h2, h3, h4                     words
    ul, ol                            li
    li, td, th                        words, blocks
    table                             thead, tbody with tr with td, th
    pre                               code with its lines
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

import msgspec
from lxml.html import HtmlElement

from knowledge_base.allowed import ATTRIBUTES, CALLOUTS, GONE_WITH_CONTENT, HEADINGS, MARKS, kept
from knowledge_base.pasting import is_junk, make_lists_of_word, marks_in_style, meant
from knowledge_base.trees import classes_of

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
"""What begins a line of its own; all others, unknown ones too, stand among words."""
_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_AROUND_BREAKS = re.compile(r" ?<br> ?")

Part = HtmlElement | str
"""An element, or words between elements."""


class Shaped(msgspec.Struct, frozen=True):
    """`left_out` are the addresses of images that are not ours, the beginning of each."""

    html: str
    left_out: list[str]


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one is: the block that loose words come into ("" for none), and the marks around them, the outermost first."""

    leaf: str
    dir: str = ""
    marks: dict[str, str] = {}
    """Opening tags by their names."""
    is_top_taken: bool
    """There is an h1, so that all headings go down by one."""
    holders: set[HtmlElement]
    """Elements with blocks in them."""
    left_out: list[str]

    def inside(self, leaf: str, *, dir: str = "", marks: dict[str, str] | None = None) -> "_Place":
        return msgspec.structs.replace(self, leaf=leaf, dir=dir, marks=self.marks | (marks or {}))


def shaped(root: HtmlElement) -> Shaped:
    """The root's content; what it is made of is changed on the way."""
    make_lists_of_word(root)
    has_h1 = next(root.iter("h1"), None) is not None
    place = _Place(leaf="p", is_top_taken=has_h1, holders=_holders_of_blocks(root), left_out=[])
    return Shaped("".join(_flow(_parts(root), place)), place.left_out)


def _holders_of_blocks(root: HtmlElement) -> set[HtmlElement]:
    found: set[HtmlElement] = set()
    for element in root.iter(*_BLOCKS):
        for above in element.iterancestors():
            if above in found:
                break
            found.add(above)
    return found


def _parts(element: HtmlElement) -> Iterator[Part]:
    """What stands in it, without what nobody was to read."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in GONE_WITH_CONTENT and not is_junk(child):
            yield child
        yield child.tail or ""


def _flow(parts: Iterable[Part], place: _Place) -> Iterator[str]:
    """The blocks among them, and the words between as blocks of their own."""
    loose: list[str] = []
    is_behind_words = False
    for part in parts:
        if isinstance(part, str) or (part.tag not in _BLOCKS and part not in place.holders):
            loose.append(_inline(part, place))
            continue
        leaf, block = _leaf(loose, place, is_behind_words), "".join(_block(part, place))
        yield leaf + block
        is_behind_words = (is_behind_words or bool(leaf)) and not block
        loose = []
    yield _leaf(loose, place, is_behind_words)


def _leaf(loose: list[str], place: _Place, is_behind_words: bool) -> str:
    """Loose words in their block; where none is asked for they get one only to be apart from the words before."""
    words = _AROUND_BREAKS.sub("<br>", _BLANKS.sub(" ", "".join(loose))).strip(" ")
    if "<img" not in words and not _TAG.sub("", words).strip():
        return ""
    marked = "".join(place.marks.values()) + words + "".join(f"</{name}>" for name in reversed(place.marks))
    tag = place.leaf or ("p" if is_behind_words else "")
    return f"<{tag}{_said('dir', place.dir)}>{marked}</{tag}>" if tag else marked


def _block(element: HtmlElement, place: _Place) -> Iterator[str]:
    tag, dir = meant(element), kept("p", "dir", element.get("dir") or "") or ""
    match tag:
        case "ul" | "ol" | "menu" | "dir":
            yield _list(element, "ol" if tag == "ol" else "ul", place)
        case "table":
            yield from _table(element, place)
        case "hr":
            yield "<hr>"
        case "pre":
            yield _code(element)
        case "blockquote":
            yield _around("<blockquote>", _flow(_parts(element), place.inside("p")))
        case "div" if kind := _kind_of_callout(element):
            yield _around(f'<div class="callout {kind}">', _flow(_parts(element), place.inside("p")))
        case "h1" | "h2" | "h3" | "h4":
            level = min(max(int(tag[1]) + place.is_top_taken, 2), 4)
            yield from _flow(_parts(element), place.inside(f"h{level}", dir=dir))
        case _ if tag in _BLOCKS:
            leaf = place.leaf if place.leaf in HEADINGS else "p"
            yield from _flow(_parts(element), place.inside(leaf, dir=dir or place.dir))
        case _:
            yield from _flow(_parts(element), place.inside(place.leaf, dir=place.dir, marks=_marks(element, place)))


def _kind_of_callout(element: HtmlElement) -> str:
    classes = classes_of(element)
    return next((kind for kind in CALLOUTS if kind in classes), "") if "callout" in classes else ""


def _list(element: HtmlElement, tag: str, place: _Place) -> str:
    items: list[str] = []
    for part in _parts(element):
        is_item = not isinstance(part, str) and part.tag == "li"
        begins = is_item or not items
        content = "".join(_flow(_parts(part) if is_item else [part], place.inside("" if begins else "p")))
        if content and begins:
            items.append((_opening("li", part) if is_item else "<li>") + content)
        elif content:
            items[-1] += content
    return _around(_opening(tag, element), (f"{item}</li>" for item in items))


def _table(element: HtmlElement, place: _Place) -> Iterator[str]:
    """What stands in it beside its cells comes before it."""
    stray: list[Part] = []
    heads: list[str] = []
    lines: list[str] = []
    for part, is_head in _lines_of(element):
        if isinstance(part, str) or part.tag != "tr":
            stray.append(part)
            continue
        cells = ""
        for cell in _parts(part):
            if isinstance(cell, str) or cell.tag not in ("td", "th"):
                stray.append(cell)
            else:
                cells += f"{_opening(cell.tag, cell)}{''.join(_flow(_parts(cell), place.inside('')))}</{cell.tag}>"
        if cells:
            (heads if is_head and not lines else lines).append(f"<tr>{cells}</tr>")
    yield from _flow(stray, place)
    yield _around("<table>", (_around("<thead>", heads), _around("<tbody>", lines)))


def _lines_of(element: HtmlElement, *, is_head: bool = False) -> Iterator[tuple[Part, bool]]:
    for part in _parts(element):
        if not isinstance(part, str) and part.tag in ("thead", "tbody", "tfoot"):
            yield from _lines_of(part, is_head=part.tag == "thead")
        else:
            yield part, is_head


def _code(element: HtmlElement) -> str:
    code = next(element.iter("code"), element)
    language = next((one for one in classes_of(code) if kept("code", "class", one)), "")
    words = "".join(_lines_of_code(element)).strip("\n")
    return f"<pre><code{_said('class', language)}>{escape(words, quote=False)}</code></pre>" if words.strip() else ""


def _lines_of_code(element: HtmlElement) -> Iterator[str]:
    for part in _parts(element):
        if isinstance(part, str):
            yield part
        elif part.tag == "br":
            yield "\n"
        else:
            words = "".join(_lines_of_code(part))
            yield words if part.tag not in _BLOCKS or words.endswith("\n") else f"{words}\n"


def _inline(part: Part, place: _Place) -> str:
    if isinstance(part, str):
        return escape(part, quote=False)
    tag = meant(part)
    if tag == "br":
        return "<br>"
    if tag == "img":
        return _image(part, place)
    marks = _marks(part, place)
    inside = place.inside(place.leaf, marks=marks)
    words = "".join(_inline(one, inside) for one in _parts(part))
    return _around("".join(marks.values()), [words]) if words.strip() else words


def _image(element: HtmlElement, place: _Place) -> str:
    source = (element.get("src") or "").strip()
    if kept("img", "src", source):
        return _opening("img", element)
    place.left_out.append(source[:100])
    return ""


def _marks(element: HtmlElement, place: _Place) -> dict[str, str]:
    """Those that the element brings and that are not around it yet: opening tags by their names."""
    name = meant(element)
    if name in MARKS:
        is_mark = name not in place.marks and (name != "a" or kept("a", "href", element.get("href") or ""))
        return {name: _opening(name, element)} if is_mark else {}
    styled = [] if place.leaf in HEADINGS else marks_in_style(element)
    return {one: f"<{one}>" for one in styled if one not in place.marks}


def _around(opening: str, content: Iterable[str]) -> str:
    """The content in these elements, nothing when there is none."""
    words = "".join(content)
    closing = "".join(f"</{one.split()[0]}>" for one in reversed(re.findall(r"<([^<>]+)>", opening)))
    return f"{opening}{words}{closing}" if words else ""


def _opening(tag: str, element: HtmlElement) -> str:
    """Its tag with the attributes that it may have."""
    allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set())
    said = (_said(name, kept(tag, name, value) or "") for name, value in element.items() if name in allowed)
    return f"<{tag}{''.join(said)}>"


def _said(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""
