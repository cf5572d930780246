"""What a connection test found, in the language of the reader."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """`check` names what was tried and stays the same (`sending.tls`); `advice` says what to do, "" when nothing is.

    `unknown`: it could not be found out from here, which is no fault by itself.
    """

    level: Literal["ok", "warning", "problem", "unknown"]
    check: str
    text: str
    advice: str = ""


def ok(check: str, text: str) -> Finding:
    return Finding("ok", check, text)


def warning(check: str, text: str, advice: str) -> Finding:
    return Finding("warning", check, text, advice)


def problem(check: str, text: str, advice: str) -> Finding:
    return Finding("problem", check, text, advice)


def unknown(check: str, text: str, advice: str = "") -> Finding:
    return Finding("unknown", check, text, advice)
