"""What the demo's shop promises: the Iranian week, office hours in Berlin, and two policies."""

from datetime import datetime

from helpdesk.demo.casting import Cast
from helpdesk.kernel.conditions import Conditions, Line
from helpdesk.kernel.database import rows
from helpdesk.people.tables import Role
from helpdesk.promises import calendars, policies
from sla.firing import fire
from sla.policies import Written
from sla.targets import Metric, Priority, Step, Target, Warning

HOUR = 3600


async def promise_times(cast: Cast, *, at: datetime) -> None:
    """Calendars and policies, from the beginning of the demo on."""
    admin = next(one for one in cast.agents.values() if one.role == Role.ADMIN)
    week = await calendars.add_ready_made("iran", zone="Asia/Tehran", language="fa", by=admin, at=at)
    await calendars.add_ready_made("office", zone="Europe/Berlin", language="en", by=admin, at=at)
    await calendars.set_default(week, by=admin, at=at)
    await policies.save_policy(None, _for_billing(cast.teams["billing"]), by=admin, at=at, for_open=False)
    await policies.save_policy(None, _for_all(), by=admin, at=at, for_open=False)


async def settle_the_past() -> None:
    """What was due has been told long ago."""
    while (await fire())[0]:
        pass
    await rows("UPDATE sla_clock_event SET followed_at = recorded_at WHERE follows AND followed_at IS NULL")


def _for_billing(team: int) -> Written:
    conditions = Conditions(all=[Line(field="team", op="is", value=team)])
    targets = [_target(Metric.FIRST_REPLY, 6), _target(Metric.NEXT_REPLY, 9)]
    return Written(name="Billing · مالی", conditions=conditions, targets=targets)


def _for_all() -> Written:
    targets = [
        _target(Metric.FIRST_REPLY, 9), _target(Metric.FIRST_REPLY, 4, "urgent"),
        _target(Metric.NEXT_REPLY, 18), _target(Metric.NEXT_REPLY, 9, "urgent"),
        _target(Metric.FIRST_RESOLUTION, 120), _target(Metric.FIRST_RESOLUTION, 60, "urgent"),
    ]  # fmt: skip
    return Written(name="Everybody · همه", targets=targets)


def _target(metric: Metric, hours: int, priority: Priority | None = None) -> Target:
    ladder = (Step(do="notify_assignee"), Step(do="notify_lead", after=HOUR))
    return Target(
        metric=metric, seconds=hours * HOUR, priority=priority, warnings=(Warning(percent=75),), steps=ladder, entered=(hours, "hours"),
    )  # fmt: skip
