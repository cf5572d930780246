"""The tree of a mail's parts, found in its bytes by offset: nothing is copied and no byte is looked at twice a level.

Python's own parser recurses without a limit and gives nested mails back rewritten; this one keeps to the limits of
the table of mail bombs (depth 20, 500 parts, 256 KB of headers) and hands out every part as it came.
"""

import quopri
import re
from collections.abc import Iterator

import msgspec

from helpdesk.channels.email import fields
from helpdesk.channels.email.fields import from_base64

MAX_DEPTH = 20
MAX_PARTS = 500
MAX_HEADER_BYTES = 256 * 1024
MAX_HEADERS = 1_000

_BLANK_LINES = re.compile(rb"(?:[ \t\r]*\n)*")
_END_OF_HEADERS = re.compile(rb"\r{0,2}\n\r{0,2}\n")
_FOOTER = re.compile(rb"^[ \t]*(?:[-_=]{2,}[ \t\r]*$|[^\s]+[ \t]+[^\s]+[ \t]+[^\s])", re.MULTILINE)
"""Where lists and scanners wrote below base64 in plain words."""
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)


class Part(msgspec.Struct):
    """One part: its header fields (lower-case name, unfolded bytes) and where its body is in the mail.

    `is_unparsed`: a limit was reached, so that `raw[start:end]` was not looked into.
    """

    raw: bytes
    start: int
    end: int
    body: int
    fields: list[tuple[str, bytes]]
    kind: str = "text/plain"
    parameters: dict[str, str] = {}
    parts: list["Part"] = []
    is_unparsed: bool = False

    def field(self, name: str) -> bytes:
        """The first field of this (lower-case) name, or b""."""
        return next((value for key, value in self.fields if key == name), b"")

    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        body = self.raw[self.body : self.end]
        encoding = self.field("content-transfer-encoding").strip().strip(b"\"'").lower()
        if encoding.startswith(b"base64"):
            footer = _FOOTER.search(body) if self.kind.startswith("text/") else None
            return from_base64(body[: footer.start()]) + b"\n" + body[footer.start() :] if footer else from_base64(body)
        if encoding.startswith(b"quoted-printable"):
            return quopri.decodestring(body)
        return body

    def leaves(self) -> Iterator["Part"]:
        """The parts that hold content, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


class _Reading(msgspec.Struct):
    defects: list[str]
    parts: int = 0


def read(raw: bytes) -> tuple[Part, list[str]]:
    """The mail's tree of parts, and what was wrong with it."""
    if b"\n" not in raw:  # an old Macintosh
        raw = raw.replace(b"\r", b"\n")
    blanks = _BLANK_LINES.match(raw)
    reading = _Reading([])
    part = _read_part(raw, blanks.end() if blanks else 0, len(raw), "text/plain", 0, reading)
    return part, list(dict.fromkeys(reading.defects))


def _read_part(raw: bytes, start: int, end: int, usual_kind: str, depth: int, reading: _Reading) -> Part:
    reading.parts += 1
    headers, body, defects = split_headers(raw, start, end)
    reading.defects += defects
    part = Part(raw, start, end, body, headers)
    part.kind, part.parameters = _content_type(part, usual_kind)
    boundary = part.parameters.get("boundary", "")
    if not part.kind.startswith("multipart/"):
        return part
    if not boundary:
        reading.defects.append("a multipart has no boundary")
        part.kind = "text/plain"
        return part
    if depth == MAX_DEPTH:
        reading.defects.append(f"parts nested deeper than {MAX_DEPTH} were not looked into")
        part.is_unparsed = True
        return part
    part.parts = _read_parts(part, boundary, depth, reading)
    if not part.parts:
        reading.defects.append("a multipart has no parts")
        part.kind = "text/plain"
    return part


def _read_parts(whole: Part, boundary: str, depth: int, reading: _Reading) -> list[Part]:
    usual_kind = "message/rfc822" if whole.kind == "multipart/digest" else "text/plain"
    parts: list[Part] = []
    start: int | None = None
    for before, after, is_closing in _boundaries(whole, boundary):
        if start is not None:
            parts.append(_read_part(whole.raw, start, max(before, start), usual_kind, depth + 1, reading))
        start = None if is_closing else after
        if reading.parts >= MAX_PARTS:
            break
        if is_closing:
            return parts
    if start is None:
        return parts
    if reading.parts >= MAX_PARTS:
        reading.defects.append(f"parts after the first {MAX_PARTS} were not looked into")
        return [*parts, Part(whole.raw, start, whole.end, start, [], "message/rfc822", is_unparsed=True)]
    reading.defects.append("the last part has no end")
    if start < whole.end:
        parts.append(_read_part(whole.raw, start, whole.end, usual_kind, depth + 1, reading))
    return parts


def _boundaries(whole: Part, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Where each boundary line begins (its line break is the boundary's) and ends, and whether it closes the multipart."""
    name = re.escape(boundary.encode("utf-8", "surrogateescape"))
    line = re.compile(rb"^--" + name + rb"(--)?[ \t\r]*(?:\n|\Z)", re.MULTILINE)
    for found in line.finditer(whole.raw, whole.body, whole.end):
        before = found.start()
        if before > whole.body:
            before -= 2 if whole.raw[before - 2 : before] == b"\r\n" else 1
        yield before, found.end(), bool(found[1])


def _content_type(part: Part, usual_kind: str) -> tuple[str, dict[str, str]]:
    said = part.field("content-type")
    if not said:
        return usual_kind, {}
    kind, parameters = fields.parameters(said)
    kind = re.sub(r"\s+", "", kind)
    if not re.fullmatch(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+*-]+", kind):
        kind = "text/plain" if kind.partition("/")[0] in ("text", "plain", "") else "application/octet-stream"
    return kind, parameters


def split_headers(raw: bytes, start: int, end: int) -> tuple[list[tuple[str, bytes]], int, list[str]]:
    """The header fields (names in lower case), where the body begins, and what was wrong."""
    for blank in (b"\n", b"\r\n"):
        if raw.startswith(blank, start, end):  # a part without headers
            return [], start + len(blank), []
    found = _END_OF_HEADERS.search(raw, start, end)
    head_end, body = (found.start(), found.end()) if found else (end, end)
    defects: list[str] = []
    if head_end - start > MAX_HEADER_BYTES:
        defects.append("headers over 256 KB were cut")
        head_end = start + MAX_HEADER_BYTES
    headers: list[tuple[str, bytes]] = []
    folded: list[bytes] = []
    position = start
    while position < head_end:
        line_start, newline = position, raw.find(b"\n", position, head_end)
        position = newline + 1 if newline >= 0 else head_end
        text = raw[line_start:position].rstrip(b"\r\n")
        if text[:1] in (b" ", b"\t") and folded:
            folded.append(b" " + text.strip())
        elif is_header := _HEADER.match(text):
            _close(headers, folded)
            folded = [is_header[1], is_header[2].strip()]
        elif line_start == start and text.startswith((b"From ", b">From ")):
            continue  # the separator of a mailbox file
        elif not headers and not folded and (is_header := _HEADER.match(text.strip())):
            folded = [is_header[1], is_header[2].strip()]
        elif not headers and not folded and not _goes_on(raw, position, min(position + 200, head_end)):
            return [], start, ["there are no headers"]
        else:
            defects.append("a line among the headers is none")
            if len(defects) > 50 or not _goes_on(raw, position, head_end):
                body = line_start  # the blank line between headers and body was forgotten
                break
    _close(headers, folded)
    if len(headers) > MAX_HEADERS:
        defects.append("headers after the thousandth were cut")
    return headers[:MAX_HEADERS], body, defects


def _close(headers: list[tuple[str, bytes]], folded: list[bytes]) -> None:
    if folded:
        headers.append((folded[0].decode("ascii").lower(), b"".join(folded[1:]).strip()))
        folded.clear()


def _goes_on(raw: bytes, position: int, head_end: int) -> bool:
    """Whether more header lines follow."""
    return any(_HEADER.match(line) for line in raw[position : min(position + 4_000, head_end)].splitlines())
