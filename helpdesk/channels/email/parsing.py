"""A stranger's mail as plain data. Any bytes give a mail: what cannot be read is named in `defects` and kept as a file."""

import mimetypes
import re
from collections.abc import Iterator, Sequence

import msgspec

from helpdesk.channels.email import automatic, fields, mime, uuencoded
from helpdesk.channels.email.addresses import MAX_ADDRESSES, Address, is_plain, read_addresses
from helpdesk.channels.email.amazon import read_complaint
from helpdesk.channels.email.bounces import read_bounce
from helpdesk.channels.email.calendars import CalendarEvent, read_events
from helpdesk.channels.email.charsets import decode
from helpdesk.channels.email.feedback import read_feedback
from helpdesk.channels.email.filenames import clean_name
from helpdesk.channels.email.flowed import unfold
from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.html_text import text_to_html
from helpdesk.channels.email.languages import guess_language
from helpdesk.channels.email.mime import Part
from helpdesk.channels.email.reading import ParsedAttachment, ParsedMail
from helpdesk.channels.email.unpacking import sealed_by, unpack

MAX_HTML = 2 * 1024 * 1024
MAX_TEXT = 1024 * 1024

_FROM_FIELDS = ("from", "sender", "reply-to", "to", "cc")


def parse(raw: bytes) -> ParsedMail:
    """Read the mail. Never raises on any bytes; takes time in proportion to their number."""
    part, defects = mime.read(raw)
    headers = tuple((name, fields.words(value)) for name, value in part.fields)
    people = {name: _addresses(part, name, defects) for name in _FROM_FIELDS}
    blocks, attachments = _contents(part, defects)
    attachments = _unpacked(blocks, attachments, defects)
    text, html = _bodies(blocks, attachments, defects)
    from_ = people["from"][0] if people["from"] else None
    subject = fields.words(part.field("subject"))
    signs = automatic.signs(headers, from_, subject)
    return_path = part.field("return-path").strip()
    bounce = read_bounce(part, subject, text, signs.is_from_machine, return_path == b"<>")
    kinds = {leaf.kind for leaf in part.leaves()}
    report = part.parameters.get("report-type", "").lower() if part.kind == "multipart/report" else ""
    complaint = read_complaint(text)
    is_feedback = (
        report == "feedback-report"
        or "message/feedback-report" in kinds
        or ("message/rfc822" in kinds and subject.lower().startswith("complaint about message from "))
    )
    is_disposition = report == "disposition-notification" or "message/disposition-notification" in kinds
    is_report = part.kind == "multipart/report" or is_feedback or is_disposition
    is_bounce = (bounce or complaint) is not None and not is_feedback and not is_disposition
    ids = [id_ for name, value in part.fields if name == "message-id" for id_ in fields.message_ids(value)]
    return ParsedMail(
        subject=subject,
        from_=from_,
        is_sender_unsure=_is_sender_unsure(part, people["from"]),
        sender=people["sender"][0] if people["sender"] else None,
        reply_to=people["reply-to"],
        to=people["to"],
        cc=people["cc"],
        date=fields.date(part.field("date")),
        message_id=ids[0] if ids else None,
        in_reply_to=_message_ids(part, "in-reply-to"),
        references=_message_ids(part, "references"),
        text=text,
        html=html,
        attachments=tuple(attachments),
        headers=headers,
        is_auto_reply=signs.is_automatic and not is_bounce and not is_report,
        is_bounce=is_bounce,
        is_list_or_bulk=signs.is_list_or_bulk,
        is_feedback_report=is_feedback,
        is_disposition_notification=is_disposition,
        must_not_get_an_automatic_answer=is_bounce or is_report or signs.is_to_be_left_alone,
        language=guess_language(f"{subject}\n{text}"),
        authentication_results=tuple(value for name, value in headers if name == "authentication-results"),
        defects=tuple(dict.fromkeys(defects)),
        events=tuple(_events(attachments)),
        sealed=sealed_by(part) or ("pgp" if text.lstrip().startswith("-----BEGIN PGP MESSAGE-----") else ""),
        bounce=bounce if is_bounce else None,
        feedback=complaint or (read_feedback(part) if is_feedback else None),
    )


def _addresses(part: Part, name: str, defects: list[str]) -> tuple[Address, ...]:
    found = [address for key, value in part.fields if key == name for address in read_addresses(value)]
    if len(found) > MAX_ADDRESSES:
        defects.append(f"addresses after the first {MAX_ADDRESSES} in {name} were left out")
    return tuple(found[:MAX_ADDRESSES])


def _is_sender_unsure(part: Part, senders: Sequence[Address]) -> bool:
    times = sum(name == "from" for name, _ in part.fields)
    return times != 1 or len(senders) != 1 or not is_plain(senders[0].addr) or b"\0" in part.field("from")


def _message_ids(part: Part, name: str) -> tuple[str, ...]:
    return tuple(id_ for key, value in part.fields if key == name for id_ in fields.message_ids(value))


class _Block(msgspec.Struct):
    """A piece of the body, in one or both forms."""

    text: str | None = None
    html: str | None = None


def _contents(part: Part, defects: list[str]) -> tuple[list[_Block], list[ParsedAttachment]]:
    """The pieces of the body in order, and the files."""
    blocks: list[_Block] = []
    attachments: list[ParsedAttachment] = []
    for leaf, alternative in _leaves(part, None):
        form = _body_form(leaf, is_whole=leaf is part)
        if form is None:
            attachments.append(_attachment(leaf, is_report=part.kind == "multipart/report"))
            continue
        text = _decoded(leaf, defects)
        if form == "text":
            text, files = uuencoded.take_out(text)
            attachments += [_named_attachment(name, content) for name, content in files]
        if alternative is not None and blocks and alternative[0] is blocks[-1] and getattr(blocks[-1], form) is None:
            block = blocks[-1]
        else:
            block = _Block()
            blocks.append(block)
        if alternative is not None:
            alternative[0] = block
        setattr(block, form, text)
    return blocks, attachments


def _leaves(part: Part, alternative: list[_Block | None] | None) -> Iterator[tuple[Part, list[_Block | None] | None]]:
    """The leaves with the multipart/alternative that they stand in: a place for the block that its forms share."""
    if not part.parts:
        yield part, alternative
    if part.kind == "multipart/alternative":
        alternative = [None]
    for child in part.parts:
        yield from _leaves(child, alternative)


def _body_form(leaf: Part, *, is_whole: bool) -> str | None:
    """`text` or `html` when the leaf is to be read, None when it is a file."""
    if leaf.is_unparsed or leaf.kind not in ("text/plain", "text/html"):
        return None
    disposition, parameters = fields.parameters(leaf.field("content-disposition"))
    is_file = disposition == "attachment" or "filename" in parameters or "name" in leaf.parameters
    if is_file and not is_whole:
        return None
    return "html" if leaf.kind == "text/html" else "text"


def _decoded(leaf: Part, defects: list[str]) -> str:
    text, trouble = decode(leaf.content(), leaf.parameters.get("charset"))
    if trouble:
        defects.append(trouble)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if leaf.kind == "text/plain" and leaf.parameters.get("format", "").lower() == "flowed":
        text = unfold(text, delete_space=leaf.parameters.get("delsp", "").lower() == "yes")
    return text


def _unpacked(blocks: list[_Block], attachments: list[ParsedAttachment], defects: list[str]) -> list[ParsedAttachment]:
    """The files, with what they wrap in their place; a text that is inside only becomes the body."""
    files: list[ParsedAttachment] = []
    for file in attachments:
        is_text_wanted = not any((block.text or block.html or "").strip() for block in blocks)
        found = unpack(file, defects, is_text_wanted=is_text_wanted)
        files += found.files
        if found.text or found.html:
            blocks.append(_Block(found.text or None, found.html or None))
    return files


def _events(attachments: list[ParsedAttachment]) -> Iterator[CalendarEvent]:
    """Of the first calendar: the same one often comes twice, as a form of the text and as a file."""
    calendars = [file for file in attachments if file.content_type in ("text/calendar", "application/ics")]
    if calendars:
        yield from read_events(decode(calendars[0].content[:MAX_TEXT], "utf-8")[0])


def _named_attachment(name: str, content: bytes) -> ParsedAttachment:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return ParsedAttachment(clean_name(name, kind), kind, content)


def _attachment(leaf: Part, *, is_report: bool) -> ParsedAttachment:
    if leaf.is_unparsed:
        return ParsedAttachment("not-parsed.eml", "message/rfc822", leaf.raw[leaf.start : leaf.end])
    disposition, parameters = fields.parameters(leaf.field("content-disposition"))
    name = parameters.get("filename") or leaf.parameters.get("name") or ""
    if not name and leaf.kind == "message/rfc822" and not is_report:
        name = _subject_inside(leaf)
    ids = fields.message_ids(leaf.field("content-id")) or [
        fields.bounded_id(fields.words(leaf.field("content-id")).strip("<> "))
    ]
    return ParsedAttachment(
        name=clean_name(name, leaf.kind),
        content_type=leaf.kind[:255],
        content=leaf.content(),
        content_id=ids[0] or None,
        is_inline=disposition == "inline" or bool(ids[0]),
    )


def _subject_inside(leaf: Part) -> str:
    """A name for a mail that is attached without one."""
    inner = leaf.content()[: mime.MAX_HEADER_BYTES]
    headers, _, _ = mime.split_headers(inner, 0, len(inner))
    subject = next((fields.words(value) for name, value in headers if name == "subject"), "")
    return re.sub(r"[/\\]", "_", f"{subject[:150].rstrip('. ')}.eml") if subject.strip(". ") else ""


def _bodies(blocks: list[_Block], attachments: list[ParsedAttachment], defects: list[str]) -> tuple[str, str | None]:
    """The whole text, and the whole HTML when any piece has HTML; what is over the limits becomes a file."""
    html = None
    if any(block.html is not None for block in blocks):
        html = "\n".join(block.html if block.html is not None else text_to_html(block.text or "") for block in blocks)
        if len(html) > MAX_HTML:
            defects.append("HTML over 2 MB was cut")
            attachments.append(ParsedAttachment("message.html", "text/html", html.encode("utf-8", "replace")))
            html = None if any(block.text for block in blocks) else html[:MAX_HTML]
    text = "\n".join(
        block.text if block.text and block.text.strip() else html_to_text((block.html or "")[:MAX_HTML])
        for block in blocks
    ).strip("\n")
    if len(text) > MAX_TEXT:
        defects.append("text over 1 MB was cut")
        attachments.append(ParsedAttachment("message.txt", "text/plain", text.encode("utf-8", "replace")))
        text = text[:MAX_TEXT]
    return re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]", "", text), html
