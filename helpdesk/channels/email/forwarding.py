"""Who wrote the mail that somebody forwards: inline, as mail programs write it, or attached whole."""

import re
from datetime import UTC, timedelta, timezone

from helpdesk.channels.email.addresses import Address, is_plain, read_addresses
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.quote_marks import is_sent_from
from helpdesk.channels.email.quoting import Forward, find_forward, split
from helpdesk.channels.email.reading import Forwarded, ParsedMail
from helpdesk.channels.email.written_dates import read_date

_LINKED = re.compile(
    r"[<\[(]?\s*(?:mailto:)?([^\s<>\[\]()]+@[^\s<>\[\]()]+)\s*(?:<mailto:[^<>]*>)?[\])>]?", re.IGNORECASE
)
_ZONE = re.compile(r"([+-])(\d\d)(\d\d)\s*(?:\(|$)")


def forwarded_sender(mail: ParsedMail) -> Forwarded | None:
    """The author of the mail that this one forwards, None when it forwards none or does not give an address.

    It is the forwarding person's word: to be used only where that person is trusted (an agent). The parser's child
    has asked already: intake finds the answer in `ReadMail.forwarded`.
    """
    if mail.is_bounce or mail.is_feedback_report or mail.is_disposition_notification:
        return None
    lines = mail.text.split("\n")
    if found := find_forward(lines, mail.subject):
        return _inline(mail, lines, found)
    return None if mail.in_reply_to else _attached(mail)


def _inline(mail: ParsedMail, lines: list[str], found: Forward) -> Forwarded | None:
    author = _author(found.fields.get("from", ""))
    if author is None:
        return None
    text = lines[found.end :]
    if all(line.startswith(">") or not line.strip() for line in text):
        text = [line.removeprefix(">").removeprefix(" ") for line in text]
    subject = found.fields.get("subject", "")
    date = read_date(found.fields.get("date", ""), zone=_zone(mail))
    above = _own("\n".join(lines[: found.start]))
    return Forwarded(author.addr, author.name, subject, date, "\n".join(text).strip("\n"), above)


def _own(text: str) -> str:
    """What somebody wrote above what they forward; a telephone's advertisement alone is nothing."""
    new = split(text).new
    return "" if is_sent_from(new) else new


def _author(said: str) -> Address | None:
    """`Dora Doe <dora@x>`, `dora@x`, `Dora [mailto:dora@x]`, `Dora <dora@x<mailto:dora@x>>`, and what stands around them."""
    written = _LINKED.search(said)
    if written is None:
        return None
    name = said[: written.start()].rpartition(", ")[2] if re.search(r"\d{4}", said) else said[: written.start()]
    name = name.strip(" *\t'\"“”«»")
    found = read_addresses(f"<{written[1]}>".encode())
    if not found or not is_plain(found[0].addr):
        return None
    is_name = "@" not in name and not re.search(r"\d{3}|\d:\d", name)
    return Address(name[:300] if is_name else "", found[0].addr)


def _attached(mail: ParsedMail) -> Forwarded | None:
    """The only mail that is attached."""
    inner = [file for file in mail.attachments if file.content_type in ("message/rfc822", "message/global")]
    if len(inner) != 1:
        return None
    read = parse(inner[0].content)
    if read.from_ is None or not is_plain(read.from_.addr):
        return None
    return Forwarded(read.from_.addr, read.from_.name, read.subject, read.date, read.text, _own(mail.text))


def _zone(mail: ParsedMail) -> timezone:
    """The zone of the forwarding person, in whose time their program writes."""
    said = next((value for name, value in mail.headers if name == "date"), "")
    found = _ZONE.search(said)
    if found is None or int(found[2]) > 14:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)
