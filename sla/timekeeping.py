"""Whether the database's clock can be believed: one that jumps would break a million promises, or none. Pure."""

from datetime import datetime

import msgspec

MOST_BACK = 1.0  # seconds
MOST_AHEAD = 300.0
CONFIRMED_AFTER = 60.0
"""Seconds that it must run evenly before it is believed again."""


class Look(msgspec.Struct, frozen=True):
    """What the database's clock said some time between two instants of ours, in seconds that only ever go on."""

    said: datetime
    began: float
    ended: float
    ours: datetime | None = None
    """What our own clock said, to begin with."""


class Timekeeper:
    """Compares each look with the one before. That we had to wait for an answer is no jump."""

    def __init__(self) -> None:
        self.trouble = ""
        """Why it is not believed, in plain English; empty: it is."""
        self._last: Look | None = None
        self._since = 0.0

    def doubt(self, trouble: str, *, since: float) -> None:
        """Somebody else does not believe it: nor do we, who have only begun to look, until it has run evenly."""
        self.trouble, self._since = trouble, since

    def look(self, look: Look, *, written_at: datetime | None) -> str:
        """Note what it says; the trouble that there is. `written_at`: what it said when something was written last."""
        if trouble := self._jump(look) if self._last else _gone_back(written_at, look) or _apart(look):
            self.trouble, self._since = trouble, look.ended
        elif self.trouble and look.ended - self._since >= CONFIRMED_AFTER:
            self.trouble = ""
        self._last = look
        return self.trouble

    def _jump(self, look: Look) -> str:
        assert self._last is not None
        passed = (look.said - self._last.said).total_seconds()
        back, ahead = (look.began - self._last.ended) - passed, passed - (look.ended - self._last.began)
        if back > MOST_BACK:
            return f"the database's clock went back by {back:.0f} s"
        return f"the database's clock jumped ahead by {ahead:.0f} s" if ahead > MOST_AHEAD else ""


def _apart(look: Look) -> str:
    apart = (look.said - look.ours).total_seconds() if look.ours else 0.0
    return f"the database's clock is {apart:+.0f} s from ours" if abs(apart) > MOST_AHEAD else ""


def _gone_back(written_at: datetime | None, look: Look) -> str:
    back = (written_at - look.said).total_seconds() if written_at else 0.0
    return f"the database's clock went back by {back:.0f} s" if back > MOST_BACK else ""
