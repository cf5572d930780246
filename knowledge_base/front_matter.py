"""The lines at the top of a Markdown file that say what it is: `name: value` between two lines of `---`.

Values are written as JSON, which is YAML too, wherever a plain word could be misread. What is read is the part of YAML that
people write there: words, quoted or not, and lists in brackets or as lines that begin with a hyphen. What is not that, in lines
that name what we know, is a flaw: the rest is read, and what cannot be stays in the body.
"""

import json
import re
from enum import StrEnum
from itertools import dropwhile, takewhile

import msgspec

_PLAIN = re.compile(r"[^\W_](?:[\w .,;/()!-]*[\w)!])?")
_MISREAD = re.compile(r"(?:true|false|null|yes|no|on|off|~|[\d.,:_-]+)", re.IGNORECASE)
_LINE = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")

_END = re.compile(r"---[ \t]*")
_OURS = {"title", "language", "slug", "article", "category", "audience", "tags", "position", "review", "files"}
_ILLEGIBLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

Value = str | list[str]


class Kind(StrEnum):
    STRANGE = "strange"
    """No `name: value`: it stands at the beginning of the body."""
    OPEN = "open"
    """A bracket or a quote that does not close in its line: the value is taken as it stands."""
    ENDLESS = "endless"
    """The last line that was read; no `---` is below."""


class Flaw(msgspec.Struct, frozen=True):
    """`line` counts from 1, the first `---` of the file."""

    line: int
    text: str
    kind: Kind


def written(values: dict[str, Value], body: str) -> str:
    """The file."""
    lines = [f"{name}: {_list(value) if isinstance(value, list) else _word(value)}" for name, value in values.items()]
    return "\n".join(["---", *lines, "---", "", body.strip(), ""])


def read(text: str) -> tuple[dict[str, Value], str, list[Flaw]]:
    """What the lines say, the body behind them, and what is wrong with the lines.

    Without such lines all of it is body, also when it begins with a rule.
    """
    text = text.replace("\x00", "").removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return {}, text, []
    rest = text[4:].split("\n")
    end = next((number for number, line in enumerate(rest) if _END.fullmatch(line)), None)
    found, flaws = _named(rest[:end])
    if end is None or (flaws and _has_body(rest[:end])):
        end = sum(1 for _ in takewhile(lambda line: _is_readable(line) and not line.startswith("#"), rest))
        found, flaws = _named(rest[:end])
        flaws.append(Flaw(end + 1, rest[end - 1], Kind.ENDLESS))
        rest.insert(end, "---")
    if not found or (flaws and not _OURS & found.keys()):
        return {}, text, []
    unread = [flaw.text.strip() for flaw in flaws if flaw.kind is Kind.STRANGE]
    return found, "\n\n".join([*unread, "\n".join(rest[end + 1 :]).lstrip("\n")]), flaws


def _has_body(lines: list[str]) -> bool:
    """Whether words stand below an empty line: the `---` behind them is a rule of the body."""
    below = list(dropwhile(str.strip, lines))
    return any(line.strip() and not _is_readable(line) for line in below)


def _named(lines: list[str]) -> tuple[dict[str, Value], list[Flaw]]:
    found: dict[str, Value] = {}
    flaws: list[Flaw] = []
    last = ""
    for number, line in enumerate(lines, start=2):
        before = found.get(last)
        if (item := _ITEM.fullmatch(line)) and (before == "" or isinstance(before, list)):
            found[last] = [*before, _read_word(item[1])]
        elif named := _LINE.fullmatch(line.rstrip()):
            last = named[1].lower()
            found[last] = _read(named[2])
            if _is_open(named[2]):
                flaws.append(Flaw(number, line, Kind.OPEN))
        elif line.strip() and not line.lstrip().startswith("#") and (line[0] not in " \t" or last in _OURS):
            flaws.append(Flaw(number, line, Kind.STRANGE))
    return found, flaws


def _is_readable(line: str) -> bool:
    return bool(line.strip()) and (line[0] in " \t#" or bool(_LINE.fullmatch(line.rstrip()) or _ITEM.fullmatch(line)))


def _is_open(value: str) -> bool:
    first, last = value[:1], value[-1:]
    return (first == "[" and last != "]") or (first in ('"', "'") and (len(value) < 2 or first != last))


def _word(value: str) -> str:
    is_plain = _PLAIN.fullmatch(value) and not _MISREAD.fullmatch(value)
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _list(values: list[str]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _read(value: str) -> Value:
    value = value.strip()
    if not (value.startswith("[") and value.endswith("]")):
        return _read_word(value)
    try:
        return [_legible(str(one)) for one in json.loads(value)]
    except ValueError:
        return [_read_word(one) for one in value[1:-1].split(",") if one.strip()]


def _read_word(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return _legible(str(json.loads(value)))
        except ValueError:
            return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value


def _legible(value: str) -> str:
    """Without what no title or tag can hold, and no database."""
    return _ILLEGIBLE.sub("", value)
