"""Markdown both ways: CommonMark with tables and struck words, and two things that articles have besides.

A callout is a quotation that begins with `[!NOTE]` (`TIP`, `WARNING`, `DANGER`), as on GitHub. Steps are a numbered list
whose numbers have a bracket, `1)`: one with dots, `1.`, is a plain list.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import cycle
from typing import NamedTuple

from lxml.html import HtmlElement
from markdown_it.token import Token

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from knowledge_base.allowed import CALLOUTS
from knowledge_base.cleaning import LONGEST_HTML, Cleaned, cleaned
from knowledge_base.markdown_inlines import DEEPEST, READER, Run, cell, line, paragraph, runs_of
from knowledge_base.trees import BLOCKS, classes_of, parsed

MOST_BRACKETS = 5_000
"""Each costs the reader a search for the end of a link."""
_ALERT = re.compile(rf"\[!({'|'.join(CALLOUTS)})\](?![(\[:])[ \t]*\n?", re.IGNORECASE)


def to_html(markdown: str) -> str:
    """As HTML that an article may hold; raises Invalid at `html` when it is too long or too deep."""
    return read(markdown).html


def read(markdown: str, addresses: Mapping[str, str] | None = None) -> Cleaned:
    """As `to_html`, with what had to go, and with other `addresses` for some of its images and links."""
    tokens = _tokens(markdown)
    _mark_steps(tokens)
    _mark_callouts(tokens)
    for token, name, address in _addressed(tokens):
        token.attrs[name] = (addresses or {}).get(address, address)
    return cleaned(READER.renderer.render(tokens, READER.options, {}))


def addresses_in(markdown: str) -> dict[str, bool]:
    """Where its images and links lead, and whether an image does."""
    found: dict[str, bool] = {}
    for _token, name, address in _addressed(_tokens(markdown)):
        found[address] = found.get(address, False) or name == "src"
    return found


def _tokens(markdown: str) -> list[Token]:
    if len(markdown) > LONGEST_HTML or markdown.count("[") > MOST_BRACKETS:
        raise Invalid(html=_("This article is too long. Make two of it."))
    tokens = READER.parse(markdown.replace("\r\n", "\n"))
    if max((one.level for one in tokens), default=0) >= DEEPEST - 2:
        raise Invalid(html=_("Lists, quotations and tables stand too deep in each other here."))
    return tokens


def _addressed(tokens: Iterable[Token]) -> Iterator[tuple[Token, str, str]]:
    """Images and links among them, each with the attribute that leads somewhere."""
    for token in tokens:
        name = {"image": "src", "link_open": "href"}.get(token.type, "")
        if name:
            yield token, name, str(token.attrs.get(name, ""))
        yield from _addressed(token.children or [])


def _mark_steps(tokens: list[Token]) -> None:
    for token in tokens:
        if token.type == "ordered_list_open" and token.markup == ")":
            token.attrSet("class", "steps")


def _mark_callouts(tokens: list[Token]) -> None:
    opened: list[Token | None] = []
    for place, token in enumerate(tokens):
        if token.type == "blockquote_open":
            kind = _taken_kind(tokens[place + 1 : place + 3])
            opened.append(token if kind else None)
            if kind:
                token.tag = "div"
                token.attrSet("class", f"callout {kind}")
        elif token.type == "blockquote_close" and opened.pop():
            token.tag = "div"


def _taken_kind(after: list[Token]) -> str:
    """The kind that a quotation names at its beginning, which goes; "" when it names none. Words behind it are the first ones."""
    if [one.type for one in after] != ["paragraph_open", "inline"]:
        return ""
    words = after[1]
    found = _ALERT.match(words.content)
    if not found:
        return ""
    words.content = words.content[found.end() :]
    words.children = READER.parseInline(words.content)[0].children
    return found[1].lower()


class _Written(NamedTuple):
    """A block; `kind` is its element, `p` for words without one."""

    kind: str
    text: str


def from_html(html: str, addresses: Mapping[str, str] | None = None) -> str:
    """Clean HTML as Markdown; merged cells of tables are parted, and what Markdown has no word for is plain.

    Images and links lead to other `addresses` where there are some for theirs.
    """
    if not html.strip():
        return ""
    root = parsed(html)
    for element in root.iter("img", "a") if addresses else ():
        for name in ("src", "href"):
            if other := (addresses or {}).get(element.get(name) or ""):
                element.set(name, other)
    return _joined(_blocks(root)) + "\n"


def _joined(blocks: Iterable[_Written]) -> str:
    return "\n\n".join(one.text for one in blocks)


def _blocks(parent: HtmlElement) -> Iterator[_Written]:
    """The blocks in it, and words between them as paragraphs."""
    loose: list[HtmlElement | str] = [parent.text or ""]
    before = _Written("", "")
    for child in parent:
        if child.tag not in BLOCKS:
            loose += [child, child.tail or ""]
            continue
        for made in (_Written("p", paragraph(runs_of(loose))), _block(child, before)):
            if made.text:
                yield made
                before = made
        loose = [child.tail or ""]
    if words := paragraph(runs_of(loose)):
        yield _Written("p", words)


def _block(element: HtmlElement, before: _Written) -> _Written:
    return _Written(element.tag, _text_of_block(element, before))


def _text_of_block(element: HtmlElement, before: _Written) -> str:
    match element.tag:
        case "p":
            return paragraph(_runs_in(element))
        case "h2" | "h3" | "h4":
            return f"{'#' * int(element.tag[1])} {line(_runs_in(element))}"
        case "ul":  # beside another one by another sign: else they would be one
            return _list(element, ["* " if before.kind == "ul" and before.text.startswith("-") else "- "])
        case "ol":
            sign, first = ")" if "steps" in classes_of(element) else ".", int(element.get("start") or 1)
            return _list(element, [f"{first + place}{sign} " for place in range(len(element))])
        case "blockquote":
            return _indented(_joined(_blocks(element)), "> ")
        case "div":
            return _callout(element)
        case "pre":
            return _code(element)
        case "hr":
            return "---"
        case "table":
            return _table(element)
        case _:
            return _joined(_blocks(element))


def _runs_in(element: HtmlElement) -> Iterator[Run]:
    return runs_of([element.text or "", *(one for child in element for one in (child, child.tail or ""))])


def _callout(element: HtmlElement) -> str:
    kind = next((one for one in CALLOUTS if one in classes_of(element)), "")
    body = _joined(_blocks(element))
    apart = "\n" if len(element) and element[0].tag == "p" else "\n\n"
    return _indented(f"[!{kind.upper()}]{apart}{body}", "> ") if kind else body


def _list(element: HtmlElement, marks: list[str]) -> str:
    items = [list(_blocks(item)) for item in element.iterchildren("li")]
    is_tight = all(_is_tight(item) for item in items)
    apart = "\n" if is_tight else "\n\n"
    written = (_item(apart.join(one.text for one in item), mark) for item, mark in zip(items, cycle(marks)))
    return apart.join(written)


def _is_tight(item: list[_Written]) -> bool:
    """It needs no blank lines: words, and perhaps a list that may begin in the line after words."""
    if len(item) < 2:
        return True
    return [one.kind == "p" for one in item] == [True, False] and item[1].text.startswith(("- ", "* ", "1. ", "1) "))


def _item(body: str, mark: str) -> str:
    body = body.replace("---", "___", 1) if body.startswith("---") else body  # `- ---` would be a rule without its item
    return mark + _indented(body, " " * len(mark)).lstrip(" ")


def _code(element: HtmlElement) -> str:
    code = next(element.iter("code"), None)
    language = (code.get("class") or "").removeprefix("language-") if code is not None else ""
    text = "".join(element.itertext()).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _table(element: HtmlElement) -> str:
    lines = [[cell(_runs_in(one)) for one in row if one.tag in ("td", "th")] for row in element.iter("tr")]
    width = max((len(one) for one in lines), default=0)
    if not width:
        return ""
    filled = [one + [""] * (width - len(one)) for one in lines]
    written = [f"| {' | '.join(one)} |" for one in filled]
    return "\n".join([written[0], f"|{' --- |' * width}", *written[1:]])


def _indented(text: str, by: str) -> str:
    return "\n".join(by + one if one else by.rstrip() for one in text.split("\n"))
