"""Who a mail was sent by and handed to, as the server that delivered it noted down at its top.

Read outside the parser's child process, before the mail is stored: by the reader that serves the rest of the product, in
time linear in the headers, as nothing that a stranger wrote may keep the mails behind it waiting.
"""

import msgspec

from helpdesk.channels.email.addresses import read_addresses
from helpdesk.channels.email.mime import split_headers

LARGEST_HEADERS = 256 * 1024
MOST_ADDRESSES = 200
"""Of fields of one name."""
LONGEST_ADDRESS = 320


class Envelope(msgspec.Struct, frozen=True):
    """`sender` is "" for the null sender of reports."""

    sender: str
    recipients: list[str]


def read_envelope(content: bytes, *, mailbox: str) -> Envelope:
    """The envelope of a delivered mail (RFC 5321 4.4): Return-Path, Delivered-To, X-Original-To.

    Where the server noted nothing, the mail is from its author and for the mailbox that it lies in.
    """
    noted = read_noted(content, "return-path", "from", "delivered-to", "x-original-to")
    sender = noted["from"] if noted["return-path"] is None else noted["return-path"]
    recipients = dict.fromkeys([*(noted["delivered-to"] or ()), *(noted["x-original-to"] or ())])
    return Envelope(sender[0] if sender else "", list(recipients) or [mailbox])


def read_noted(content: bytes, *names: str) -> dict[str, list[str] | None]:
    """The addresses in the header fields of these names (in lower case), None where there is no such field."""
    headers, _, _ = split_headers(content, 0, min(len(content), LARGEST_HEADERS))
    found: dict[str, list[str] | None] = dict.fromkeys(names)
    for name, value in headers:
        if name in found and len(known := found[name] or []) < MOST_ADDRESSES:
            more = [one.addr for one in read_addresses(value) if _is_address(one.addr)]
            found[name] = [*known, *more][:MOST_ADDRESSES]
    return found


def _is_address(text: str) -> bool:
    return "@" in text and len(text) <= LONGEST_ADDRESS and text.isprintable()
