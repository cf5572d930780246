"""Addresses and Message-IDs that only we can make, so that an answer finds its ticket (rulings 6 and 19).

A token is `<ref>.<mac>`: the ref is the key's mark, the purpose and the delivery's number, the mac 128 bits of
HMAC-SHA-256 over them, both in lower-case base32 because mail servers may change the case of an address.
A token proves that somebody had that mail, not who they are: the caller compares the sender too.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

Purpose = Literal["reply", "bounce", "message", "probe"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PURPOSES: dict[str, Purpose] = {"r": "reply", "b": "bounce", "m": "message", "p": "probe"}
_MARKS: dict[Purpose, str] = {purpose: mark for mark, purpose in _PURPOSES.items()}
_TOKEN = re.compile(r"([a-z2-7])([rbmp])([a-z2-7]{1,13})\.([a-z2-7]{26})")
_LOCAL_PART_BYTES = 64  # RFC 5321 4.5.3.1.1
_LONGEST_TOKEN = 2 + 8 + 1 + 26  # of the first 2**40 deliveries


class Token(msgspec.Struct, frozen=True):
    """What one of our addresses or Message-IDs says."""

    purpose: Purpose
    delivery_id: int


def reply_address(mailbox: str, delivery_id: int, key: bytes) -> str:
    """`support+<ref>.<mac>@domain`, to which an answer to this delivery is sent.

    Raises ValueError when the mailbox leaves no room for a token (see `has_room`).
    """
    return _plus_address(mailbox, _sign("reply", delivery_id, key))


def bounce_address(mailbox: str, delivery_id: int, key: bytes) -> str:
    """The envelope sender of a delivery: a bounce sent there names the delivery. Raises as `reply_address`."""
    return _plus_address(mailbox, _sign("bounce", delivery_id, key))


def probe_address(mailbox: str, number: int, key: bytes) -> str:
    """Where a mail of ours goes that shows whether the mailbox takes such addresses. Raises as `reply_address`."""
    return _plus_address(mailbox, _sign("probe", number, key))


def message_id(delivery_id: int, domain: str, key: bytes) -> str:
    """The delivery's Message-ID, without angle brackets; always the same for the same delivery and key."""
    return f"{_sign('message', delivery_id, key)}@{domain.lower()}"


def has_room(mailbox: str) -> bool:
    """Whether a signed address of this mailbox stays within the 64 bytes of a local part."""
    local, _, _ = base_mailbox(mailbox).rpartition("@")
    return len(local.encode()) + 1 + _LONGEST_TOKEN <= _LOCAL_PART_BYTES


def base_mailbox(address: str) -> str:
    """The address without its plus part, in lower case: `Support+x@Example.com` is `support@example.com`."""
    local, at, domain = address.strip().strip("<>").lower().rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def read_address(address: str, keys: Iterable[bytes]) -> Token | None:
    """The token of a reply or bounce address, or None when it is not ours: wrong, of another key, or absent."""
    token = _read_plus(address, keys)
    return token if token and token.purpose in ("reply", "bounce") else None


def is_probe(address: str, keys: Iterable[bytes]) -> bool:
    """Whether it is one of `probe_address`."""
    token = _read_plus(address, keys)
    return token is not None and token.purpose == "probe"


def read_message_id(text: str, keys: Iterable[bytes]) -> Token | None:
    """The token of a Message-ID that we made (angle brackets are tolerated), or None."""
    local, _, _ = text.strip().strip("<>").lower().rpartition("@")
    token = _read(local, keys)
    return token if token and token.purpose == "message" else None


def first_token(
    recipients: Sequence[str], in_reply_to: Sequence[str], references: Sequence[str], keys: Sequence[bytes]
) -> Token | None:
    """The token by which a mail finds its ticket: of a recipient first, then In-Reply-To, then the newest reference."""
    for address in recipients:
        if token := read_address(address, keys):
            return token
    for text in (*in_reply_to, *reversed(references)):
        if token := read_message_id(text, keys):
            return token
    return None


def _sign(purpose: Purpose, delivery_id: int, key: bytes) -> str:
    ref = f"{_mark_of(key)}{_MARKS[purpose]}{_number(delivery_id)}"
    return f"{ref}.{_mac(ref, key)}"


def _read_plus(address: str, keys: Iterable[bytes]) -> Token | None:
    local, _, _ = address.strip().strip("<>").lower().rpartition("@")
    return _read(local.partition("+")[2], keys)


def _read(text: str, keys: Iterable[bytes]) -> Token | None:
    found = _TOKEN.fullmatch(text)
    if not found:
        return None
    mark, purpose, number, mac = found.groups()
    for key in keys:
        if mark == _mark_of(key) and hmac.compare_digest(mac, _mac(f"{mark}{purpose}{number}", key)):
            return Token(_PURPOSES[purpose], _read_number(number))
    return None


def _mac(ref: str, key: bytes) -> str:
    digest = hmac.digest(key, b"helpdesk mail token\0" + ref.encode(), "sha256")[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def _mark_of(key: bytes) -> str:
    """One letter that tells keys apart, so that old and new keys may overlap; two alike only cost a second try."""
    return _LETTERS[hashlib.sha256(b"helpdesk key mark\0" + key).digest()[0] % 32]


def _plus_address(mailbox: str, token: str) -> str:
    local, _, domain = base_mailbox(mailbox).rpartition("@")
    signed = f"{local}+{token}"
    if len(signed.encode()) > _LOCAL_PART_BYTES:
        raise ValueError(f"{mailbox}: the part before @ is too long to carry a signature")
    return f"{signed}@{domain}"


def _number(value: int) -> str:
    if value < 0:
        raise ValueError(f"a delivery's number is not negative: {value}")
    text = _LETTERS[value % 32]
    while value := value // 32:
        text = _LETTERS[value % 32] + text
    return text


def _read_number(text: str) -> int:
    value = 0
    for letter in text:
        value = value * 32 + _LETTERS.index(letter)
    return value
