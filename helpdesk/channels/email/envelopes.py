"""Who a mail was sent by and handed to, as the server that delivered it noted down at its top."""

from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

import msgspec

LARGEST_HEADERS = 256 * 1024
MOST_ADDRESSES = 50
LONGEST_ADDRESS = 320


class Envelope(msgspec.Struct, frozen=True):
    """`sender` is "" for the null sender of reports."""

    sender: str
    recipients: list[str]


def read_envelope(content: bytes, *, mailbox: str) -> Envelope:
    """The envelope of a delivered mail (RFC 5321 4.4): Return-Path, Delivered-To, X-Original-To.

    Where the server noted nothing, the mail is from its author and for the mailbox that it lies in.
    """
    headers = BytesHeaderParser(policy=compat32).parsebytes(content[:LARGEST_HEADERS])

    def addresses(name: str) -> list[str]:
        values = [str(value) for value in headers.get_all(name, [])]
        return [address for _, address in getaddresses(values) if _is_address(address)][:MOST_ADDRESSES]

    returned = headers.get_all("Return-Path", [])
    sender = addresses("Return-Path") if returned else addresses("From")
    recipients = dict.fromkeys([*addresses("Delivered-To"), *addresses("X-Original-To")])
    return Envelope(sender[0] if sender else "", list(recipients) or [mailbox])


def _is_address(text: str) -> bool:
    return "@" in text and len(text) <= LONGEST_ADDRESS and text.isprintable()
