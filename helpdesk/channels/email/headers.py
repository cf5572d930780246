"""One header of a mail of ours, encoded and folded; line breaks and NULs are refused, never cleaned.

Each function gives the header without its last line break, or "" when there is nothing to say.
"""

import re
from collections.abc import Iterable, Sequence
from email.header import Header
from urllib.parse import quote

from helpdesk.channels.email.addresses import Address

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDR = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x20\x7f]+@[A-Za-z0-9.-]+")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+-]{1,60}")
_PIECE = 60  # bytes of a percent-encoded name in one line (RFC 2231 3)


def text(name: str, value: str) -> str:
    """An unstructured header; anything but ASCII becomes encoded words, never cut inside a letter."""
    _refuse_breaks(name, value)
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a header name: {name!r}")
    return f"{name}: {_encoded(value, len(name) + 2)}"


def addresses(name: str, people: Sequence[Address]) -> str:
    """An address header, one address a line."""
    written = ",\r\n ".join(_address(name, person) for person in people)
    return f"{name}: {written}" if written else ""


def message_ids(name: str, ids: Iterable[str], *, strict: bool = False) -> str:
    """Message-IDs in angle brackets, one a line.

    Ids of other people's mails that cannot be written are left out; with `strict` they raise ValueError.
    """
    kept = []
    for id_ in ids:
        if _MESSAGE_ID.fullmatch(id_):
            kept.append(f"<{id_}>")
        elif strict:
            raise ValueError(f"{name}: {id_!r} cannot be written as a Message-ID")
    written = "\r\n ".join(kept)
    return f"{name}: {written}" if written else ""


def parameter(name: str, value: str, key: str, text: str) -> str:
    """A header with one parameter: quoted when plain, else percent-encoded in numbered pieces (RFC 2231)."""
    _refuse_breaks(name, text)
    if _PLAIN_NAME.fullmatch(text):
        return f'{name}: {value};\r\n {key}="{text}"'
    encoded = quote(text, safe="", encoding="utf-8", errors="replace")
    pieces = _pieces(f"UTF-8''{encoded}")
    if len(pieces) == 1:
        return f"{name}: {value};\r\n {key}*={pieces[0]}"
    return f"{name}: {value};" + ";".join(f"\r\n {key}*{number}*={piece}" for number, piece in enumerate(pieces))


def token(value: str) -> str:
    """The value when it is one plain word, such as a language code; ValueError otherwise."""
    if not _TOKEN.fullmatch(value):
        raise ValueError(f"not a plain word: {value!r}")
    return value


def ascii_address(addr: str) -> str:
    """The address with its domain in IDNA form; ValueError when it cannot go through plain SMTP."""
    local, _, domain = addr.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}" if domain else addr
        plain.encode("ascii")
    except UnicodeError as error:
        raise ValueError(f"{addr!r} cannot be written to: only its domain may have letters beyond ASCII") from error
    if not _ADDR.fullmatch(plain):
        raise ValueError(f"{addr!r} is not an address that can be written to")
    return plain


def _address(header: str, person: Address) -> str:
    _refuse_breaks(header, person.name + person.addr)
    addr = ascii_address(person.addr)
    if not person.name:
        return addr
    if _ATOMS.fullmatch(person.name):
        shown = person.name
    elif person.name.isascii() and person.name.isprintable() and len(person.name) < 200:
        shown = '"' + re.sub(r'(["\\])', r"\\\1", person.name) + '"'
    else:
        shown = _encoded(person.name, len(header) + 2)
    return f"{shown}\r\n <{addr}>" if len(shown) + len(addr) > 72 else f"{shown} <{addr}>"


def _encoded(value: str, used: int) -> str:
    is_plain = value.isascii() and value.isprintable() and "=?" not in value and max(map(len, value.split(" "))) <= 60
    clean = value.encode("utf-8", "replace").decode()  # a lone surrogate has no UTF-8
    written = Header(clean, "us-ascii" if is_plain else "utf-8", maxlinelen=76, header_name="x" * max(used - 2, 0))
    return written.encode(linesep="\r\n")


def _pieces(encoded: str) -> list[str]:
    pieces = []
    while len(encoded) > _PIECE:
        cut = next(cut for cut in range(_PIECE, _PIECE - 3, -1) if "%" not in encoded[cut - 2 : cut])
        pieces.append(encoded[:cut])
        encoded = encoded[cut:]
    return [*pieces, encoded]


def _refuse_breaks(name: str, value: str) -> None:
    if re.search(r"[\r\n\0]", value):
        raise ValueError(f"{name}: a header cannot hold a line break")
