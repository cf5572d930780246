"""Markdown both ways: CommonMark with tables and struck words, and two things that articles have besides.

A callout is a quotation that begins with `[!NOTE]` (`TIP`, `WARNING`, `DANGER`), as on GitHub. Steps are a numbered list
whose numbers have a bracket, `1)`: one with dots, `1.`, is a plain list.
"""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement
from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge_base.cleaning import CALLOUTS, clean
from knowledge_base.trees import classes_of, parsed

_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_ALERT = re.compile(rf"\[!({'|'.join(CALLOUTS)})\][ \t]*\n?", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|])")
_AT_THE_START = re.compile(r"^(\s*)(#{1,6}(?=\s)|[-+](?=\s)|\d{1,9}(?=[.)]\s)|>|=+\s*$|-{3,})", re.MULTILINE)
_MARKS = {"strong": "**", "em": "*", "s": "~~"}
_ESCAPED_TAGS = {"sub", "sup", "kbd"}


def to_html(markdown: str) -> str:
    """As HTML that an article may hold; raises Invalid when it is too long."""
    tokens = _READER.parse(markdown.replace("\r\n", "\n"))
    _mark_steps(tokens)
    _mark_callouts(tokens)
    return clean(_READER.renderer.render(tokens, _READER.options, {}))


def from_html(html: str) -> str:
    """Clean HTML as Markdown; merged cells of tables are parted, and what Markdown has no word for is plain."""
    return "\n\n".join(_blocks(parsed(html))).strip() + "\n" if html.strip() else ""


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
    """The kind that the first line of a quotation names, which goes; "" when it names none."""
    if [one.type for one in after] != ["paragraph_open", "inline"]:
        return ""
    found = _ALERT.match(after[1].content)
    if not found:
        return ""
    children = after[1].children or []
    rest = found[0].count("\n") + 1
    after[1].children = children[rest:]
    return found[1].lower()


def _blocks(parent: HtmlElement) -> Iterator[str]:
    """The blocks in it, and words between them as paragraphs."""
    loose = _line(parent.text)
    for child in parent:
        written = _block(child)
        if written is None:
            loose += _inline(child)
        else:
            if loose.strip():
                yield loose.strip()
            loose = ""
            if written:
                yield written
        loose += _line(child.tail)
    if loose.strip():
        yield _paragraph(loose)


def _block(element: HtmlElement) -> str | None:
    """The block as Markdown, None when it is none."""
    match element.tag:
        case "p":
            return _paragraph(_inlines(element))
        case "h2" | "h3" | "h4":
            return f"{'#' * int(element.tag[1])} {_inlines(element).strip()}"
        case "ul" | "ol":
            return _list(element)
        case "blockquote":
            return _indented("\n\n".join(_blocks(element)), "> ")
        case "div":
            kind = next((one for one in CALLOUTS if one in classes_of(element)), "")
            body = "\n\n".join(_blocks(element))
            apart = "\n" if len(element) and element[0].tag == "p" else "\n\n"
            return _indented(f"[!{kind.upper()}]{apart}{body}", "> ") if kind else body
        case "pre":
            return _code(element)
        case "hr":
            return "---"
        case "table":
            return _table(element)
        case _:
            return None


def _paragraph(text: str) -> str:
    return _AT_THE_START.sub(lambda found: f"{found[1]}{_escaped_start(found[2])}", text.strip())


def _escaped_start(mark: str) -> str:
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def _list(element: HtmlElement) -> str:
    is_ordered, sign = element.tag == "ol", ")" if "steps" in classes_of(element) else "."
    first, items = int(element.get("start") or 1), []
    is_tight = not any(len(list(item.iterchildren("p"))) > 1 for item in element.iterchildren("li"))
    for number, item in enumerate(element.iterchildren("li"), first):
        mark = f"{number}{sign} " if is_ordered else "- "
        body = ("\n" if is_tight else "\n\n").join(_blocks(item))
        items.append(mark + _indented(body, " " * len(mark)).lstrip(" "))
    return ("\n" if is_tight else "\n\n").join(items)


def _code(element: HtmlElement) -> str:
    code = next(element.iter("code"), None)
    language = (code.get("class") or "").removeprefix("language-") if code is not None else ""
    text = "".join(element.itertext()).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _table(element: HtmlElement) -> str:
    lines = [[_cell(cell) for cell in row if cell.tag in ("td", "th")] for row in element.iter("tr")]
    width = max((len(line) for line in lines), default=0)
    if not width:
        return ""
    filled = [line + [""] * (width - len(line)) for line in lines]
    written = [f"| {' | '.join(line)} |" for line in filled]
    return "\n".join([written[0], f"|{' --- |' * width}", *written[1:]])


def _cell(cell: HtmlElement) -> str:
    return " ".join(part.replace("\\\n", " ").replace("\n", " ") for part in _blocks(cell)).strip()


def _indented(text: str, by: str) -> str:
    return "\n".join((by + line).rstrip() for line in text.split("\n"))


def _inlines(element: HtmlElement) -> str:
    words = _line(element.text) + "".join(_inline(child) + _line(child.tail) for child in element)
    return words.replace("\\\n ", "\\\n")


def _inline(element: HtmlElement) -> str:
    match element.tag:
        case "strong" | "em" | "s":
            return _around(_inlines(element), _MARKS[element.tag])
        case "code" | "kbd":
            return _code_span("".join(element.itertext()))
        case "br":
            return "\\\n"
        case "a":
            words, href = _inlines(element), element.get("href") or ""
            return f"[{words}]({_address(href)})" if href else words
        case "img":
            return f"![{_line(element.get('alt'))}]({_address(element.get('src') or '')})"
        case _:
            return "\n\n".join(_blocks(element)) if _block(element) is not None else _inlines(element)


def _around(words: str, mark: str) -> str:
    """The mark stands at the words, not at blanks beside them: there it would mean nothing."""
    bare = words.strip()
    if not bare:
        return words
    before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{before}{mark}{bare}{mark}{after}"


def _code_span(text: str) -> str:
    text = " ".join(text.split("\n"))
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def _address(url: str) -> str:
    return f"<{url}>" if re.search(r"[\s()<>]", url) else url


def _line(text: str | None) -> str:
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text or ""))
