"""What is inside a winmail.dat: Outlook's own wrapping of text and files (TNEF, MS-OXTNEF), and of messages in it.

Read within limits; what does not follow the format ends the reading, and what was found before that is kept.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

import msgspec

from helpdesk.channels.email.charsets import decode

MAX_FILES = 200
MAX_DEPTH = 5
_MAX_PROPERTIES = 2_000

_SIGNATURE = struct.pack("<I", 0x223E9F78)
_MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES = 0x69003, 0x69005
_BEGIN_ATTACHMENT, _ATTACHMENT_DATA, _ATTACHMENT_TITLE = 0x69002, 0x6800F, 0x18010
_BODY, _SUBJECT, _CODE_PAGE = 0x2800C, 0x18004, 0x69007

_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_NAMES = {
    0x0037: "subject", 0x1000: "text", 0x1009: "rtf", 0x1013: "html", 0x3001: "display_name", 0x3701: "data",
    0x3704: "short_name", 0x3707: "long_name", 0x370E: "kind", 0x3712: "content_id", 0x3FDE: "internet_code_page",
    0x3FFD: "message_code_page",
}  # fmt: skip
_MESSAGE_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")
_STORAGE_INTERFACE = bytes.fromhex("0b00000000000000c000000000000046")


class TnefFile(msgspec.Struct):
    """A file inside; `name`, `kind` and `content_id` are as they are said, perhaps empty."""

    name: str = ""
    kind: str = ""
    content: bytes = b""
    content_id: str = ""


class Tnef(msgspec.Struct):
    """The message that a TNEF body holds. `rtf` is compressed still; `is_whole` tells whether all could be read."""

    subject: str = ""
    text: str = ""
    html: str = ""
    rtf: bytes = b""
    files: list[TnefFile] = []
    is_whole: bool = True


def is_tnef(raw: bytes) -> bool:
    return raw.startswith(_SIGNATURE)


class _Broken(Exception):
    pass


def read_tnef(raw: bytes, *, depth: int = 0) -> Tnef:
    """What could be read of it; never raises, whatever the bytes are."""
    tnef = Tnef(files=[])
    said: dict[str, Any] = {}
    charset = "cp1252"
    try:
        for kind, data in _attributes(raw):
            if kind == _CODE_PAGE:
                charset = f"cp{struct.unpack_from('<I', data)[0]}"
            elif kind in (_SUBJECT, _BODY):
                said.setdefault("subject" if kind == _SUBJECT else "text", _text(data, charset))
            elif kind == _MESSAGE_PROPERTIES:
                said |= _properties(data, charset)
            elif kind == _BEGIN_ATTACHMENT:
                _refuse(len(tnef.files) == MAX_FILES)
                tnef.files.append(TnefFile())
            elif tnef.files and kind == _ATTACHMENT_TITLE:
                tnef.files[-1].name = tnef.files[-1].name or _text(data, charset)
            elif tnef.files and kind == _ATTACHMENT_DATA:
                tnef.files[-1].content = data
            elif tnef.files and kind == _ATTACHMENT_PROPERTIES:
                _describe(tnef.files[-1], _properties(data, charset))
    except (_Broken, struct.error):
        tnef.is_whole = False
    tnef.subject, tnef.text = _string(said, "subject"), _string(said, "text").replace("\r\n", "\n").replace("\r", "\n")
    tnef.rtf = said["rtf"] if isinstance(said.get("rtf"), bytes) else b""
    html = said.get("html", "")
    tnef.html = decode(html, _html_charset(html, said, charset))[0] if isinstance(html, bytes) else html
    if depth < MAX_DEPTH:
        tnef.files = [inner for file in tnef.files for inner in _opened(file, depth)][:MAX_FILES]
    return tnef


def _refuse(is_wrong: bool) -> None:
    if is_wrong:
        raise _Broken


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in order. What follows the last one and is none is left alone."""
    _refuse(not is_tnef(raw))
    position = 6
    while position + 9 <= len(raw):
        level, kind, length = struct.unpack_from("<BII", raw, position)
        position += 9
        if level not in (1, 2):
            return
        _refuse(position + length > len(raw))
        yield kind, raw[position : position + length]
        position += length + 2  # a checksum follows that nobody keeps


def _properties(data: bytes, charset: str) -> dict[str, Any]:
    """The MAPI properties that we know, by our names for them."""
    found: dict[str, Any] = {}
    [count] = struct.unpack_from("<I", data)
    _refuse(count > _MAX_PROPERTIES)
    position = 4
    for _ in range(count):
        kind, id_ = struct.unpack_from("<HH", data, position)
        position += 4
        if id_ >= 0x8000:
            position = _after_name(data, position)
        values, position = _values(data, position, kind)
        if name := _NAMES.get(id_) if values else None:
            value = values[0]
            is_text = kind & 0xFFF in (_STRING8, _UNICODE)
            found[name] = _text(value, "utf-16-le" if kind & 0xFFF == _UNICODE else charset) if is_text else value
    return found


def _after_name(data: bytes, position: int) -> int:
    """Behind the name of a named property: a set, and a number or a text."""
    kind, value = struct.unpack_from("<II", data, position + 16)
    return position + 24 + (_padded(value) if kind == 1 else 0)


def _values(data: bytes, position: int, kind: int) -> tuple[list[bytes], int]:
    is_many, kind = bool(kind & 0x1000), kind & 0xFFF
    is_sized = kind in (_STRING8, _UNICODE, _OBJECT, _BINARY)
    _refuse(not is_sized and kind not in _FIXED)
    count = 1
    if is_many or is_sized:
        [count] = struct.unpack_from("<I", data, position)
        position += 4
    _refuse(count > _MAX_PROPERTIES)
    values: list[bytes] = []
    for _ in range(count):
        length = _FIXED.get(kind, 0)
        if is_sized:
            [length] = struct.unpack_from("<I", data, position)
            position += 4
        _refuse(position + length > len(data))
        values.append(data[position : position + length])
        position += _padded(length)
    return values, position


def _padded(length: int) -> int:
    return length + -length % 4


def _text(raw: bytes, charset: str) -> str:
    text = decode(raw, charset)[0] if charset != "utf-16-le" else raw[: len(raw) & ~1].decode(charset, "replace")
    return text.rstrip("\0")


def _string(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    return value if isinstance(value, str) else ""


def _html_charset(html: str | bytes, said: dict[str, Any], charset: str) -> str:
    """What the HTML itself says, else the properties."""
    inside = (
        re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", html[:4096], re.IGNORECASE)
        if isinstance(html, bytes)
        else None
    )
    if inside:
        return inside[1].decode("ascii", "replace")
    page = said.get("internet_code_page")
    number = struct.unpack("<I", page)[0] if isinstance(page, bytes) and len(page) == 4 else 0
    return {0: charset, 65001: "utf-8", 20127: "us-ascii", 28591: "iso-8859-1", 1200: "utf-16"}.get(
        number, f"cp{number}"
    )


def _describe(file: TnefFile, said: dict[str, Any]) -> None:
    file.name = _string(said, "long_name") or file.name or _string(said, "short_name") or _string(said, "display_name")
    file.kind = _string(said, "kind")
    file.content_id = _string(said, "content_id")
    data = said.get("data")
    if isinstance(data, bytes) and data:
        has_interface = data.startswith((_MESSAGE_INTERFACE, _STORAGE_INTERFACE))
        file.content = data[16:] if has_interface else data


def _opened(file: TnefFile, depth: int) -> Iterator[TnefFile]:
    """A message that is attached, as its text and its files; any other file, and one that cannot be opened, as it is."""
    inner = read_tnef(file.content, depth=depth + 1) if is_tnef(file.content) else None
    if inner is None or not inner.is_whole or not (inner.text or inner.html or inner.files):
        yield file
        return
    name = inner.subject or file.name
    if inner.html:
        yield TnefFile(f"{name}.html", "text/html", inner.html.encode("utf-8", "replace"))
    elif inner.text:
        yield TnefFile(f"{name}.txt", "text/plain", inner.text.encode("utf-8", "replace"))
    yield from inner.files
