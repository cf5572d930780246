"""The promised times of a ticket that was found through the person before, and how each came about."""

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.tickets.tables import Ticket
from sla import hours
from sla.clock import Clock, Line, State
from sla.explaining import Explained, HoursOf, explain
from sla.ledger import COLUMNS, stored
from sla.standing import Nearest
from sla.targets import Metric

_CLOCKS = f"""
SELECT c.id, {", ".join(f"c.{name}" for name in COLUMNS)}, p.name AS policy_name, coalesce(p.is_internal, false) AS is_internal,
    k.name AS calendar_name, t.name AS team_name,
    c.calendar_version || ARRAY(SELECT DISTINCT calendar_version FROM sla_clock_event WHERE clock = c.id) AS calendar_versions
FROM sla_clock c LEFT JOIN sla_policy_version v ON v.id = c.policy_version LEFT JOIN sla_policy p ON p.id = v.policy
    LEFT JOIN sla_calendar_version kv ON kv.id = c.calendar_version LEFT JOIN sla_calendar k ON k.id = kv.calendar
    LEFT JOIN hd_team t ON c.metric = 'group_ownership' AND t.id = c.scope
WHERE c.ticket = {{}} AND {{}} ORDER BY c.state IN ('stopped', 'cancelled'), c.state = 'paused', c.due_at, c.id
"""
_LINES = f"SELECT clock, {', '.join(Line.__struct_fields__)} FROM sla_clock_event WHERE clock = ANY({{}}) ORDER BY clock, gen"


class Promised(msgspec.Struct, frozen=True, kw_only=True):
    """A clock with the names of what it runs under."""

    id: int
    clock: Clock
    policy: str | None
    is_internal: bool
    calendar: str | None
    """None: all time counts."""
    team: str | None
    """Of a team's own time."""
    hours: HoursOf
    """Of its calendar and of those that it was measured by before."""

    @property
    def is_over(self) -> bool:
        return self.clock.state in (State.STOPPED, State.CANCELLED)

    @property
    def nearest(self) -> Nearest | None:
        """As pills take it; None for what nothing is promised about, or what was cancelled."""
        clock = self.clock
        if clock.target is None or clock.state is State.CANCELLED:
            return None
        return Nearest(
            id=self.id, metric=clock.metric, state=clock.state, due_at=clock.due_at, target=clock.target, consumed=clock.consumed,
            calendar_version=clock.calendar_version, breached_at=clock.breached_at, is_warned=clock.warned != 0,
        )  # fmt: skip

    @property
    def metric(self) -> Metric:
        return Metric(self.clock.metric)


async def clocks_of(ticket: Ticket, *, only: int | None = None) -> list[Promised]:
    """All clocks of the ticket, or one; first those that run, the nearest first."""
    narrowing = QueryString("c.id = {}", only) if only is not None else QueryString("true")
    return [await _promised(row) for row in await rows(_CLOCKS, ticket.id, narrowing)]


async def explained(found: list[Promised], *, at: datetime) -> dict[int, Explained]:
    """How each of the clocks came about, by id; one statement for all of them."""
    lines: dict[int, list[Line]] = {one.id: [] for one in found}
    for row in await rows(_LINES, list(lines)) if lines else []:
        lines[row["clock"]].append(msgspec.convert(row, Line))
    return {one.id: explain(one.clock, lines[one.id], one.hours, at) for one in found}


async def explain_one(ticket: Ticket, clock_id: int, *, at: datetime) -> tuple[Promised, Explained]:
    """One of the ticket's clocks; raises NotFound."""
    found = await clocks_of(ticket, only=clock_id)
    if not found:
        raise NotFound(_("There is nothing here."))
    return found[0], (await explained(found, at=at))[clock_id]


async def _promised(row: dict[str, Any]) -> Promised:
    clock = stored(row).clock
    versions = {None, *row["calendar_versions"]}
    return Promised(
        id=row["id"], clock=clock, policy=row["policy_name"], is_internal=row["is_internal"], calendar=row["calendar_name"],
        team=row["team_name"], hours={version: await hours.hours(version) for version in versions},
    )  # fmt: skip
