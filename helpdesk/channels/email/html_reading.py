"""HTML of a mail as a tree and as plain text, however deep and broken it is; nothing here recurses."""

import re
from collections.abc import Iterator
from html import escape
from typing import Literal

from lxml.etree import ParserError, XMLSyntaxError, iterwalk
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_DEPTH = 256
MAX_ATTRIBUTES = 5_000
_PARSER_DEPTH = 2_000

BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote", "table"}
_LINED = {"ul", "ol", "pre", "blockquote"}
_UNSEEN = {
    "script",
    "style",
    "head",
    "title",
    "template",
    "noscript",
    "object",
    "iframe",
    "svg",
    "math",
    "meta",
    "link",
}
_TAG = re.compile(r"<[a-zA-Z][^>]*")
_BLANKS = re.compile(r"[ \t\n\r\f\u200b\ufeff]+")
_QUOTE, _BREAK, _SPACE = "\0quote", "\0break", "\0space"
_KEPT = "\x01"
"""A space of code, which stays wherever it stands."""

Step = tuple[Literal["start", "end", "text", "tail"], HtmlElement, str]


def parse_html(html: str) -> HtmlElement | None:
    """The document, or None when there is nothing in it. A document built to keep a parser busy is only its words."""
    clean = html.replace("\0", "").encode("utf-8", "replace").decode()
    if _has_endless_tag(clean):
        clean = _words_of(clean)
    # An XML declaration would make the parser refuse text that is decoded already.
    document = _parse(re.sub(r"^\s*<\?xml[^>]*>", "", clean))
    if document is not None and _is_deeper_than(_PARSER_DEPTH, clean, document):  # the rest is cut off by then
        document = _parse(_words_of(clean))
    return document


def _parse(html: str) -> HtmlElement | None:
    if not html.strip():
        return None
    try:
        return document_fromstring(html, parser=HTMLParser(huge_tree=True, recover=True, encoding=None))
    except (ParserError, XMLSyntaxError, ValueError, AssertionError):
        return None


def is_a_bomb(html: str) -> bool:
    """Whether it is nested deeper than any writer nests, or has a tag of endless attributes: cleaners take quadratic time."""
    if _has_endless_tag(html):
        return True
    document = _parse(html.replace("\0", "")) if html.count("<") > MAX_DEPTH else None
    return document is not None and _is_deeper_than(MAX_DEPTH, html, document)


def _is_deeper_than(limit: int, html: str, document: HtmlElement) -> bool:
    depth = deepest = 0
    for event, _ in iterwalk(document, events=("start", "end")) if html.count("<") > limit else ():
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest > limit


def _words_of(html: str) -> str:
    return f"<pre>{escape(re.sub(r'<[^>]*>?', ' ', html))}</pre>"


def _has_endless_tag(html: str) -> bool:
    return any(
        len(tag.group().split()) > MAX_ATTRIBUTES
        for tag in _TAG.finditer(html)
        if tag.end() - tag.start() > MAX_ATTRIBUTES
    )


def html_to_text(html: str, *, in_full: bool = False) -> str:
    """What a reader sees of it: blocks on lines of their own, list marks, `> ` before quoted lines.

    With `in_full` also what the marks stand for: the numbers of a list, and the address behind a link's words.
    """
    document = parse_html(html)
    return tree_to_text(document, in_full=in_full).replace(_KEPT, " ") if document is not None else ""


def tree_to_text(root: HtmlElement, *, in_full: bool = False) -> str:
    pieces = list(_marked(root) if in_full else _pieces(root))
    lines: list[str] = []
    line, quotes, space_wanted = "", 0, False
    for piece in [*pieces, _BREAK]:
        if piece in (_BREAK, _SPACE) or piece.startswith(_QUOTE):
            if line.strip():
                if space_wanted and lines and lines[-1].strip("> "):
                    lines.append(_quoted("", quotes))
                lines.append(_quoted(line.strip(), quotes))
                space_wanted = False
            line = ""
            space_wanted = space_wanted or piece == _SPACE
            if piece.startswith(_QUOTE):
                quotes = int(piece.removeprefix(_QUOTE))
        elif piece == "\n":
            lines.append(_quoted(line.strip(), quotes))
            line = ""
        else:
            line += piece.lstrip(" ") if not line else piece
            line = line if not (line.endswith("  ") and not piece.strip(" ")) else line[:-1]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _quoted(line: str, quotes: int) -> str:
    return ("> " * min(quotes, 9) + line).rstrip() if quotes else line


def _pieces(root: HtmlElement) -> Iterator[str]:
    """Words, "\\n" for a line break, and marks for the ends of blocks."""
    return (piece for _kind, _element, piece in _placed_pieces(root) if piece)


def _placed_pieces(root: HtmlElement) -> Iterator[Step]:
    """The pieces, each with the step of the tree that it comes from; a step also has an empty one."""
    quotes = preformatted = 0
    for kind, element, text in steps(root):
        tag = element.tag
        if kind in ("text", "tail"):
            for piece in _text(text, bool(preformatted)):
                yield kind, element, piece
            continue
        pieces = [""]
        if tag == "br" and kind == "start":
            pieces.append("\n")
        elif tag == "hr" and kind == "start":
            pieces += (_BREAK, "---", _BREAK)
        elif tag == "img" and kind == "start":
            pieces.append((element.get("alt") or "").strip())
        elif tag in ("td", "th") and kind == "end":
            pieces.append("  ")
        if tag in BLOCKS:
            pieces.append(_SPACE if tag in _SPACED else _BREAK)
        if tag == "blockquote":
            quotes += 1 if kind == "start" else -1
            pieces.append(f"{_QUOTE}{quotes}")
        elif tag == "pre":
            preformatted += 1 if kind == "start" else -1
        elif tag == "li" and kind == "start":
            pieces.append("* ")
        for piece in pieces:
            yield kind, element, piece


def _marked(root: HtmlElement) -> Iterator[str]:
    """The pieces with numbers of lists and addresses of links; a mark stays on the line of its item's first words."""
    numbers: dict[HtmlElement, int] = {}
    words = ""
    is_at_mark = False
    preformatted = 0
    for kind, element, piece in _placed_pieces(root):
        if kind == "start" and element.tag == "a":
            words = ""
        elif kind == "end" and element.tag == "a":
            address = (element.get("href") or "").removeprefix("mailto:")
            if address and " ".join(words.split()) != address:
                yield f" <{address}>" if words.strip() else address
        if not piece and element.tag == "pre" and kind in ("start", "end"):
            preformatted += 1 if kind == "start" else -1
        if piece == _SPACE and _is_close(element):
            piece = _BREAK
        if piece == "* ":
            parent = element.getparent()
            if parent is not None and parent.tag == "ol":
                numbers[parent] = numbers.get(parent, _first_number(parent) - 1) + 1
                piece = f"{numbers[parent]}. "
            is_at_mark = True
        elif piece in (_BREAK, _SPACE) and is_at_mark and not (kind == "end" and element.tag == "li"):
            continue
        elif piece.strip():
            is_at_mark = False
        words += piece
        if piece and kind == "start" and element.tag == "img" and _follows_words(element):
            yield "\n"
        if piece:
            yield piece.replace(" ", _KEPT) if preformatted and kind in ("text", "tail") else piece
        if piece and kind == "start" and element.tag == "img" and _goes_on(element):
            yield "\n"


def _follows_words(image: HtmlElement) -> bool:
    """Whether words stand right before the image: its own would run into them."""
    before, parent = image.getprevious(), image.getparent()
    if before is None:
        return parent is not None and bool((parent.text or "").strip())
    return bool((before.tail or "").strip()) or (before.tag not in BLOCKS and before.tag not in ("br", "img"))


def _goes_on(image: HtmlElement) -> bool:
    """Whether more follows right behind the image: its words would run into the image's."""
    after = image.getnext()
    return bool((image.tail or "").strip()) or (after is not None and after.tag != "br")


def _is_close(element: HtmlElement) -> bool:
    """Whether it is written close to the line above, unless there is an empty one."""
    parent = element.getparent()
    return element.tag in _LINED or (parent is not None and parent.tag == "li")


def _first_number(ordered: HtmlElement) -> int:
    start = ordered.get("start") or ""
    return int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1


def _text(text: str, is_preformatted: bool) -> Iterator[str]:
    if not is_preformatted:
        yield _BLANKS.sub(" ", text).replace("\xa0", " ")
        return
    for number, line in enumerate(text.replace("\r", "").split("\n")):
        if number:
            yield "\n"
        yield line


def steps(root: HtmlElement) -> Iterator[Step]:
    """The document in reading order: starts and ends of seen elements, and the text between them."""
    skipping: HtmlElement | None = None
    for event, element in iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if skipping is None and element.tail:
                yield "tail", element, element.tail
            continue
        if event == "start":
            if skipping is None and (element.tag in _UNSEEN or _is_hidden(element)):
                skipping = element
            if skipping is None:
                yield "start", element, ""
                if element.text:
                    yield "text", element, element.text
            continue
        if skipping is None:
            yield "end", element, ""
        elif skipping is element:
            skipping = None
        if skipping is None and element.tail and element is not root:
            yield "tail", element, element.tail


def _is_hidden(element: HtmlElement) -> bool:
    return "display:none" in (element.get("style") or "").replace(" ", "").lower()
