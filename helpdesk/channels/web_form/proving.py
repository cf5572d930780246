"""What speaks for a person at the other end: a page that we made, some time to fill it in, and a little work done.

None of it stops somebody determined; limits do (`intake.limits`). It makes flooding dear and costs a visitor nothing.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

import msgspec

from helpdesk.kernel.tokens import keys

SHORTEST = timedelta(seconds=3)
"""Nobody fills in a form faster."""
LONGEST = timedelta(days=2)
WORK_BITS = 16
"""Zero bits that the hash of the work begins with: 65,000 tries on average, less than a second in a script."""
_PURPOSE = "web-form"


class Slip(msgspec.Struct, frozen=True):
    """What a page carries of itself: `text` is signed, `nonce` is this page alone."""

    text: str
    nonce: str
    issued_at: datetime

    def is_too_young(self, at: datetime) -> bool:
        return at - self.issued_at < SHORTEST

    def is_too_old(self, at: datetime) -> bool:
        return at - self.issued_at > LONGEST


def issue(form_id: int, *, at: datetime, nonce: str = "") -> Slip:
    """A slip for a page that is shown now; the same `nonce` for one that is shown again with what was typed."""
    nonce = nonce or secrets.token_hex(12)
    seconds = int(at.timestamp())
    mac = _sign(keys(_PURPOSE)[0], f"{form_id}.{nonce}.{seconds}")
    return Slip(f"{nonce}.{seconds}.{mac}", nonce, datetime.fromtimestamp(seconds, UTC))


def read(text: str, form_id: int) -> Slip | None:
    """The slip, however old, or None when it is not ours or of another form."""
    nonce, _, rest = text.partition(".")
    seconds, _, mac = rest.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11 and mac.isascii()):
        return None
    signed = f"{form_id}.{nonce}.{seconds}"
    if not any(hmac.compare_digest(mac, _sign(key, signed)) for key in keys(_PURPOSE)):
        return None
    return Slip(text, nonce, datetime.fromtimestamp(int(seconds), UTC))


def is_worked(slip: Slip, found: str) -> bool:
    """Whether SHA-256 of `slip:found` begins with enough zero bits (hashcash; `frontend/scripts/work.js` looks for it)."""
    if not (found.isascii() and found.isdigit() and len(found) <= 12):
        return False
    hashed = hashlib.sha256(f"{slip.text}:{found}".encode()).digest()
    return int.from_bytes(hashed[:4]) >> (32 - WORK_BITS) == 0


def sign_upload(slip: Slip, upload_id: int) -> str:
    """What the page keeps of a file that it uploaded: only this page may send it."""
    return f"{upload_id}.{_sign(keys(_PURPOSE)[0], f'{slip.nonce}/{upload_id}')}"


def read_upload(slip: Slip, handle: str) -> int | None:
    """The upload's id; None when another page uploaded it."""
    number, _, mac = handle.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= 18 and mac.isascii()):
        return None
    is_ours = any(hmac.compare_digest(mac, _sign(key, f"{slip.nonce}/{number}")) for key in keys(_PURPOSE))
    return int(number) if is_ours else None


def _sign(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]
