"""How mail programs mark what they quote and forward, in the languages that our customers' programs speak."""

import re

from helpdesk.channels.email.fields import without_direction_marks
from helpdesk.channels.email.quote_words import (
    FORWARD_PREFIXES,
    LANGUAGES,
    REPLY_ABOVE,
    alternatives,
    folded,
)

_WROTE = alternatives("wrote", is_pattern=True)
_ENDS_WITH_VERB = re.compile(rf"(?:^|.*[\s>\])\"'»“”،,])(?:{_WROTE})\s*[:：]?\s*\**")
_HAS_VERB = re.compile(rf"(?:^|[\s>])(?:{_WROTE})(?=[\s:：,(]|$)")
_BEGINS_LIKE_ONE = re.compile(rf"\**(?:{alternatives('starts')})\s")
_DATE = re.compile(
    r"\d{1,4}[./年-]\s?\d{1,2}|\d{1,2}[:h]\d{2}|\b(?:1[34]|19|20)\d\d\b|[۰-۹٠-٩]{1,4}|\d{1,2}\s?(?:月|日)"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DATE_AND_ADDRESS = re.compile(r"(?:[^\W\d]{2,14}[.,]{0,2}\s)?\d{1,4}[-./ ].*\d[\s,].*<\s*[^<>\s]+@[^<>\s]+\s*>\s*:\s*")
_MAX_ATTRIBUTION = 400

_DASHED = re.compile(r"[\s>*]*[-_=*]{2,}\s*(?P<words>[^-_=*\s].{0,80}?)\s*[-_=*]{2,}\s*")
_ORIGINAL = re.compile(rf"(?:{alternatives('original')})(?:\s.{{0,60}})?")
_FORWARDED = re.compile(rf"(?:{alternatives('forwarded')})(?:\s.{{0,60}})?")
_BEGIN_FORWARDED = re.compile(rf"(?:{alternatives('begin_forwarded')})\s*[:：]")
_FORWARD_SUBJECT = re.compile(rf"[\s\[(]*(?:{folded(FORWARD_PREFIXES)})\s*(?:\[\d+\])?\s*[:：]")
_REPLY_ABOVE = re.compile(REPLY_ABOVE)
_RULE = re.compile(r"\s*(?:[_=-]{5,}|(?:- ?){6,})\s*")

_OTHER_FIELDS = (
    "reply-to|répondre à|antwort an|responder a|rispondi a|antwoord aan|yanıt adresi|importance|wichtigkeit|priority|priorität|importancia|importância"
    "|priorità|prioriteit|önem|важность|اهمیت|attachments|anlagen|pièces jointes|datos adjuntos|anexos|allegati|bijlagen|ekler|вложения|پیوست ها|پیوست|المرفقات"
    "|organisation|organization|newsgroups|mailing list|liste de diffusion|resent-from|message-id"
)
FIELD_OF = {
    folded(word): name
    for name, words in (
        ("other", _OTHER_FIELDS),
        *((name, getattr(row, f"{name}_" if name == "from" else name)) for row in LANGUAGES.values() for name in ("cc", "to", "subject", "date", "from")),
    )
    for word in words.split("|")
    if word
}  # fmt: skip
"""What a label of a header block is: from, date, to, cc, subject or other."""

_SENT_FROM = re.compile(rf"[-*_\s]*(?:{alternatives('sent_from', is_pattern=True)})[-*_\s.]*")


def is_attribution(text: str) -> bool:
    """Whether the text (of one line, or of several joined by blanks) says who wrote what comes next, and when."""
    line = " ".join(folded(text).split()).strip("-*_ ")
    if not 6 <= len(line) <= _MAX_ATTRIBUTION:
        return False
    if line.endswith((">:", "> :")) and _DATE_AND_ADDRESS.fullmatch(line):
        return True
    if _ENDS_WITH_VERB.fullmatch(line):
        return is_dated(line) or bool(_BEGINS_LIKE_ONE.match(line))
    return line.endswith((":", "：")) and bool(_HAS_VERB.search(line)) and is_dated(line)


def is_dated(line: str) -> bool:
    """Whether the line has anything of a date, or an address."""
    return bool(_DATE.search(line) or _ADDRESS.search(line))


def begins_attribution(line: str) -> bool:
    """Whether an attribution that spans several lines may begin with this one: "On …", or a date."""
    plain = folded(line).lstrip(" -*_")
    return bool(_BEGINS_LIKE_ONE.match(plain) or _DATE.match(plain))


def is_divider(line: str) -> bool:
    """Whether the line alone says that an older mail follows: -----Original Message-----, and our own marker."""
    if not 4 <= len(line) <= 200:
        return False
    plain = folded(line).strip()
    return (
        _is_forward_divider(plain)
        or _between_dashes(plain, _ORIGINAL)
        or bool(_REPLY_ABOVE.fullmatch(plain.strip(" >*")))
    )


def is_forward_divider(line: str) -> bool:
    """Whether the line alone says that a forwarded mail follows."""
    return 4 <= len(line) <= 200 and _is_forward_divider(folded(line).strip())


def _is_forward_divider(plain: str) -> bool:
    return _between_dashes(plain, _FORWARDED) or bool(
        plain.endswith((":", "：")) and _BEGIN_FORWARDED.fullmatch(plain.strip(" >*"))
    )


def _between_dashes(plain: str, words: re.Pattern[str]) -> bool:
    found = _DASHED.fullmatch(plain) if plain.endswith(("-", "_", "=", "*")) else None
    return bool(found and words.fullmatch(found["words"]))


def is_forward_subject(subject: str) -> bool:
    """Whether the subject says that the mail forwards another: Fwd:, WG:, TR:, …"""
    return bool(_FORWARD_SUBJECT.match(folded(subject)))


def header_length(lines: list[str]) -> int:
    """How many of the lines are the header of an older mail: From and two of date, To and subject, in any order.

    0 when the lines do not begin with one.
    """
    return read_header(lines)[0]


def read_header(lines: list[str], *, least: int = 3) -> tuple[int, dict[str, str]]:
    """How many lines are the header of an older mail, and its fields (from, date, to, subject) as they are written.

    (0, {}) when the lines do not begin with From and others: with `least` of these fields.
    """
    found: dict[str, str] = {}
    name = ""
    seen = length = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            if len(found) >= least:
                break
            continue
        label, value = _labelled(line)
        if not seen and not label:
            return 0, {}
        if label:
            if label == "from" and "from" in found:  # another one begins
                break
            name = "to" if label == "cc" else label
            if name not in found and name != "other":
                found[name] = value
            length = number
        elif name in found and (not found[name] or found[name].endswith((",", ";"))):  # a value that goes on
            found[name] = f"{found[name]} {line.strip()}".strip()
            length = number
            continue
        seen += 1
        if seen > 8:
            break
    return (length, found) if "from" in found and len(found) >= least else (0, {})


def _labelled(line: str) -> tuple[str, str]:
    """What kind of field a line of a header block is, and its value."""
    plain = without_direction_marks(line[:1000])
    colon = plain.find(":", 0, 41)
    if colon < 0:
        colon = plain.find("：", 0, 41)
    if colon < 1:
        return "", ""
    label = FIELD_OF.get(folded(plain[:colon]).strip(" *_>\t"), "")
    return label, plain[colon + 1 :].strip(" *_\t\u00a0") if label else ""


def is_rule(line: str) -> bool:
    """Whether the line is only dashes or underscores."""
    return bool(_RULE.fullmatch(line))


def is_sent_from(line: str) -> bool:
    """Whether the line is a telephone's advertisement."""
    return 4 < len(line) < 120 and bool(_SENT_FROM.fullmatch(folded(line).strip()))
