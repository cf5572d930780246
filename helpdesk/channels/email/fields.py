"""What the fields of a mail's header say: words, parameters, Message-IDs, dates. Tolerant: bad input gives less, never an error."""

import base64
import binascii
import quopri
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from helpdesk.channels.email.charsets import decode, decode_header

_ENCODED_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]+\?[bBqQ]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;*"]+)(\*(\d+))?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
MAX_ID = 800

_MESSAGE_ID = re.compile(r"<([^<>]*)>")
_DIRECTION_MARKS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_MAX_PARAMETERS = 200


def words(raw: bytes) -> str:
    """An unstructured field, such as the subject, on one line without control characters."""
    return one_line(decode_words(decode_header(raw)))


def one_line(text: str) -> str:
    """The text with every run of blanks and control characters as one blank."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(
        "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text).split()
    )


def without_direction_marks(text: str) -> str:
    """The text without characters that turn the direction, with which a name or address can pose as another."""
    return text if text.isascii() else text.translate(_DIRECTION_MARKS)


def decode_words(text: str) -> str:
    """The text with its encoded words (RFC 2047) decoded.

    Neighbours of one charset are decoded as one run of bytes: many programs cut inside a letter, which is forbidden.
    """
    if "=?" not in text:
        return text
    text = _BETWEEN_WORDS.sub(r"\1", text)
    out: list[str] = []
    run: list[tuple[str, str]] = []  # encoding and payload
    charset, position = "", 0
    for found in _ENCODED_WORD.finditer(text):
        if found.start() != position or found[1].lower() != charset:
            out += _decoded(run, charset), text[position : found.start()]
            run, charset = [], found[1].lower()
        run.append((found[2].upper(), found[3]))
        position = found.end()
    out += _decoded(run, charset), text[position:]
    return "".join(out)


def _decoded(run: list[tuple[str, str]], charset: str) -> str:
    if not run:
        return ""
    cut_inside_base64 = all(kind == "B" for kind, _ in run) and any(len(text.rstrip("=")) % 4 == 1 for _, text in run)
    pieces = [("B", "".join(text for _, text in run))] if cut_inside_base64 else run
    raw = b"".join(from_base64(text.encode()) if kind == "B" else _from_q(text) for kind, text in pieces)
    return decode(raw, charset)[0]


def _from_q(text: str) -> bytes:
    return quopri.decodestring(text.encode("utf-8", "replace"), header=True)


def from_base64(raw: bytes) -> bytes:
    """The bytes of base64 text, whatever stands between its letters; several texts in a row are all read."""
    clean = re.sub(rb"[^A-Za-z0-9+/=]+", b"", raw)
    out = []
    for piece in re.split(rb"=+", clean):
        whole = piece[: len(piece) - 1] if len(piece) % 4 == 1 else piece
        try:
            out.append(base64.b64decode(whole + b"=" * (-len(whole) % 4)))
        except binascii.Error:  # cannot be: only letters of the alphabet, padded
            continue
    return b"".join(out)


def parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """A field such as Content-Type: its value in lower case and its parameters (RFC 2231, and what is sent instead).

    Names that came as encoded words or as raw eight-bit bytes are decoded too.
    """
    text = _without_comments(decode_header(raw))
    value, _, rest = text.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(f";{rest}")):
        if count == _MAX_PARAMETERS:
            break
        name, number, is_encoded = found[1].lower(), found[3], bool(found[4])
        said = re.sub(r"\\(.)", r"\1", found[5]) if found[5] is not None else found[6].strip()
        if number is not None or is_encoded:
            pieces.setdefault(name, {}).setdefault(int((number or "0")[:4]), (is_encoded, said))
        else:
            plain.setdefault(name, decode_words(said))
    for name, numbered in pieces.items():
        plain[name] = _joined([piece for _, piece in sorted(numbered.items())])
    return value.strip().lower(), plain


def _joined(pieces: list[tuple[bool, str]]) -> str:
    charset: str | None = None
    raw = b""
    for count, (is_encoded, text) in enumerate(pieces):
        if is_encoded and count == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
    text = decode(raw, charset or None)[0]
    return decode_words(text) if not any(is_encoded for is_encoded, _ in pieces) else text


def _without_comments(text: str) -> str:
    """Comments in brackets are taken out where they may stand: outside quotes, before or between parameters."""
    if "(" not in text or '"' in text:
        return text
    return re.sub(r"(^|[;\s])\([^()]*\)", r"\1", text)


def message_ids(raw: bytes) -> list[str]:
    """The Message-IDs of a field without angle brackets and blanks; bare ones are taken when none has brackets.

    Controls are dropped and each is cut at MAX_ID bytes, so that it can be stored, indexed and compared.
    """
    text = decode_words(decode_header(raw))
    found = [re.sub(r"\s+", "", id_) for id_ in _MESSAGE_ID.findall(text)]
    if not found:
        tokens = [token.strip("<>\"',;") for token in text.split()]
        found = [token for token in tokens if "@" in token or len(tokens) == 1]
    return [bounded for id_ in found if (bounded := bounded_id(id_))][:1_000]


def bounded_id(text: str) -> str:
    """An identifier of a mail without controls, at most MAX_ID bytes of it."""
    printable = "".join(letter for letter in text if letter.isprintable())
    return printable.encode("utf-8", "ignore")[:MAX_ID].decode("utf-8", "ignore")


def date(raw: bytes) -> datetime | None:
    """The moment in UTC, or None when the field tells none; a date without a zone is taken as UTC."""
    text = re.sub(r"\([^)]*\)?", " ", decode_header(raw)[:200]).strip()
    try:
        parsed = parsedate_tz(text)
        if parsed is None:
            return _iso_date(text)
        zone = timedelta(seconds=parsed[9] or 0)
        return (datetime(*parsed[:6], tzinfo=UTC) - zone) if abs(zone) < timedelta(hours=24) else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return _iso_date(text)


def _iso_date(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
