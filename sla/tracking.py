"""The clocks of a ticket follow it, in the transaction of its change."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.conditions import Conditions
from sla import hours, ledger, metrics, moves, promises, replanning
from sla.clock import Clock, Terms
from sla.ledger import COLUMNS, Stored
from sla.metrics import Facts, Past
from sla.promises import Promise
from sla.targets import Metric, Target

READ = f"""
(SELECT edition FROM sla_settings) AS edition, (SELECT default_calendar FROM sla_settings) AS default_calendar,
(SELECT jsonb_agg(jsonb_build_object({", ".join(f"'{name}', c.{name}" for name in COLUMNS)}) ORDER BY c.id)
    FROM (SELECT * FROM sla_clock WHERE ticket = hd_ticket.id FOR NO KEY UPDATE) AS c) AS clocks
"""
"""Columns of a statement about `hd_ticket`, of which `kept` makes what `follow` needs. The clocks are held: a timer passes by
those that are, and what it has just fired is read."""


class Kept(msgspec.Struct, frozen=True):
    """What there is of a ticket's clocks before a change."""

    edition: int
    default_calendar: int | None
    clocks: list[Stored]


def kept(row: dict[str, Any]) -> Kept:
    """From a row with the columns of READ."""
    clocks = msgspec.json.decode(row["clocks"] or "[]")
    return Kept(row["edition"], row["default_calendar"], [ledger.stored(one) for one in clocks])


class Tracked(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as clocks see it, after a change, held by the caller."""

    id: int
    facts: Facts
    priority: str
    team_calendar: int | None = None
    organisation_calendar: int | None = None
    matches: Callable[[Conditions], bool]
    """Whether a policy's conditions hold for it."""
    kept: Kept
    past: Callable[[], Awaitable[Past]]
    """What it went through; asked for only when something begins to be measured late."""


async def follow(ticket: Tracked, *, at: datetime, event: int | None, adopts: int | None = None) -> list[int]:
    """Bring its clocks to where they belong; ids of the ledger's lines that somebody is to hear of.

    A ticket keeps the version of a policy that it began under as long as that fits, but for the policy `adopts`: of it the
    newest holds.
    """
    clocks = ticket.kept.clocks
    terms = await _terms(ticket, adopts)
    for one in clocks:
        await _bring_up_to_date(one, terms, at)
    working = [one.clock for one in clocks]
    past = await ticket.past() if metrics.needs_past(working, ticket.facts, terms, at) else None
    metrics.follow(working, ticket.facts, terms, at, past)
    return await ledger.write([*clocks, *(Stored(ticket.id, one) for one in working[len(clocks) :])], event=event)


async def _terms(ticket: Tracked, adopts: int | None) -> metrics.TermsOf:
    """The terms of every metric."""
    edition, default_calendar, clocks = ticket.kept.edition, ticket.kept.default_calendar, ticket.kept.clocks
    holding = promises.holding(await promises.current(edition), ticket.matches, await _began(clocks, adopts))
    calendars = {
        "default": default_calendar,
        "team": ticket.team_calendar,
        "organisation": ticket.organisation_calendar,
    }

    async def of(found: tuple[Promise, Target] | None) -> Terms:
        promise, target = found or (None, None)
        version, calendar = await hours.current(calendar_of(target, calendars), edition=edition)
        return Terms(
            hours=calendar, calendar_version=version, target=target, policy_version=promise.id if promise else None,
            priority=ticket.priority,
        )  # fmt: skip

    terms = {metric: await of(promises.promised(holding, metric, ticket.priority)) for metric in Metric}
    return lambda metric, _clock: terms[metric]


async def _began(clocks: list[Stored], adopts: int | None) -> dict[int, Promise]:
    """By policy the version that the ticket's clocks began under, the newest of several."""
    versions = sorted({one.clock.policy_version for one in clocks if one.clock.policy_version is not None})
    began = [await promises.promise(version) for version in versions]
    return {one.policy: one for one in began if one.policy != adopts}


def calendar_of(target: Target | None, calendars: dict[str, int | None]) -> int | None:
    """The calendar that a target is measured by; None: all time counts."""
    if target is None:
        return calendars["default"]
    if not target.is_business:
        return None
    if isinstance(target.calendar, int):
        return target.calendar
    return calendars[target.calendar] or calendars["default"]


async def _bring_up_to_date(one: Stored, terms_of: metrics.TermsOf, at: datetime) -> None:
    """Its calendar was changed, or another one holds: from then on."""
    clock, terms = one.clock, terms_of(Metric(one.clock.metric), one.clock)
    is_attached = clock.target is None and terms.target is not None
    if not clock.is_open or clock.calendar_version == terms.calendar_version or is_attached:
        return
    terms = kept_target(clock, terms)
    before = msgspec.structs.replace(
        terms, hours=await hours.hours(clock.calendar_version), calendar_version=clock.calendar_version
    )
    await replanning.follow_versions(one, terms.calendar_version, before, at=at)
    if clock.calendar_version != terms.calendar_version:
        moves.change_hours(clock, at, before.hours, terms)


def kept_target(clock: Clock, terms: Terms) -> Terms:
    """These terms with what was promised until now: a new promise is a step of its own."""
    target = terms.target
    if clock.target is None or target is None:
        target = None
    elif target.seconds != clock.target:
        target = msgspec.structs.replace(target, seconds=clock.target)
    return msgspec.structs.replace(terms, target=target)
