"""What was kept before an upgrade is as if it had always been kept that way."""

from datetime import date, timedelta

import msgspec
import pytest

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from sla import calendars, hours, ledger, moves, ready_made
from sla.calendars import Written
from sla.clock import Terms
from sla.countries import ramadans
from sla.db.migrations import sla_0009_ramadans, sla_0011_reports
from sla.ledger import Stored
from tests.make import a_ticket
from tests.sla.due import MINUTE

pytestmark = pytest.mark.usefixtures("database")


async def test_a_ramadan_that_somebody_has_set_right_stays_theirs() -> None:
    known = ready_made.iran(await ramadans([2026, 2027])).seasons
    first, second = [msgspec.structs.replace(one, name="Ramadan (estimated)", ramadan="") for one in known]
    second = msgspec.structs.replace(second, last=second.last + timedelta(days=1))
    own = msgspec.structs.replace(ready_made.iran([]), seasons=(first, second))
    made = await calendars.create(Written(name="Iran", own=own), by=None, at=now())
    await sla_0009_ramadans._forwards()
    after = (await calendars.find_calendar(made)).own.seasons
    assert [(one.first, one.name, one.ramadan) for one in after] == [
        (date(2026, 2, 19), "", "estimated"),
        (date(2027, 2, 9), "Ramadan (estimated)", ""),
    ]


async def test_how_long_clocks_stood_is_read_from_their_ledgers_once() -> None:
    at, terms, ticket = now() - 60 * MINUTE, Terms(hours=hours.always()), await a_ticket()
    clock = moves.start("next_reply", at, terms)
    moves.pause(clock, at + 5 * MINUTE, terms)
    moves.resume(clock, at + 15 * MINUTE, terms)
    moves.pause(clock, at + 20 * MINUTE, terms)
    async with transaction():
        await ledger.write([Stored(ticket.id, clock)])
    rested = "SELECT rested, rests_since FROM sla_clock WHERE metric = 'next_reply'"
    before = await rows(rested)
    assert before == [{"rested": 600, "rests_since": at + 20 * MINUTE}]
    await rows("UPDATE sla_clock SET rested = 0, rests_since = NULL")
    for _twice in range(2):
        await sla_0011_reports._forwards()
        assert await rows(rested) == before
