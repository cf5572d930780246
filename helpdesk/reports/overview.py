"""All figures of the managers' page: one pass over what stopped, one over what was due, one over each kind of event."""

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.reports import asking
from helpdesk.reports.asking import Asked
from helpdesk.reports.measuring import Course, Spread, lateness, stopped
from helpdesk.reports.promises import Outcomes, outcomes, risks_now
from helpdesk.reports.volumes import Volume, hours, volume


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """`times` are of first_reply, next_reply and resolution; `pauses` of the period and of the span before."""

    times: dict[str, Course]
    outcomes: Outcomes
    lateness: Spread
    opened: Volume
    reopened: Volume
    parked: Volume
    pauses: tuple[float | None, float | None]
    hours: dict[tuple[int, int], int]
    risks: dict[str, int]


_ROOM = "SET LOCAL work_mem = '48MB'"
"""To sort what is of a quarter, or of years, without files."""


async def overview(asked: Asked) -> Overview:
    """One after the other, on one connection: a report shall not hold those that others wait for."""
    async with transaction():
        await rows(_ROOM)
        measured = await stopped(asked)
        return Overview(
            times=measured.times,
            pauses=measured.pauses,
            outcomes=await outcomes(asked),
            lateness=(await lateness(asked, with_before=False))[0],
            opened=await volume(asking.opened(), asked),
            reopened=await volume(asking.reopened(), asked),
            parked=await volume(asking.parked(), asked),
            hours=await hours(asked),
            risks=await risks_now(asked),
        )
