"""A mail of ours, written out as bytes.

The same input always gives the same bytes (the boundaries come from the Message-ID), so that every
attempt to send a delivery sends the same copy. Python's own generators refold long Message-IDs into
encoded words and draw random boundaries, so the few lines of MIME are written here.
"""

import base64
import hashlib
import quopri
import re
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Literal

import msgspec

from helpdesk.channels.email import headers
from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.html_text import is_right_to_left, paragraphs, text_to_html
from helpdesk.channels.email.written import for_mail

_CONTENT_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_MAX_REFERENCES = 40


class OutgoingAttachment(msgspec.Struct, frozen=True):
    """A file to send; with `content_id` (no angle brackets) it is an image that the HTML shows."""

    name: str
    content_type: str
    content: bytes
    content_id: str | None = None


class Quoted(msgspec.Struct, frozen=True):
    """An earlier message, shown below ours: `attribution` is "On … wrote:" in the reader's language."""

    attribution: str
    text: str
    html: str | None = None


class Online(msgspec.Struct, frozen=True):
    """Where the reader sees all of it: `words` are the link's, in the mail's language."""

    words: str
    url: str


class OutgoingMail(msgspec.Struct, frozen=True, kw_only=True):
    """All that a mail says. Message-IDs have no angle brackets; `date` is aware; `html` is already safe."""

    from_: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    subject: str
    date: datetime
    message_id: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    language: str = "en"
    marker: str = ""
    """The line above which a customer is asked to write, if any."""
    text: str
    html: str | None = None
    signature: str = ""
    online: Online | None = None
    quoted: Quoted | None = None
    earlier: tuple[Quoted, ...] = ()
    """What is quoted below that, the newest first."""
    attachments: tuple[OutgoingAttachment, ...] = ()
    automatic: Literal["auto-replied", "auto-generated"] | None = None
    instance_id: str = ""
    """Names this installation in automatic mail, so that it knows its own when one comes back."""
    extra_headers: tuple[tuple[str, str], ...] = ()


def compose(mail: OutgoingMail) -> bytes:
    """The mail as RFC 5322 bytes: CRLF, seven bits, no line over 998 bytes.

    Raises ValueError when a header value holds a line break or a NUL, or an address cannot be written.
    """
    files = [file for file in mail.attachments if not file.content_id]
    inline = [file for file in mail.attachments if file.content_id]
    html = _attached("related", mail, _leaf("text/html; charset=utf-8", _html(mail)), inline)
    bodies = [_leaf("text/plain; charset=utf-8", _text(mail)), html]
    body = _attached("mixed", mail, _multipart("alternative", mail, bodies), files)
    return "\r\n".join([*_headers(mail), body]).encode("ascii")


def _headers(mail: OutgoingMail) -> list[str]:
    lines = [
        headers.addresses("From", [mail.from_]),
        headers.addresses("To", mail.to),
        headers.addresses("Cc", mail.cc),
        headers.addresses("Reply-To", [mail.reply_to] if mail.reply_to else []),
        headers.text("Subject", mail.subject),
        f"Date: {format_datetime(mail.date)}",
        headers.message_ids("Message-ID", [mail.message_id], strict=True),
        headers.message_ids("In-Reply-To", [mail.in_reply_to] if mail.in_reply_to else []),
        headers.message_ids("References", _within_limits(mail.references)),
    ]
    if mail.automatic:
        lines += [
            headers.text("Auto-Submitted", mail.automatic),
            headers.text("X-Auto-Response-Suppress", "All"),
            headers.text("Precedence", "bulk"),
            headers.text("X-Helpdesk-Instance", mail.instance_id) if mail.instance_id else "",
        ]
    lines += [headers.text(name, value) for name, value in mail.extra_headers]
    lines.append("MIME-Version: 1.0")
    return [line for line in lines if line]


def _within_limits(references: tuple[str, ...]) -> list[str]:
    """The first and the newest references: RFC 5322 advises to keep the list short, and old relays cut long headers."""
    if len(references) <= _MAX_REFERENCES:
        return list(references)
    return [references[0], *references[1 - _MAX_REFERENCES :]]


def _text(mail: OutgoingMail) -> str:
    blocks = [mail.marker, mail.text.rstrip()]
    if mail.signature:
        blocks.append(f"-- \n{mail.signature.rstrip()}")
    if mail.online:
        blocks.append(f"{mail.online.words}\n{mail.online.url}")
    for quote in _quotes(mail):
        quoted = "\n".join(f"> {line}".rstrip() for line in quote.text.rstrip().splitlines())
        blocks.append(f"{quote.attribution}\n{quoted}")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _html(mail: OutgoingMail) -> str:
    direction, side = ("rtl", "right") if is_right_to_left(mail.language) else ("ltr", "left")
    blocks = [mail.html or text_to_html(mail.text)]
    if mail.marker:
        blocks.insert(0, f'<div style="color:#6b7280;font-size:12px">{paragraphs(mail.marker)}</div>')
    if mail.signature:
        blocks.append(f'<div style="color:#4b5563;margin-top:16px">-- <br>{text_to_html(mail.signature)}</div>')
    if mail.online:
        link = f'<a href="{escape(mail.online.url)}" style="color:#4b5563">{escape(mail.online.words)}</a>'
        blocks.append(f'<div style="margin-top:16px;font-size:12px">{link}</div>')
    for quote in _quotes(mail):
        quoted = quote.html or text_to_html(quote.text)
        blocks.append(
            f'<div class="helpdesk_quote" style="margin-top:16px">{paragraphs(quote.attribution)}'
            f'<blockquote type="cite" style="margin:0;padding-inline-start:12px;'
            f'border-inline-start:2px solid #d1d5db">{quoted}</blockquote></div>'
        )
    return (
        f'<!DOCTYPE html>\n<html lang="{headers.token(mail.language)}" dir="{direction}">'
        '<head><meta charset="utf-8"></head>\n'
        f'<body><div lang="{headers.token(mail.language)}" dir="{direction}" style="font-family:Vazirmatn,'
        f'-apple-system,Segoe UI,Tahoma,Arial,sans-serif;font-size:14px;line-height:1.6;text-align:{side}">\n'
        + for_mail("\n".join(blocks), mail.language)
        + "\n</div></body></html>\n"
    )


def _quotes(mail: OutgoingMail) -> list[Quoted]:
    return [mail.quoted, *mail.earlier] if mail.quoted else []


def _attached(kind: str, mail: OutgoingMail, body: str, files: list[OutgoingAttachment]) -> str:
    return _multipart(kind, mail, [body, *(_file(file) for file in files)]) if files else body


def _multipart(kind: str, mail: OutgoingMail, parts: list[str]) -> str:
    # "=_" can occur neither in base64 nor in quoted-printable, so no part can hold the boundary.
    boundary = "=_" + hashlib.sha256(f"{kind}\0{mail.message_id}".encode()).hexdigest()[:32]
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'
    return head + "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def _leaf(content_type: str, text: str) -> str:
    raw = "\n".join(text.splitlines()).encode("utf-8", "replace") + b"\n"
    if sum(byte > 126 for byte in raw) * 4 > len(raw):  # mostly not Latin: base64 is the shorter
        encoding, body = "base64", _base64(raw)
    else:
        encoding, body = "quoted-printable", quopri.encodestring(raw).decode().replace("\n", "\r\n")
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"


def _file(file: OutgoingAttachment) -> str:
    # A message/* part may not be base64 (RFC 2046 5.2.1) and may hold 8-bit lines: it goes as a plain file.
    given = file.content_type.lower()
    content_type = given if _CONTENT_TYPE.fullmatch(given) else "application/octet-stream"
    lines = [
        headers.parameter("Content-Type", content_type, "name", file.name),
        headers.parameter("Content-Disposition", "inline" if file.content_id else "attachment", "filename", file.name),
        "Content-Transfer-Encoding: base64",
    ]
    if file.content_id:
        lines.append(headers.message_ids("Content-ID", [file.content_id], strict=True))
    return "\r\n".join(lines) + "\r\n\r\n" + _base64(file.content)


def _base64(raw: bytes) -> str:
    return base64.encodebytes(raw).decode().replace("\n", "\r\n")
