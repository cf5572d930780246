"""Clocks follow their ticket's changes; what is changed around many tickets at once is noted here, for a sweep over them.

A row says which tickets and how far it is. Whoever knows tickets walks them (`helpdesk.promises.adopting`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows

_OF_TICKETS = "INSERT INTO sla_sweep (tickets, asked_at) VALUES ({}, now())"
_OF_OWNER = """
INSERT INTO sla_sweep (team, organisation, calendar_before, asked_at)
SELECT {}, {}, coalesce({}, default_calendar), now() FROM sla_settings
"""
_REACH = "UPDATE sla_sweep SET reached = {} WHERE id = {} AND reached = {}"
OF_TICKET = """
(SELECT json_agg(json_build_object('calendar', calendar_before, 'at', asked_at) ORDER BY asked_at DESC) FROM sla_sweep
    WHERE tickets IS NULL AND reached < hd_ticket.id
        AND (team IS NULL OR team = hd_ticket.team) AND (organisation IS NULL OR organisation = hd_ticket.organisation))
"""
"""A column of a statement about `hd_ticket`: the choices that have not reached it, the newest first, as JSON of Ended; null when
there are none."""


class Ended(msgspec.Struct, frozen=True):
    """By a choice on its way."""

    calendar: int | None
    """What held before; None: all time."""
    at: datetime


async def sweep_tickets(tickets: Sequence[int]) -> None:
    """They have another customer or organisation, or other tags; in the transaction that gives them that."""
    if tickets:
        await rows(_OF_TICKETS, list(tickets))


async def sweep_measured(before: int | None, *, team: int | None = None, organisation: int | None = None) -> None:
    """All tickets, or those of a team or an organisation, are measured by another calendar than before (None: the default one);
    in the transaction of the choice, ahead of it."""
    await rows(_OF_OWNER, team, organisation, before)


async def waiting() -> list[dict[str, Any]]:
    """The sweeps that are not done: `id`, `team`, `organisation`, `reached`, and `is_listed`: it names its tickets."""
    return await rows(
        "SELECT id, team, organisation, reached, tickets IS NOT NULL AS is_listed FROM sla_sweep ORDER BY id"
    )


async def ended(tickets: Collection[int]) -> dict[int, list[Ended]]:
    """The choices that have not reached them, the newest first; nothing for the others."""
    found = await rows(f"SELECT id, {OF_TICKET} AS choices FROM hd_ticket WHERE id = ANY({{}})", list(tickets))
    return {row["id"]: msgspec.json.decode(row["choices"], type=list[Ended]) for row in found if row["choices"]}


async def reach(sweep: dict[str, Any], ticket: int | None) -> None:
    """It is done up to that ticket, or with None altogether; who was slower than another one changes nothing."""
    if ticket is None:
        await rows("DELETE FROM sla_sweep WHERE id = {}", sweep["id"])
    else:
        await rows(_REACH, ticket, sweep["id"], sweep["reached"])
