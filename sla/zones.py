"""The zones' rules on this machine: which version, and what they say of some years around an instant."""

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import tzdata

from sla.calendar import Offset, offsets

BEHIND, AHEAD = 1, 3
"""Years, the one of the instant aside."""
_VERSION = re.compile(rb"(?:# version )?(20\d\d[a-z]{1,2})\s")


@cache
def tzdata_version() -> str:
    """`2026a`, of the files that Python reads zones from; "" when they do not say."""
    for folder in map(Path, TZPATH):
        if (folder / "Europe" / "Berlin").exists():
            return _said_by(folder)
    return tzdata.IANA_VERSION


def offsets_around(zone: str, at: datetime) -> list[Offset]:
    """What the zone's offsets are in the years around an instant, as far as they concern promises."""
    first = datetime(at.year - BEHIND, 1, 1, tzinfo=UTC)
    last = datetime(at.year + AHEAD + 1, 1, 1, tzinfo=UTC)
    joined: list[Offset] = []
    for one in offsets(ZoneInfo(zone), int(first.timestamp()), int(last.timestamp())):
        if joined and joined[-1].seconds == one.seconds:
            joined[-1] = Offset(joined[-1].since, one.until, one.seconds)
        else:
            joined.append(one)
    return joined


def _said_by(folder: Path) -> str:
    for name in ("tzdata.zi", "+VERSION"):
        file = folder / name
        if file.is_file():
            with file.open("rb") as opened:
                if found := _VERSION.match(opened.read(64)):
                    return found[1].decode()
    return ""
