"""Passwords of other servers and the like, at rest: encrypted with a key that the database does not hold.

Fernet (AES-128-CBC with HMAC-SHA-256). The key comes from `HELPDESK_SECRET_KEY`, which may hold several, newest first:
the first seals, all open, so that a rotated key needs no downtime. A backup of the database alone gives nothing away.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.tokens import keys


class CannotOpen(HelpdeskError):
    """Sealed under a secret key that this installation no longer has."""


def seal(secret: str) -> str:
    """The secret as text that may be stored; "" stays ""."""
    return _box().encrypt(secret.encode()).decode() if secret else ""


def open_sealed(sealed: str) -> str:
    """What was sealed; raises CannotOpen."""
    if not sealed:
        return ""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen(
            "sealed with another HELPDESK_SECRET_KEY: enter the secret again, or put the old key back"
        ) from error


def _box() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys("sealing")])
