"""What is promised about a ticket follows each change of it: its facts for the clocks of `sla`."""

from collections.abc import Mapping
from datetime import datetime
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
from sla.metrics import ANSWERED, ASKED, Facts

WITHOUT_EFFECT = frozenset(
    {
        "articles_offered",
        "article_named",
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
        "due_set",
        "due_reckoned",
        "sla_warned",
        "sla_breached",
        "sla_escalated",
        "sla_voided",
    }
)
"""Kinds of events that neither start nor stop a clock, and change nothing that a policy asks about."""

TAKEN_BACK = frozenset({"reverted", "undone", "gave_way"})
"""Kinds of events by which what was done before has not been done."""

_CAUSES = {
    **dict.fromkeys(("opened", "customer_replied", "forwarded"), ASKED),
    "replied": ANSWERED,
    **dict.fromkeys(("merged", "unmerged"), "merged"),
    **dict.fromkeys(("restored", "unmarked_spam", "unmerged_from"), "restored"),
    **dict.fromkeys(TAKEN_BACK, "taken_back"),
}
"""Why messages count from such an event on (`Facts.cause`)."""

_SAYS = (
    "hd_message m WHERE m.ticket = hd_ticket.id AND m.audience = 'public' AND m.thread IS NULL AND m.undone_at IS NULL"
)
_ASKS = f"""{_SAYS} AND m.author_kind = 'customer' AND coalesce((m.mail->>'is_auto_reply')::boolean, false) IS FALSE
    AND (NOT hd_ticket.is_automatic OR m.created_at <> hd_ticket.created_at)"""
"""What a machine wrote to open a ticket asks for nothing."""
_ANSWERS = f"{_SAYS} AND m.author_kind = 'agent' AND {HAS_LEFT}"
_AT = "greatest(m.created_at, CASE WHEN hd_ticket.split_from IS NOT NULL THEN hd_ticket.created_at END)"
"""What was said before a ticket was split off counts from then on."""
_ASKED = ", ".join(f"{field.sql} AS seen_{name}" for name, field in FIELDS.items())
_READ = f"""
SELECT asked.at AS asked_at, answer.at AS last_answer_at, answer.agent AS last_answer_by,
    (SELECT {_AT} FROM {_ANSWERS} AND {_AT} >= asked.at ORDER BY m.created_at, m.id LIMIT 1) AS answered_at,
    ARRAY(SELECT {_AT} FROM {_ASKS} AND m.created_at > coalesce(answer.at, '-infinity') ORDER BY m.created_at, m.id LIMIT 100) AS unanswered,
    (SELECT calendar FROM hd_team WHERE id = hd_ticket.team) AS team_calendar,
    (SELECT calendar FROM hd_organisation WHERE id = hd_ticket.organisation) AS organisation_calendar, {tracking.READ}, {_ASKED}
FROM hd_ticket
LEFT JOIN LATERAL (SELECT {_AT} AS at FROM {_ASKS} ORDER BY m.created_at, m.id LIMIT 1) AS asked ON true
LEFT JOIN LATERAL (SELECT {_AT} AS at, m.agent FROM {_ANSWERS} ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS answer ON true
WHERE hd_ticket.id = {{}}
"""
"""What was said, and what any version of a policy may ask about. Of a long conversation only its ends are read."""

_PAST = """
SELECT at, kind, changes FROM hd_event WHERE ticket = {} AND (changes ? 'status' OR changes ? 'team') ORDER BY version, id
"""


async def follow(
    ticket: Ticket, kind: str, *, by: Actor, at: datetime, event: int | None, changes: Mapping[str, tuple[Any, Any]] | None = None
) -> list[int]:  # fmt: skip
    """Bring the clocks of a ticket, which the caller holds, to where it is now; ids of lines that somebody is to hear of.

    What a machine has opened has none until a customer has written on it: then it is as if opened by that.
    """
    if kind in WITHOUT_EFFECT:
        return []
    before, _after = (changes or {}).get("status", (None, None))
    reverted_from = await _solved_at(ticket) if kind in TAKEN_BACK and before == Status.SOLVED else None
    tracked = await _tracked(ticket, reverted_from=reverted_from, cause=_CAUSES.get(kind, ""), by=by, at=at)
    if ticket.is_automatic and tracked.facts.asked_at is None and not tracked.kept.clocks:
        return []
    return await tracking.follow(tracked, at=at, event=event)


async def _tracked(
    ticket: Ticket, *, reverted_from: datetime | None, cause: str, by: Actor, at: datetime
) -> tracking.Tracked:
    [found] = await rows(_READ, ticket.id)
    answers = {name: found[f"seen_{name}"] for name in FIELDS}
    facts = Facts(
        status=ticket.status, team=ticket.team, created_at=_opened_at(ticket, found["asked_at"]), left_out=_left_out(ticket), asked_at=found["asked_at"],
        answered_at=found["answered_at"], last_answer_at=found["last_answer_at"], last_answer_by=found["last_answer_by"],
        unanswered=tuple(found["unanswered"]), reverted_from=reverted_from, by=by.id if by.kind == "agent" else None, cause=cause,
        solved_at=ticket.solved_at,
    )  # fmt: skip

    def matches(conditions: Conditions) -> bool:
        return holds(conditions, answers, FIELDS, at=at)

    return tracking.Tracked(
        id=ticket.id, facts=facts, priority=ticket.priority, team_calendar=found["team_calendar"],
        organisation_calendar=found["organisation_calendar"], matches=matches, kept=tracking.kept(found), past=partial(_past, ticket),
    )  # fmt: skip


def _opened_at(ticket: Ticket, asked_at: datetime | None) -> datetime:
    return asked_at if ticket.is_automatic and asked_at else ticket.created_at


def _left_out(ticket: Ticket) -> str:
    if ticket.merged_into is not None:
        return "merged"
    return "spam" if ticket.spam_at else "trash" if ticket.trashed_at else ""


async def _solved_at(ticket: Ticket) -> datetime | None:
    """When it was solved last."""
    statuses = _course(await _events(ticket), "status", ticket.created_at, Status.NEW)
    return max((at for at, status in statuses if status == Status.SOLVED), default=None)


async def _past(ticket: Ticket) -> Past:
    """The statuses and teams that it has had, from its history."""
    events = await _events(ticket)
    statuses = _course(events, "status", ticket.created_at, Status.NEW)
    slips = _taken_back(events)
    return Past(
        statuses=tuple(one for one in statuses if one not in slips),
        teams=_course(events, "team", ticket.created_at, ticket.team),
    )


_Event = tuple[datetime, str, dict[str, Any]]


async def _events(ticket: Ticket) -> list[_Event]:
    return [(row["at"], row["kind"], msgspec.json.decode(row["changes"])) for row in await rows(_PAST, ticket.id)]


def _taken_back(events: list[_Event]) -> set[tuple[datetime, str]]:
    """Solutions that were none: when, and that status."""
    found: set[tuple[datetime, str]] = set()
    solved: tuple[datetime, str] | None = None
    for at, kind, changed in events:
        was, becomes = changed.get("status", (None, None))
        if solved and was == Status.SOLVED and kind in TAKEN_BACK:
            found.add(solved)
        solved = (at, becomes) if becomes == Status.SOLVED else solved
    return found


def _course(events: list[_Event], field: str, since: datetime, otherwise: Any) -> tuple[tuple[datetime, Any], ...]:
    changes = [(at, *changed[field]) for at, _kind, changed in events if field in changed]
    first = changes[0][1] if changes else otherwise
    return ((since, first), *((at, new) for at, _old, new in changes))
