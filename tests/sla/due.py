"""Clocks that are due, and firing them."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from helpdesk.tickets.tables import Ticket
from sla import hours, ledger, moves, policies
from sla.clock import Terms
from sla.firing import fire
from sla.ledger import Stored
from sla.policies import Written
from sla.targets import Metric, Step, Target, Warning
from tests.make import a_ticket

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def a_policy(*, warnings: tuple[Warning, ...] = (), steps: tuple[Step, ...] = (), seconds: int = 3600) -> int:
    """For every ticket, however old."""
    target = Target(
        metric=Metric.FIRST_REPLY,
        seconds=seconds,
        is_business=False,
        warnings=warnings,
        steps=steps,
        entered=(1, "hours"),
    )
    return await policies.create(
        Written(name="Standard", targets=[target]), by=None, at=now() - 400 * 24 * HOUR, for_open=False
    )


async def many_due(count: int, *, due: datetime) -> None:
    """Clocks of one ticket, each a cycle of its own, that are due at an instant, but for the place of each."""
    [version] = await rows("SELECT v.id, v.targets FROM sla_policy_version v")
    target = msgspec.json.decode(version["targets"], type=list[Target])[0]
    terms = Terms(hours=hours.always(), target=target, policy_version=version["id"])
    ticket = await a_ticket()
    begins = (due - timedelta(seconds=target.seconds + place) for place in range(count))
    made = [moves.start("next_reply", at, terms, cycle=place + 1) for place, at in enumerate(begins)]
    for one in made:
        one.ledger.clear()
    async with transaction():
        await ledger.write([Stored(ticket.id, one) for one in made])


async def move_back(ticket: Ticket, by: timedelta) -> None:
    """As if all that was so much earlier."""
    times = ("started_at", "running_since", "due_at", "breached_at", "next_fire_at")
    earlier = ", ".join(f"{name} = {name} - {{}}::interval" for name in times)
    await rows(f"UPDATE sla_clock SET {earlier} WHERE ticket = {{}}", *[by] * len(times), ticket.id)
    await rows("UPDATE hd_message SET created_at = created_at - {}::interval WHERE ticket = {}", by, ticket.id)
    await rows("UPDATE hd_ticket SET created_at = created_at - {}::interval WHERE id = {}", by, ticket.id)


async def lines(kind: str = "breached") -> list[dict[str, Any]]:
    return await rows(
        "SELECT e.*, c.metric FROM sla_clock_event e JOIN sla_clock c ON c.id = e.clock WHERE e.kind = {} ORDER BY e.id",
        kind,
    )


async def fired_through() -> list[int]:
    """Fire until nothing is due; the lines that somebody is to hear of."""
    found: list[int] = []
    while (batch := await fire(most=200))[0]:
        found += batch[1]
    return found
