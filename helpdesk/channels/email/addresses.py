"""Mailboxes of people: a name to show and an address to write to, read from whatever stands in a header.

The structure is read before encoded words are decoded, so that a name can never smuggle in an address
(CVE-2023-27043 is the opposite mistake).
"""

import re

import msgspec

from helpdesk.channels.email.charsets import decode_header
from helpdesk.channels.email.fields import decode_words, one_line, without_direction_marks

MAX_ADDRESSES = 200

_SIMPLE = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"_]+")
_BRACKETS = re.compile(r"<([^<>]*)>?")
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=")


class Address(msgspec.Struct, frozen=True):
    """`addr` is in lower case, without angle brackets; `name` may be empty and is plain text."""

    name: str
    addr: str

    @property
    def domain(self) -> str:
        return self.addr.rpartition("@")[2]


def is_plain(addr: str) -> bool:
    """Whether this is one mailbox of the usual form, with nothing odd about it."""
    return bool(_SIMPLE.fullmatch(addr)) and addr.isprintable()


def read_addresses(raw: bytes) -> list[Address]:
    """The addresses of a field such as To, in order; groups are opened, entries without an address are left out.

    At most MAX_ADDRESSES + 1 are read, so that a caller can see that there were too many.
    """
    read: list[Address] = []
    carried = ""  # of a name with a bare comma: Doe, Dora <dora@x>
    for entry in _entries(decode_header(raw)):
        found = _addresses(f"{carried}, {entry}" if carried else entry)
        carried = entry if not found and not carried and "@" not in entry and "=?" not in entry else ""
        read += found
        if len(read) > MAX_ADDRESSES:
            break
    return read[: MAX_ADDRESSES + 1]


def _entries(text: str) -> list[str]:
    """The text cut at commas and semicolons that stand outside quotes, comments and brackets; group names dropped."""
    entries: list[str] = []
    start, position, quoted, comment, angle, has_at = 0, 0, False, 0, False, False
    closing_quote = text.rfind('"')
    while position < len(text) and len(entries) < 4 * MAX_ADDRESSES:
        letter = text[position]
        if letter == "=" and (word := _ENCODED_WORD.match(text, position)):
            position = word.end()
            continue
        if letter == "\\" and (quoted or comment):
            position += 1
        elif letter == '"' and not comment:
            quoted = not quoted and position < closing_quote
        elif letter == "(" and not quoted:
            comment += 1
        elif letter == ")" and comment:
            comment -= 1
        elif letter in "<>" and not quoted and not comment:
            angle = letter == "<"
        elif not (quoted or comment or angle):
            has_at = has_at or letter == "@"
            if letter in ",;":
                entries.append(text[start:position])
            if letter in ",;" or (letter == ":" and not has_at):  # a colon ends the name of a group
                start, has_at = position + 1, False
        position += 1
    return [entry for entry in (*entries, text[start:]) if entry.strip()]


def _addresses(entry: str) -> list[Address]:
    """Usually one; several where the commas between them were forgotten."""
    brackets = list(_BRACKETS.finditer(entry))
    with_at = [found for found in brackets if "@" in found[1]]
    if len(with_at) > 1:
        starts = [0, *(found.end() for found in with_at)]
        return [_address(entry[start : found.start()], found[1]) for start, found in zip(starts, with_at, strict=False)]
    if with_at:
        return [_address(entry[: with_at[0].start()] or entry[with_at[0].end() :], with_at[0][1])]
    if "@" in (tokens := entry.split("<")[0]) and brackets:  # dora@x <Dora Doe>
        return [_address(brackets[0][1], tokens)]
    if brackets and re.fullmatch(r"[\w.-]+", brackets[0][1]):  # <MAILER-DAEMON>
        return [_address(entry[: brackets[0].start()], brackets[0][1])]
    words = entry.replace("<", " ").split()
    if len(words) > 1 and all("@" in word.strip("@") for word in words):  # a@x b@y
        return [_address("", word) for word in words]
    addr, name = _without_comment(entry.replace("<", " "))
    return [_address(name, addr)] if "@" in addr.strip(" @") else []


def _address(name: str, addr: str) -> Address:
    addr = _clean_addr(addr)
    name = _clean_name(name)
    return Address("" if name.lower() == addr else name, addr)


def _without_comment(entry: str) -> tuple[str, str]:
    """`dora@x (Dora Doe)`: the address and the name in the comment."""
    comments = re.findall(r"\(((?:[^()\\]|\\.)*)\)", entry)
    addr = re.sub(r"\((?:[^()\\]|\\.)*\)", " ", entry)
    if len(tokens := addr.split()) > 1 and sum("@" in token for token in tokens) == 1:  # Dora Doe dora@x
        mailbox = next(token for token in tokens if "@" in token)
        rest = " ".join(token for token in tokens if token is not mailbox)
        return mailbox, " ".join([*comments, rest]) if rest != "@" else " ".join(comments)
    return addr, " ".join(comments)


def _clean_addr(addr: str) -> str:
    addr = re.sub(r"\((?:[^()\\]|\\.)*\)", "", addr)
    quoted = re.match(r'\s*"((?:[^"\\]|\\.)*)"\s*@(.*)', addr, re.DOTALL)
    if quoted and not re.search(r'[\s"\\]', quoted[1]):
        addr = f"{quoted[1]}@{quoted[2]}"
    if addr.lstrip().startswith("@") and ":" in addr:  # a source route
        addr = addr.rpartition(":")[2]
    keep_blanks = '"' in addr
    addr = addr.strip(" \t'<>,;") if not keep_blanks else addr.strip()
    if addr.count('"') == 2 and addr[0] == addr[-1] == '"':
        addr, keep_blanks = addr[1:-1], False
    addr = without_direction_marks(addr if keep_blanks else re.sub(r"\s+", "", addr))
    addr = "".join(letter for letter in addr if letter.isprintable()).removeprefix("mailto:")
    return addr.lower()[:320].rstrip(".")


def _clean_name(name: str) -> str:
    name = name.strip(" \t\r\n<>")
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    name = re.sub(r"\\(.)", r"\1", name) if "=?" not in name else name.replace('"', "")
    plain = without_direction_marks(one_line(decode_words(name)))
    while len(plain) > 1 and plain[0] + plain[-1] in ('""', "''", "()"):
        plain = plain[1:-1].strip()
    return plain[:300]
