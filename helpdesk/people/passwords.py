"""Passwords: Argon2id, and which ones are refused (ASVS 6.2)."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits
from helpdesk.people.installing import this_installation

LONGEST = 256
_hasher = PasswordHasher()
_COMMON = frozenset(["1234567890", "0123456789", "password12", "password123", "passwordpassword", "qwertyuiop", "1q2w3e4r5t", "q1w2e3r4t5", "iloveyou12", "administrator", "letmein123", "welcome123", "admin12345", "changeme12", "helpdesk12", "helpdesk123", "1111111111", "0000000000", "abcdefghij"])  # fmt: skip


@cache
def _turns() -> asyncio.Semaphore:
    """Argon2 takes 64 MiB and a core for a while: two at a time."""
    return asyncio.Semaphore(2)


async def check_new(password: str, *, about: str = "") -> None:
    """Raise Invalid(password=…) for a password that is too short, too long, common, or contains the address."""
    lowered, shortest = password.casefold(), (await this_installation()).shortest_password
    if len(password) < shortest:
        raise Invalid(
            password=_("Use at least %(n)s characters; a few unrelated words work well.") % {"n": digits(shortest)}
        )
    if len(password) > LONGEST:
        raise Invalid(password=_("Use at most 256 characters."))
    if lowered in _COMMON or len(set(password)) < 5 or _holds(lowered, about):
        raise Invalid(password=_("This password is too easy to guess."))


def _holds(password: str, about: str) -> bool:
    """Whether the password is made of the address; a short name may be part of any word."""
    name = about.partition("@")[0].casefold()
    return len(name) >= 4 and name in password


async def hash_password(password: str) -> str:
    async with _turns():
        return await asyncio.to_thread(_hasher.hash, password)


async def is_right(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes the same time when there is none to compare with."""
    async with _turns():
        return await asyncio.to_thread(_verify, password_hash, password)


def needs_rehash(password_hash: str) -> bool:
    return _hasher.check_needs_rehash(password_hash)


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(password_hash or _decoy(), password[:LONGEST])
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None
