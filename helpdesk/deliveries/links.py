"""The link to the portal that a mail carries: the mail's number and a signature over it."""

import base64
import hmac

from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import keys

_PURPOSE = "portal-link"


def portal_link(delivery_id: int) -> str:
    """The address that the mail carries."""
    return f"{settings().base_url}/r/{delivery_id}.{_mac(delivery_id, keys(_PURPOSE)[0])}"


def read_link(token: str) -> int | None:
    """The delivery that the link names; None when it is not ours. The caller says how long it lives and whom it lets in."""
    number, _, mac = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18 and mac.isascii()):
        return None
    delivery_id = int(number)
    return delivery_id if any(hmac.compare_digest(mac, _mac(delivery_id, key)) for key in keys(_PURPOSE)) else None


def _mac(delivery_id: int, key: bytes) -> str:
    """192 bits, in letters that no mail program breaks a link at."""
    return base64.b32encode(hmac.digest(key, str(delivery_id).encode(), "sha256")[:24]).decode().rstrip("=").lower()
