"""Codes of an authenticator app (TOTP, RFC 6238: HMAC-SHA-1, 30 seconds, six digits, as every app makes them)."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

SECONDS, DIGITS, SKEW = 30, 6, 1
"""A step's length, a code's, and by how many steps the app's clock may be wrong."""


def new_secret() -> str:
    """160 random bits (RFC 4226 4), as the base32 that apps read."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of a step (RFC 4226 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, code: str, *, at: datetime) -> int | None:
    """The step whose code it is, of the present one and its neighbours; the same work for each answer."""
    now_is = step_of(at)
    found = [
        step
        for step in range(now_is - SKEW, now_is + SKEW + 1)
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode())
    ]
    return found[-1] if found else None


def app_address(secret: str, *, account: str, issuer: str) -> str:
    """What the QR code holds: `otpauth://totp/…`."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}&algorithm=SHA1&digits={DIGITS}&period={SECONDS}"
