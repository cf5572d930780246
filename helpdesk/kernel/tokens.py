"""Secrets that are handed out once and kept only as hashes, and the keys that sign what leaves."""

import hashlib
import hmac
import secrets

from helpdesk.kernel.settings import settings


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token: it is random enough that a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()


def keys(purpose: str) -> list[bytes]:
    """The signing keys of a purpose: the first signs, all are accepted.

    `HELPDESK_SECRET_KEY` may hold several secrets separated by commas, newest first, to rotate with an overlap.
    """
    parts = [part.strip() for part in settings().secret_key.split(",") if part.strip()]
    return [hmac.digest(part.encode(), f"helpdesk:{purpose}".encode(), "sha256") for part in parts]
