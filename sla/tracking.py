"""The clocks of a ticket follow it, in the transaction of its change."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.conditions import Conditions
from sla import following, hours, ledger, moves, promises, replanning
from sla.clock import Clock, State, Terms
from sla.ledger import COLUMNS, Stored
from sla.measuring_late import Past, is_attached, needs_past
from sla.metrics import Facts, TermsOf
from sla.promises import Promise
from sla.sweeping import OF_TICKET, Ended
from sla.targets import Metric, Target, target_of

READ = f"""
(SELECT edition FROM sla_settings) AS edition, (SELECT default_calendar FROM sla_settings) AS default_calendar,
{OF_TICKET} AS ended, (SELECT jsonb_agg(jsonb_build_object({", ".join(f"'{name}', c.{name}" for name in COLUMNS)}) ORDER BY c.id)
    FROM (SELECT * FROM sla_clock WHERE ticket = hd_ticket.id FOR NO KEY UPDATE) AS c) AS clocks
"""
"""Columns of a statement about `hd_ticket`, of which `kept` makes what `follow` needs. The clocks are held: a timer passes by
those that are, and what it has just fired is read."""


class Kept(msgspec.Struct, frozen=True):
    """What there is of a ticket's clocks before a change."""

    edition: int
    default_calendar: int | None
    ended: list[Ended]
    """Choices of other calendars that have not reached it, the newest first."""
    clocks: list[Stored]


def kept(row: dict[str, Any]) -> Kept:
    """From a row with the columns of READ."""
    clocks = msgspec.json.decode(row["clocks"] or "[]")
    ended = msgspec.json.decode(row["ended"] or "[]", type=list[Ended])
    return Kept(row["edition"], row["default_calendar"], ended, [ledger.stored(one) for one in clocks])


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


async def follow(ticket: Tracked, *, at: datetime, event: int | None) -> list[int]:
    """Bring its clocks to where they belong; ids of the ledger's lines that somebody is to hear of."""
    clocks = ticket.kept.clocks
    terms = await _terms(ticket)
    for one in clocks:
        await _bring_up_to_date(one, terms, ticket.kept.ended, at)
    working = [one.clock for one in clocks]
    past = await ticket.past() if needs_past(working, ticket.facts, terms, at) else None
    following.follow(working, ticket.facts, terms, at, past)
    return await ledger.write([*clocks, *(Stored(ticket.id, one) for one in working[len(clocks) :])], event=event)


async def _terms(ticket: Tracked) -> TermsOf:
    """The terms of every metric. What has begun to climb a ladder stays under those that it is of, while something is
    promised."""
    current, clocks = await promises.current(ticket.kept.edition), [one.clock for one in ticket.kept.clocks]
    began = {one.policy_version for one in clocks if one.policy_version is not None}
    holding = promises.holding(current, ticket.matches, ticket.facts.created_at, began)
    terms = {
        metric: await _by(ticket, promises.promised(holding, metric, ticket.priority), ticket.priority)
        for metric in Metric
    }
    climbing = {_key(one): await _by(ticket, of, one.priority) for one in clocks if (of := await _ladder(one, current))}

    def of_clock(metric: Metric, clock: Clock | None) -> Terms:
        now = terms[metric]
        return climbing.get(_key(clock), now) if clock and now.target else now

    return of_clock


async def _by(ticket: Tracked, found: tuple[Promise, Target] | None, priority: str) -> Terms:
    promise, target = found or (None, None)
    calendars = {
        "default": ticket.kept.default_calendar,
        "team": ticket.team_calendar,
        "organisation": ticket.organisation_calendar,
    }
    version, calendar = await hours.current(calendar_of(target, calendars), edition=ticket.kept.edition)
    return Terms(
        hours=calendar, calendar_version=version, target=target, policy_version=promise.id if promise else None,
        priority=priority,
    )  # fmt: skip


async def _ladder(clock: Clock, current: list[Promise]) -> tuple[Promise, Target] | None:
    """What the clock takes its steps by, once it has taken one and as long as the policy is in use."""
    if not clock.escalated or clock.policy_version is None:
        return None
    promise = await promises.promise(clock.policy_version)
    target = target_of(promise.targets, Metric(clock.metric), clock.priority)
    return (promise, target) if target and any(one.policy == promise.policy for one in current) else None


def _key(clock: Clock) -> tuple[str, int, int]:
    return clock.metric, clock.scope, clock.cycle


def calendar_of(target: Target | None, calendars: dict[str, int | None]) -> int | None:
    """The calendar that a target is measured by; None: all time counts."""
    if target is None:
        return calendars["default"]
    if not target.is_business:
        return None
    if isinstance(target.calendar, int):
        return target.calendar
    return calendars[target.calendar] or calendars["default"]


async def _bring_up_to_date(one: Stored, terms_of: TermsOf, ended: list[Ended], at: datetime) -> None:
    """Its calendar was changed, or another one holds: from then on. One that was chosen holds since the choice, however long
    that took to get here."""
    clock, terms = one.clock, terms_of(Metric(one.clock.metric), one.clock)
    if not clock.is_open or clock.calendar_version == terms.calendar_version or is_attached(clock, terms):
        return
    terms = kept_target(clock, terms)
    before = msgspec.structs.replace(
        terms, hours=await hours.hours(clock.calendar_version), calendar_version=clock.calendar_version
    )
    await replanning.follow_versions(one, terms.calendar_version, before, at=at)
    if clock.calendar_version != terms.calendar_version:
        moves.change_hours(clock, await _ended_at(clock, ended, at), before.hours, terms)


async def _ended_at(clock: Clock, ended: list[Ended], at: datetime) -> datetime:
    """Until when the calendar held by which it runs."""
    if not ended or clock.state is not State.RUNNING:
        return at
    calendar = await hours.calendar_of(clock.calendar_version)
    return min(at, next((one.at for one in ended if one.calendar == calendar), at))


def kept_target(clock: Clock, terms: Terms) -> Terms:
    """These terms with what was promised until now: a new promise is a step of its own."""
    target = terms.target
    if clock.target is None or target is None:
        target = None
    elif target.seconds != clock.target:
        target = msgspec.structs.replace(target, seconds=clock.target)
    return msgspec.structs.replace(terms, target=target)
