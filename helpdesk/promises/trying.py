"""What policies would do: which of them a ticket gets, and why; when what they promise would be due. Nothing is kept."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from helpdesk.kernel.condition_words import Reason, reasons
from helpdesk.kernel.conditions import Conditions, Facts, holds
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.promises.policies import VERB
from helpdesk.tickets.condition_fields import FIELDS, facts_of, names_for
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket
from sla import hours
from sla.policies import Policy, list_policies
from sla.targets import Metric, Target, target_of
from sla.tracking import calendar_of

_CALENDARS = """
SELECT s.edition, s.default_calendar AS "default", (SELECT calendar FROM hd_team WHERE id = {}) AS team,
    (SELECT calendar FROM hd_organisation WHERE id = {}) AS organisation
FROM sla_settings s
"""


class Tried(msgspec.Struct, frozen=True):
    """A policy in use, asked of a ticket. `is_chosen`: it is one that holds for it."""

    policy: Policy
    holds: bool
    is_chosen: bool
    reasons: list[Reason]


class Due(msgspec.Struct, frozen=True):
    """When what is promised would have to be done. `calendar` is a name, None when all time counts; `at` is None when its
    calendar is not open for as long."""

    metric: Metric
    target: Target
    calendar: str | None
    at: datetime | None


async def policies_for(number: int, *, by: SignedIn, at: datetime) -> tuple[Ticket, list[Tried]]:
    """Every policy in use, in their order, asked of the ticket as it is now; raises NotFound."""
    demand(by, VERB)
    ticket = await find_ticket(number, seen_by=by)
    facts = (await facts_of([ticket.id]))[ticket.id]
    found = [one for one in await list_policies() if one.is_active]
    names = await names_for(*(one.conditions for one in found), facts=facts)
    first = next((one.id for one in found if not one.is_internal and _holds(one.conditions, facts, at)), None)
    tried = [
        Tried(
            one, held := _holds(one.conditions, facts, at), held and (one.is_internal or one.id == first),
            reasons(one.conditions, facts, FIELDS, names, at=at),
        )
        for one in found
    ]  # fmt: skip
    return ticket, tried


async def reasons_for(
    number: int, conditions: Conditions, *, by: SignedIn, at: datetime
) -> tuple[Ticket, list[Reason]]:
    """Why these conditions hold for the ticket or do not; raises NotFound."""
    demand(by, VERB)
    ticket = await find_ticket(number, seen_by=by)
    facts = (await facts_of([ticket.id]))[ticket.id]
    return ticket, reasons(conditions, facts, FIELDS, await names_for(conditions, facts=facts), at=at)


async def due(
    targets: Sequence[Target],
    *,
    priority: str,
    start: datetime,
    team: int | None = None,
    organisation: int | None = None,
) -> list[Due]:
    """When each of the targets for a ticket of that priority would be due that opened, or was answered, at `start`."""
    [row] = await rows(_CALENDARS, team, organisation)
    names = {one["id"]: one["name"] for one in await rows("SELECT id, name FROM sla_calendar")}
    made = []
    for metric in dict.fromkeys(one.metric for one in targets):
        if target := target_of(list(targets), metric, priority):
            calendar = calendar_of(target, row)
            _version, open_hours = await hours.current(calendar, edition=row["edition"])
            made.append(
                Due(metric, target, names[calendar] if calendar else None, open_hours.add(start, target.seconds))
            )
    return made


def _holds(conditions: Conditions, facts: Facts, at: datetime) -> bool:
    return holds(conditions, facts, FIELDS, at=at)
