"""The lines at the top of a Markdown file that say what it is: `name: value` between two lines of `---`.

Values are written as JSON, which is YAML too, wherever a plain word could be misread. What is read is the part of YAML that
people write there: words, quoted or not, and lists in brackets or as lines that begin with a hyphen.
"""

import json
import re

_PLAIN = re.compile(r"[^\W_](?:[\w .,;/()!-]*[\w)!])?")
_MISREAD = re.compile(r"(?:true|false|null|yes|no|on|off|~|[\d.,:_-]+)", re.IGNORECASE)
_LINE = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")

_END = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE)
_ILLEGIBLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

Value = str | list[str]


def written(values: dict[str, Value], body: str) -> str:
    """The file."""
    lines = [f"{name}: {_list(value) if isinstance(value, list) else _word(value)}" for name, value in values.items()]
    return "\n".join(["---", *lines, "---", "", body.strip(), ""])


def read(text: str) -> tuple[dict[str, Value], str]:
    """What the lines say and the body behind them; without such lines all of it is body, also when it begins with a rule."""
    text = text.replace("\x00", "").removeprefix("\ufeff").replace("\r\n", "\n")
    end = _END.search(text, 4)
    lines = text[4 : end.start()].split("\n") if end and text.startswith("---\n") else []
    found = _named(lines)
    return (found, text[end.end() :].lstrip("\n")) if end and found else ({}, text)


def _named(lines: list[str]) -> dict[str, Value]:
    """Nothing when one of them is none of ours."""
    found: dict[str, Value] = {}
    last = ""
    for line in lines:
        if (item := _ITEM.fullmatch(line)) and last:
            before = found[last]
            found[last] = [*(before if isinstance(before, list) else []), _read_word(item[1])]
        elif named := _LINE.fullmatch(line.rstrip()):
            last = named[1].lower()
            found[last] = _read(named[2])
        elif line.strip() and line[0] not in " \t#":
            return {}
    return found


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
