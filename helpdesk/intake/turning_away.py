"""Counting mails that were refused before they were stored, so that the log can tell of them, too.

The sender was told, so nothing is lost with the few seconds that a killed process has not written down. A flood makes few
rows: what is alike within an hour is one, and beyond `MOST_AN_HOUR` kinds all others are one for each reason.
"""

from datetime import UTC, datetime

import msgspec
import structlog

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now

FLUSHED_EVERY = 3.0  # seconds
MOST_AN_HOUR = 300
MOST_AT_ONCE = 300

_NOTE = """
INSERT INTO hd_turned_away (fate, hour, source, peer, envelope_from, envelope_to, reason, size, times, last_at)
VALUES ('refused', {}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT ON CONSTRAINT hd_turned_away_once DO UPDATE SET
    times = hd_turned_away.times + excluded.times, size = excluded.size, last_at = excluded.last_at
"""

log = structlog.get_logger(__name__)


class Refused(msgspec.Struct, frozen=True):
    """What makes two refusals alike."""

    source: str
    reason: str
    peer: str = ""
    envelope_from: str = ""
    envelope_to: str = ""

    def among_others(self) -> "Refused":
        return Refused(self.source, self.reason)


class Count(msgspec.Struct):
    times: int
    size: int | None
    last_at: datetime


class Tally:
    """Refusals of this process that are not written down yet."""

    def __init__(self) -> None:
        self.counts: dict[Refused, Count] = {}

    def note(
        self, *, source: str, peer: str, envelope_from: str, envelope_to: str, reason: str, size: int | None
    ) -> None:
        kind = Refused(source, reason, _line(peer, 64), _line(envelope_from, 320), _line(envelope_to, 320))
        self._add(kind, Count(1, size, now()))

    async def flush(self) -> None:
        """Write down what was counted; what cannot be is kept for the next time."""
        counted, self.counts = self.counts, {}
        try:
            await _write(counted)
        except Exception as error:  # the database is away: the mail server goes on
            log.warning("refusals_not_noted", kinds=len(counted), error=repr(error))
            for kind, count in counted.items():
                self._add(kind, count)

    def _add(self, kind: Refused, more: Count) -> None:
        if kind not in self.counts and len(self.counts) >= MOST_AT_ONCE:
            kind = kind.among_others()
        known = self.counts.setdefault(kind, Count(0, None, more.last_at))
        known.times, known.size, known.last_at = known.times + more.times, more.size, more.last_at


async def _write(counted: dict[Refused, Count]) -> None:
    hour = now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if not counted:
        return
    async with transaction():
        [found] = await rows("SELECT count(*) AS kinds FROM hd_turned_away WHERE hour = {}", hour)
        for place, (kind, count) in enumerate(counted.items()):
            told = kind if found["kinds"] + place < MOST_AN_HOUR else kind.among_others()
            await rows(
                _NOTE, hour, told.source, told.peer, told.envelope_from, told.envelope_to, told.reason, count.size, count.times,
                count.last_at,
            )  # fmt: skip


def _line(text: str, longest: int) -> str:
    """As a column takes it: printable, and no longer than that."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)[:longest]
