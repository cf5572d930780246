"""What is promised about a ticket follows each change of it: its facts for the clocks of `sla`."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from helpdesk.kernel.conditions import Conditions, holds
from helpdesk.kernel.database import rows
from helpdesk.people.actor import Actor
from helpdesk.tickets.condition_fields import FIELDS
from helpdesk.tickets.standing import HAS_LEFT
from helpdesk.tickets.tables import Status, Ticket
from sla import tracking
from sla.measuring_late import Past
from sla.metrics import Facts

WITHOUT_EFFECT = frozenset(
    {
        "noted",
        "note_undone",
        "delivered",
        "delivery_failed",
        "sent_again",
        "scheduled",
        "muted",
        "unmuted",
        "suppressed",
        "snoozed",
        "woken",
        "redacted",
        "sla_warned",
        "sla_breached",
        "sla_escalated",
        "sla_voided",
    }
)
"""Kinds of events that neither start nor stop a clock, and change nothing that a policy asks about."""

TAKEN_BACK = frozenset({"reverted", "undone", "gave_way"})
"""Kinds of events by which what was done before has not been done."""

_SAID = f"""
WITH said AS (
    SELECT greatest(m.created_at, {{}}) AS at, m.author_kind = 'customer' AS is_asking, m.agent FROM hd_message m
    WHERE m.ticket = {{}} AND m.audience = 'public' AND m.thread IS NULL AND m.undone_at IS NULL AND {HAS_LEFT}
        AND (m.author_kind = 'agent' OR (m.author_kind = 'customer' AND coalesce((m.mail->>'is_auto_reply')::boolean, false) IS FALSE))
), asked AS (SELECT min(at) AS at FROM said WHERE is_asking),
answer AS (SELECT at, agent FROM said WHERE NOT is_asking ORDER BY at DESC LIMIT 1)
SELECT (SELECT at FROM asked) AS asked_at, (SELECT min(s.at) FROM said s, asked WHERE NOT is_asking AND s.at >= asked.at) AS answered_at,
    (SELECT at FROM answer) AS last_answer_at, (SELECT agent FROM answer) AS last_answer_by,
    ARRAY(SELECT at FROM said WHERE is_asking AND at > coalesce((SELECT at FROM answer), '-infinity') ORDER BY at LIMIT 100) AS unanswered,
    (SELECT calendar FROM hd_team WHERE id = {{}}) AS team_calendar,
    (SELECT calendar FROM hd_organisation WHERE id = {{}}) AS organisation_calendar
"""

_ASKED = ", ".join(f"{field.sql} AS seen_{name}" for name, field in FIELDS.items())
_READ = f"SELECT said.*, {tracking.READ}, {_ASKED} FROM hd_ticket, ({_SAID}) AS said WHERE hd_ticket.id = {{}}"

_PAST = """
SELECT at, changes FROM hd_event WHERE ticket = {} AND (changes ? 'status' OR changes ? 'team') ORDER BY version, id
"""

_LEAST = datetime.min.replace(tzinfo=UTC)


async def follow(
    ticket: Ticket, kind: str, *, by: Actor, at: datetime, event: int | None, adopts: int | None = None
) -> list[int]:
    """Bring the clocks of a ticket, which the caller holds, to where it is now; ids of lines that somebody is to hear of.

    What machines have opened has no clocks (rulings 5).
    """
    if kind in WITHOUT_EFFECT or ticket.is_automatic:
        return []
    tracked = await _tracked(ticket, kind=kind, by=by, at=at)
    return await tracking.follow(tracked, at=at, event=event)


async def _tracked(ticket: Ticket, *, kind: str, by: Actor, at: datetime) -> tracking.Tracked:
    found = await _read(ticket)
    answers = {name: found[f"seen_{name}"] for name in FIELDS}
    facts = Facts(
        status=ticket.status, team=ticket.team, created_at=ticket.created_at, left_out=_left_out(ticket), asked_at=found["asked_at"],
        answered_at=found["answered_at"], last_answer_at=found["last_answer_at"], last_answer_by=found["last_answer_by"],
        unanswered=tuple(found["unanswered"]), is_reverted=kind in TAKEN_BACK, by=by.id if by.kind == "agent" else None,
    )  # fmt: skip

    def matches(conditions: Conditions) -> bool:
        return holds(conditions, answers, FIELDS, at=at)

    return tracking.Tracked(
        id=ticket.id, facts=facts, priority=ticket.priority, team_calendar=found["team_calendar"],
        organisation_calendar=found["organisation_calendar"], matches=matches, kept=tracking.kept(found), past=partial(_past, ticket),
    )  # fmt: skip


async def _read(ticket: Ticket) -> dict[str, Any]:
    """One statement: what was said, and what any version of a policy may ask about."""
    since = ticket.created_at if ticket.split_from else _LEAST
    [found] = await rows(_READ, since, ticket.id, ticket.team, ticket.organisation, ticket.id)
    return found


def _left_out(ticket: Ticket) -> str:
    if ticket.merged_into is not None:
        return "merged"
    return "spam" if ticket.spam_at else "trash" if ticket.trashed_at else ""


async def _past(ticket: Ticket) -> Past:
    """The statuses and teams that it has had, from its history."""
    events = [(row["at"], msgspec.json.decode(row["changes"])) for row in await rows(_PAST, ticket.id)]
    return Past(
        statuses=_course(events, "status", ticket.created_at, Status.NEW),
        teams=_course(events, "team", ticket.created_at, ticket.team),
    )


def _course(
    events: list[tuple[datetime, dict[str, Any]]], field: str, since: datetime, otherwise: Any
) -> tuple[tuple[datetime, Any], ...]:
    changes = [(at, *changed[field]) for at, changed in events if field in changed]
    first = changes[0][1] if changes else otherwise
    return ((since, first), *((at, new) for at, _old, new in changes))
