"""When the rules of zones have changed (a new tzdata): calendars whose openings differ are measured again by the new ones.

Which openings a calendar had under the old rules can only be known from what was written down then: the offsets of its zone.
"""

from datetime import datetime

import msgspec

from helpdesk.kernel.database import rows, transaction
from sla.calendar import Offset, Openings, Rules, openings_under
from sla.calendars import make_version
from sla.tables import Reason
from sla.zones import offsets_around, tzdata_version


async def look_at_zone_rules(*, at: datetime) -> list[int]:
    """Make corrections for calendars whose openings differ; their ids. Older rules than those known correct nothing."""
    version = tzdata_version()
    outdated = await rows("SELECT id FROM sla_calendar WHERE tzdata < {} ORDER BY id", version)
    return [row["id"] for row in outdated if await _look_at(row["id"], version, at=at)]


async def _look_at(calendar_id: int, version: str, *, at: datetime) -> bool:
    async with transaction():
        found = await rows(
            """SELECT c.offsets, v.rules FROM sla_calendar c JOIN sla_calendar_version v ON v.calendar = c.id AND v.number = c.version
            WHERE c.id = {} AND c.tzdata < {} FOR UPDATE OF c""",
            calendar_id, version,
        )  # fmt: skip
        if not found:
            return False  # another scheduler was first
        rules = msgspec.json.decode(found[0]["rules"], type=Rules)
        known = [Offset(*one) for one in msgspec.json.decode(found[0]["offsets"])]
        if differ(rules, known, offsets_around(rules.zone, at)):
            await make_version(calendar_id, rules, reason=Reason.CORRECTION, by=None, at=at)
            return True
        now = [list(one) for one in offsets_around(rules.zone, at)]
        await rows(
            "UPDATE sla_calendar SET offsets = {}, tzdata = {} WHERE id = {}",
            msgspec.json.encode(now).decode(), version, calendar_id,
        )  # fmt: skip
        return False


def differ(rules: Rules, before: list[Offset], now: list[Offset]) -> bool:
    """Whether a calendar is open at other instants by other offsets of its zone, as far as both are known."""
    if rules.is_always or not before or not now:
        return False
    first, last = max(before[0].since, now[0].since), min(before[-1].until, now[-1].until)
    return first < last and _openings(rules, before, first, last) != _openings(rules, now, first, last)


def _openings(rules: Rules, zone: list[Offset], first: int, last: int) -> Openings:
    return openings_under(
        rules,
        [
            Offset(max(one.since, first), min(one.until, last), one.seconds)
            for one in zone
            if one.since < last and first < one.until
        ],
    )
