"""What is new in a mail, apart from what it quotes and how it is signed. Folded away, never lost."""

import msgspec

from helpdesk.channels.email.quote_marks import (
    begins_attribution,
    header_length,
    is_attribution,
    is_dated,
    is_divider,
    is_forward_divider,
    is_forward_subject,
    is_rule,
    read_header,
)
from helpdesk.channels.email.signatures import signed_lines

NEW, QUOTED, SIGNATURE = "n", "q", "s"

_MAX_LINES = 20_000
MAX_FORWARDS = 20
_LINES_OF_ATTRIBUTION = 4
_LINES_OF_WIDE_ATTRIBUTION = 8
"""With blank lines between its pieces."""


class Split(msgspec.Struct, frozen=True):
    """The three pieces of a text; every line that is not blank is in exactly one of them."""

    new: str
    quoted: str
    signature: str


class Forward(msgspec.Struct, frozen=True):
    """Where a text goes over into a mail that it forwards: the lines from `start` to before `end` are its header."""

    start: int
    end: int
    fields: dict[str, str]
    """from, date, to and subject, as they are written; only those that are there."""


def split(text: str, subject: str = "") -> Split:
    """Take the text apart. A text of which nothing would be left as new is all new, and so is a mail that it forwards.

    The subject tells whether a header block in the text heads a forwarded mail or an answered one.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kinds = kinds_of(lines, subject)
    pieces = {
        wanted: [line for line, kind in zip(lines, kinds, strict=True) if kind == wanted]
        for wanted in NEW + QUOTED + SIGNATURE
    }
    return Split(_trimmed(pieces[NEW]), _trimmed(pieces[QUOTED]), _trimmed(pieces[SIGNATURE]))


def kinds_of(lines: list[str], subject: str = "") -> str:
    """One letter a line: NEW, QUOTED or SIGNATURE.

    What is forwarded is read like a mail that came by itself; where nothing stands above it, its header is folded.
    """
    rest, kinds = lines[:_MAX_LINES], ""
    for _ in range(MAX_FORWARDS):
        forward = find_forward(rest, subject)
        if forward is None:
            break
        own = _kinds_of_answer(rest[: forward.start])
        header = NEW if _is_text(_new(rest, own)) else QUOTED
        kinds += own + header * (forward.end - forward.start)
        rest, subject = rest[forward.end :], ""
        if all(line.startswith(">") or not line.strip() for line in rest):  # a telephone marks all that it forwards
            kinds, rest = kinds + NEW * len(rest), []
    last = _kinds_of_answer(rest)
    kinds += last if not kinds or _is_text(_new(rest, last)) else NEW * len(rest)
    kinds += QUOTED * (len(lines) - len(kinds))
    return kinds if _is_text(_new(lines, kinds)) else NEW * len(lines)


def _kinds_of_answer(lines: list[str]) -> str:
    kinds = [NEW] * len(lines)
    _mark_quotes(lines, kinds)
    _mark_signature(lines, kinds)
    _mark_last_block(lines, kinds)
    return "".join(kinds)


def _new(lines: list[str], kinds: str) -> list[str]:
    return [line for line, kind in zip(lines, kinds, strict=False) if kind == NEW]


def find_forward(lines: list[str], subject: str) -> Forward | None:
    """The mail that the text forwards; None when it forwards none, or answers one that does."""
    by_subject = is_forward_subject(subject)
    for position, line in enumerate(lines[:_MAX_LINES]):
        if not line.strip():
            continue
        if is_forward_divider(line):
            length, fields = _forward_header(lines, position)
        elif by_subject and not line.lstrip().startswith(">"):
            ruled = 1 if is_divider(line) or is_rule(line) else 0
            length, fields = read_header([_unquoted(one) for one in lines[position + ruled : position + ruled + 16]])
            length += ruled if length else 0
        else:
            continue
        if length:
            answers = any(_divider_at(lines, before) or _attribution_at(lines, before) for before in range(position))
            return None if answers else Forward(position, position + length, fields)
    return None


def _forward_header(lines: list[str], position: int) -> tuple[int, dict[str, str]]:
    """How many lines from a divider on head the forwarded mail, and its fields: a header block, or an attribution."""
    start = position + 1
    while start < min(len(lines), position + 4) and not _unquoted(lines[start]).strip():
        start += 1
    length, fields = read_header([_unquoted(line) for line in lines[start : start + 16]], least=2)
    if not length and (length := _attribution_at(lines, start) if start < len(lines) else 0):
        fields = {"from": " ".join(lines[start : start + length]).strip().rstrip(":")}
    return (start - position + length, fields) if length else (1, {})


def _unquoted(line: str) -> str:
    return line.lstrip().removeprefix(">").lstrip()


def _mark_quotes(lines: list[str], kinds: list[str]) -> None:
    position, has_text = 0, False
    while position < len(lines):
        if length := _divider_at(lines, position):
            end = len(lines) if has_text else position + length
        elif length := _attribution_at(lines, position):
            end = _end_of_quote(lines, position + length)
            if end == position + length and has_text:  # a quote without marks goes on to the end
                end = len(lines)
        else:
            has_text = has_text or _is_text(lines[position : position + 1])
            position += 1
            continue
        kinds[position:end] = [QUOTED] * (end - position)
        position = end


def _divider_at(lines: list[str], position: int) -> int:
    """How many lines from here on head an older mail, 0 when they do not."""
    if not lines[position].strip():
        return 0
    following = lines[position : position + 16]
    ruled = 1 if is_divider(following[0]) or is_rule(following[0]) else 0
    header = header_length(following[ruled:])
    while ruled and not header and ruled < len(following) and not following[ruled].strip():
        ruled += 1
        header = header_length(following[ruled:])
    return ruled + header if header or is_divider(following[0]) else 0


def _attribution_at(lines: list[str], position: int) -> int:
    """How many lines from here on are one attribution ("On …, Dora\\n<dora@x> wrote:"), 0 when none is."""
    if not lines[position].strip() or lines[position].lstrip().startswith(">"):
        return 0
    joined, is_wide = "", False
    for count, line in enumerate(lines[position : position + _LINES_OF_WIDE_ATTRIBUTION], start=1):
        if not is_wide and (count > _LINES_OF_ATTRIBUTION or not line.strip()):
            is_wide = begins_attribution(lines[position]) and is_dated(joined)
            if not is_wide:
                return 0
        if not line.strip():
            continue
        if count > 1 and line.lstrip().startswith(">") and not is_attribution(f"{joined} {line}"):
            return 0
        joined = f"{joined} {line.strip()}"
        if is_attribution(joined):
            begins_later = any(begins_attribution(later) for later in lines[position + 1 : position + count])
            return 0 if begins_later else count
        if line.rstrip().endswith((".", "!", "?", "؟")):
            return 0
    return 0


def _end_of_quote(lines: list[str], start: int) -> int:
    """Where the block of `>` lines ends that begins here or after blank lines; `start` when there is none."""
    end = position = start
    while position < len(lines):
        if lines[position].lstrip().startswith(">"):
            end = position + 1
        elif lines[position].strip() and not _is_wrapped(lines, position, end):
            break
        position += 1
    return end


def _is_wrapped(lines: list[str], position: int, end: int) -> bool:
    """Whether the line is the tail of a quoted line that a program cut: a short one between two quoted lines."""
    is_between = position == end and position + 1 < len(lines) and lines[position + 1].lstrip().startswith(">")
    return is_between and position > 0 and len(lines[position]) < 40 and len(lines[position - 1]) > 55


def _mark_last_block(lines: list[str], kinds: list[str]) -> None:
    """`>` lines that nothing of the writer's follows are quoted even without an attribution."""
    last = len(lines)
    while last and (kinds[last - 1] != NEW or not lines[last - 1].strip() or lines[last - 1].lstrip().startswith(">")):
        last -= 1
    for position in range(last, len(lines)):
        if kinds[position] == NEW and lines[position].strip():
            kinds[position] = QUOTED


def _mark_signature(lines: list[str], kinds: list[str]) -> None:
    new = [position for position in range(len(lines)) if kinds[position] == NEW and lines[position].strip()]
    signed = signed_lines(lines, new)
    for position in range(signed[0], signed[-1] + 1) if signed else ():
        if kinds[position] == NEW:
            kinds[position] = SIGNATURE


def _is_text(lines: list[str]) -> bool:
    return any(letter.isalnum() for line in lines for letter in line)


def _trimmed(lines: list[str]) -> str:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return "\n".join(line.rstrip() for line in lines[start:end])
