"""The words of one block as Markdown that is read back as those words with those marks.

CommonMark takes `**` for a mark only where a word seems to begin or end, so that `**foo:**bar` and `**«x»**ها` would be read
with their asterisks. There the letter beside the mark is written by its number, `&#1607;`. What is written is read again, and
written with less until it comes back: in the end without marks, but always with its words.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from string import punctuation
from typing import Literal, NamedTuple
from unicodedata import category

from lxml.html import HtmlElement
from markdown_it import MarkdownIt
from markdown_it.token import Token

_Kind = Literal["words", "code", "image", "break"]
_Place = Literal["paragraph", "line", "cell"]
_MARKS = {"strong": "**", "em": "*", "s": "~~"}
_ORDER = ("a", "strong", "em", "s")
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|]|&(?=#?\w{1,40};))")
_UNSEEN = re.compile(r"[^\S ]")
_AT_THE_START = re.compile(r"^(#{1,6}(?=\s|$)|\+(?=\s|$)|\d{1,9}(?=[.)](?:\s|$))|>|:(?=-)|=+\s*$|-(?=[-:\s|]|$))", re.MULTILINE)  # fmt: skip
_HARMLESS = re.compile(r"[^\W\d_][^\n]*")


DEEPEST = 50
"""Blocks in each other; what is deeper is not read."""


class Reader(MarkdownIt):
    """CommonMark with tables and struck words; addresses stay as they are typed."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": DEEPEST})
        self.enable(["table", "strikethrough"])

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - its name over there
        return url


READER = Reader()


class Run(NamedTuple):
    """Words with the same marks, of which a link is `a ADDRESS`; of an image the words are its alternative."""

    kind: _Kind
    words: str
    marks: frozenset[str] = frozenset()
    address: str = ""


def runs_of(parts: Iterable[HtmlElement | str], marks: frozenset[str] = frozenset()) -> Iterator[Run]:
    """Of HTML; blocks are words with blanks around them."""
    for part in parts:
        if isinstance(part, str):
            yield Run("words", part, marks)
            continue
        match part.tag:
            case "br":
                yield Run("break", "\n", marks)
            case "img":
                yield Run("image", part.get("alt") or "", marks, part.get("src") or "")
            case "code" | "kbd":
                for run in runs_of(_inside(part), marks):
                    yield run._replace(kind="code", words=_BLANKS.sub(" ", run.words)) if run.kind == "words" else run
            case "strong" | "em" | "s":
                yield from runs_of(_inside(part), marks | {part.tag})
            case "a":
                yield from runs_of(_inside(part), marks | {f"a {part.get('href') or ''}"})
            case "sub" | "sup":
                yield from runs_of(_inside(part), marks)
            case _:
                yield from [Run("words", " ", marks), *runs_of(_inside(part), marks), Run("words", " ", marks)]


def _inside(element: HtmlElement) -> Iterator[HtmlElement | str]:
    yield element.text or ""
    for child in element:
        yield child
        yield child.tail or ""


def runs_in(tokens: Iterable[Token]) -> Iterator[Run]:
    """Of Markdown that was read."""
    marks: list[str] = []
    for token in tokens:
        match token.type:
            case "text":
                yield Run("words", token.content, frozenset(marks))
            case "softbreak":
                yield Run("words", " ", frozenset(marks))
            case "hardbreak":
                yield Run("break", "\n", frozenset(marks))
            case "code_inline":
                yield Run("code", token.content, frozenset(marks))
            case "image":
                alternative = "".join(run.words for run in runs_in(token.children or []))
                yield Run("image", alternative, frozenset(marks), str(token.attrs.get("src", "")))
            case "link_open":
                marks.append(f"a {token.attrs.get('href', '')}")
            case _ if token.nesting == 1:
                marks.append(token.tag)
            case _:
                marks.pop()


def settled(runs: Iterable[Run]) -> list[Run]:
    """As few runs as say the same. A blank has the marks that both its neighbours have, those at the ends are none."""
    parts: list[Run] = []
    for run in runs:
        if run.kind == "code" and not run.words.strip():
            run = run._replace(kind="words")
        words = run.words if run.kind == "break" else _BLANKS.sub(" ", run.words)
        if run.kind == "words":
            for one in (" " * words.startswith(" "), words.strip(" "), " " * words.endswith(" ")):
                if one:
                    parts.append(run._replace(words=one))
        elif words or run.kind == "image":
            parts.append(run._replace(words=words.strip(" ") if run.kind == "image" else words))
    return _joined(_without_idle_blanks(parts))


def _without_idle_blanks(parts: list[Run]) -> list[Run]:
    """Blanks between words alone: one, or the breaks that stand there."""
    found: list[Run] = []
    blanks: list[Run] = []
    for part in parts:
        if part.kind == "break" or (part.kind == "words" and part.words == " "):
            blanks.append(part)
            continue
        breaks = [one for one in blanks if one.kind == "break"]
        if found and blanks:
            marks = found[-1].marks & part.marks
            found += [one._replace(marks=marks) for one in breaks or blanks[:1]]
        found.append(part)
        blanks = []
    return found


def _joined(parts: list[Run]) -> list[Run]:
    found: list[Run] = []
    for part in parts:
        before = found[-1] if found else None
        if before and part.kind in ("words", "code") and (before.kind, before.marks) == (part.kind, part.marks):
            found[-1] = before._replace(words=_BLANKS.sub(" ", before.words + part.words))
        else:
            found.append(part)
    return found


def paragraph(runs: Iterable[Run]) -> str:
    """A paragraph; "" when it says nothing."""
    return _written(settled(runs), "paragraph")


def line(runs: Iterable[Run]) -> str:
    """A heading's words; signs at its end would be taken for the heading's."""
    return re.sub(r"#+$", r"\\\g<0>", _written(settled(_unbroken(runs)), "line"))


def cell(runs: Iterable[Run]) -> str:
    """What stands between the lines of a table."""
    return _written(settled(_unbroken(runs)), "cell")


def _unbroken(runs: Iterable[Run]) -> Iterator[Run]:
    return (Run("words", " ", run.marks) if run.kind == "break" else run for run in runs)


def _written(runs: list[Run], place: _Place) -> str:
    if not runs or (len(runs) == 1 and runs[0].kind == "words" and not runs[0].marks and _is_harmless(runs[0].words)):
        return "".join(run.words for run in runs)
    for is_careful in (False, True):
        text = _marked(runs, place, is_careful=is_careful)
        if settled(runs_in(_read(text, place))) == runs:
            return text
    bare = (run._replace(kind="words" if run.kind == "code" else run.kind, marks=frozenset()) for run in runs)
    return _marked(settled(bare), place, is_careful=True)


def _is_harmless(words: str) -> bool:
    return bool(_HARMLESS.fullmatch(words)) and not _SPECIAL.search(words) and not _UNSEEN.search(words)


def _read(text: str, place: _Place) -> list[Token]:
    if place == "paragraph":
        tokens = READER.parse(text)
        is_one = [one.type for one in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        return (tokens[1].children or []) if is_one else []
    if place == "cell":
        text = text.replace("\\|", "|")
    return READER.parseInline(text)[0].children or []


def _marked(runs: list[Run], place: _Place, *, is_careful: bool) -> str:
    """`is_careful`: emphasis is `_`, so that its signs never join those of `**`, and each letter beside a sign is a number."""
    signs = _MARKS | ({"em": "_"} if is_careful else {})
    turns = list(_turns(runs))
    numbered = _numbered(runs, turns, is_careful=is_careful)
    text = ""
    for at, (closed, opened) in enumerate(turns):
        text += "".join(f"]({_address(one[2:])})" if one.startswith("a ") else signs[one] for one in closed)
        run = runs[at] if at < len(runs) else None
        if run and opened and run.kind == "words" and run.words.startswith(" "):  # no sign begins before a blank
            text, run = f"{text} ", run._replace(words=run.words[1:])
        if any(one.startswith("a ") for one in opened) and text.endswith("!"):
            text = f"{text[:-1]}\\!"
        text += "".join("[" if one.startswith("a ") else signs[one] for one in opened)
        if run:
            text += _run(run, place, *numbered[at])
    if place == "paragraph":
        return _AT_THE_START.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", text)
    return text


def _turns(runs: list[Run]) -> Iterator[tuple[list[str], list[str]]]:
    """Marks that end and that begin before each run, and after the last."""
    active: list[str] = []
    for place, run in enumerate([*runs, Run("words", "")]):
        kept = len(list(takewhile(run.marks.__contains__, active)))
        closed, active = active[kept:][::-1], active[:kept]
        opened = sorted(
            run.marks - set(active), key=lambda mark: (-_extent(mark, runs[place:]), _ORDER.index(mark.split()[0]))
        )
        active = active + opened
        yield closed, opened


def _extent(mark: str, runs: list[Run]) -> int:
    return len(list(takewhile(lambda run: mark in run.marks, runs)))


def _numbered(runs: list[Run], turns: list[tuple[list[str], list[str]]], *, is_careful: bool) -> list[list[bool]]:
    """Whether the first and the last letter of each run is to be written by its number, for the sake of the sign beside it."""
    found = [[False, False] for _run in runs]
    for place in range(1, len(runs)):
        closes, opens = (any(one in _MARKS for one in marks) for marks in turns[place])
        before, after = _edge(runs[place - 1], -1), _edge(runs[place], 0)
        if " " in (before, after):
            continue
        is_same = _is_letter(before) == _is_letter(after)
        if closes and (not opens or not is_same):
            found[place][0] = _is_letter(after) and (is_careful or not _is_letter(before))
        if opens and (not closes or not is_same):
            found[place - 1][1] = _is_letter(before) and (is_careful or not _is_letter(after))
    return found


def _edge(run: Run, place: int) -> str:
    """The letter or sign that stands there in the Markdown."""
    if run.kind == "words":
        return "&" if _UNSEEN.match(run.words[place]) else run.words[place]
    return "\n" if run.kind == "break" else "`"


def _is_letter(sign: str) -> bool:
    """Neither a blank nor, for CommonMark, punctuation. Of symbols readers think differently: they are numbered in doubt."""
    return not sign.isspace() and sign not in punctuation and not category(sign).startswith("P")


def _run(run: Run, place: _Place, is_first_numbered: bool, is_last_numbered: bool) -> str:
    match run.kind:
        case "break":
            return "\\\n"
        case "code":
            return _code_span(run.words.replace("|", "\\|") if place == "cell" else run.words)
        case "image":
            return f"![{_escaped(run.words)}]({_address(run.address)})"
    words, first, last = run.words, "", ""
    if is_first_numbered:
        first, words = f"&#{ord(words[0])};", words[1:]
    if is_last_numbered and words:
        last, words = f"&#{ord(words[-1])};", words[:-1]
    return first + _escaped(words) + last


def _escaped(words: str) -> str:
    return _UNSEEN.sub(lambda found: f"&#{ord(found[0])};", _SPECIAL.sub(r"\\\1", words))


def _code_span(words: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", words)), default=0))
    is_padded = words.startswith("`") or words.endswith("`") or (words[0] == words[-1] == " " and bool(words.strip()))
    return f"{fence} {words} {fence}" if is_padded else f"{fence}{words}{fence}"


def _address(url: str) -> str:
    safe = re.sub(r"([\\<>]|&(?=#?\w{1,40};))", r"\\\1", url)
    return f"<{safe}>" if re.search(r"[\s()\\<>&]", url) else url
