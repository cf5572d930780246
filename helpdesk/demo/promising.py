"""What the demo's shop promises: the Iranian week, office hours in Berlin, and two policies."""

from datetime import datetime

from helpdesk.demo.casting import Cast
from helpdesk.kernel.conditions import Conditions, Line
from helpdesk.kernel.database import rows
from helpdesk.people.tables import Role
from helpdesk.promises import calendars, policies
from sla.firing import fire
from sla.policies import Written
from sla.targets import Metric, Step, Target, Warning

HOUR = 3600


async def promise_times(cast: Cast, *, at: datetime) -> None:
    """Calendars and policies, from the beginning of the demo on."""
    admin = next(one for one in cast.agents.values() if one.role == Role.ADMIN)
    week = await calendars.add_ready_made("iran", zone="Asia/Tehran", language="fa", by=admin, at=at)
    await calendars.add_ready_made("office", zone="Europe/Berlin", language="en", by=admin, at=at)
    await calendars.set_default(week, by=admin, at=at)
    await policies.save_policy(None, _for_billing(cast.teams["billing"]), by=admin, at=at, for_open=False)
    await policies.add_ready_made(by=admin, at=at)


async def settle_the_past() -> None:
    """What was due has been told long ago."""
    while (await fire())[0]:
        pass
    await rows("UPDATE sla_clock_event SET followed_at = recorded_at WHERE follows AND followed_at IS NULL")


def _for_billing(team: int) -> Written:
    ladder = (Step(do="notify_assignee"), Step(do="notify_lead", after=HOUR))
    targets = [
        Target(
            metric=metric, seconds=hours * HOUR, warnings=(Warning(percent=75),), steps=ladder, entered=(hours, "hours")
        )
        for metric, hours in ((Metric.FIRST_REPLY, 2), (Metric.NEXT_REPLY, 4), (Metric.FIRST_RESOLUTION, 12))
    ]
    return Written(
        name="Billing · مالی", conditions=Conditions(all=[Line(field="team", op="is", value=team)]), targets=targets
    )
