"""What a report is asked for, and the rows that it is about."""

from datetime import datetime, timedelta

import msgspec
from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from helpdesk.kernel.language import N_
from helpdesk.people.actor import SignedIn
from helpdesk.reports.periods import Period, midnight
from helpdesk.tickets.promising import TAKEN_BACK
from helpdesk.tickets.queries import Condition, all_of, visible_to

DIMENSIONS: dict[str, str] = {
    "team": N_("Team"),
    "agent": N_("Agent"),
    "channel": N_("Channel"),
    "priority": N_("Priority"),
    "policy": N_("SLA policy"),
    "organisation": N_("Organisation"),
}
"""By what figures are split, and narrowed."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A period, what it is narrowed to, and by what it is split. `at` is now: what runs is judged by it."""

    period: Period
    at: datetime
    seen_by: SignedIn
    team: int | None = None
    agent: int | None = None
    channel: int | None = None
    priority: str | None = None
    policy: int | None = None
    organisation: int | None = None
    by: str = "team"
    by_stop: bool = False
    """Promises count in the period in which their clocks stopped, instead of that in which they were due."""


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the database that a figure counts, each of one ticket: its figure and its list of tickets ask the same."""

    source: str
    """The joined tables, `hd_ticket` among them."""
    id: str
    at: str
    """The instant by which a row is in a period."""
    condition: Condition
    keys: dict[str, str]
    """By dimension, the expression of what a row belongs to."""
    is_of_now: bool = False
    """Whatever the period: how things stand."""

    @property
    def is_of_clocks(self) -> bool:
        return self.id == "c.id"


_COUNTED = "hd_ticket.spam_at IS NULL AND hd_ticket.trashed_at IS NULL"
"""Spam and trash are in no report; what was merged away counts for what had been done about it."""
BROKEN = "(c.breached_at IS NOT NULL OR (c.state = 'running' AND c.due_at < {}))"
"""As of an instant: it ran past its due time, whether a timer has said so yet or not."""
_KEPT_OR_BROKEN = f"c.target IS NOT NULL AND c.state <> 'cancelled' AND (c.state = 'stopped' OR {BROKEN})"
PARKED_WITHIN = timedelta(minutes=5)

_OF_TICKETS = {name: f"hd_ticket.{name}" for name in ("team", "channel", "priority", "organisation")} | {
    "agent": "hd_ticket.assignee",
    "policy": "(SELECT v.policy FROM sla_clock k JOIN sla_policy_version v ON v.id = k.policy_version WHERE k.ticket = hd_ticket.id ORDER BY k.id LIMIT 1)",
}
_OF_CLOCKS = _OF_TICKETS | {
    "priority": "c.priority",
    "agent": "(CASE WHEN c.state = 'stopped' THEN c.stopped_by ELSE hd_ticket.assignee END)",
    "policy": "(SELECT v.policy FROM sla_policy_version v WHERE v.id = c.policy_version)",
}
_OF_STOPPED = _OF_CLOCKS | {"agent": "c.stopped_by"}
"""Without the state, which their index does not hold."""
_NEW_STATUS, _OLD_STATUS = "(e.changes->'status'->>1)", "(e.changes->'status'->>0)"
REOPENED = f"{_OLD_STATUS} IN ('solved', 'closed') AND {_NEW_STATUS} NOT IN ('solved', 'closed')"
PENDING = f"{_NEW_STATUS} = 'pending'"
"""Written as their indexes have them (migration 0086)."""


def measured(metric: str) -> Population:
    """Clocks of a metric that have stopped, by when they did."""
    return _stopped(WhereRaw("c.metric = {}", metric))


def stopped_any(metrics: list[str]) -> Population:
    """Clocks that have stopped, of these metrics, or of any that was promised."""
    return _stopped(WhereRaw("(c.metric = ANY({}) OR c.target IS NOT NULL)", metrics))


def promised(asked: Asked) -> Population:
    """Promises that were kept or broken, by when they were due, or by when their clocks stopped."""
    if asked.by_stop:
        return rested()
    return _clocks(WhereRaw(_KEPT_OR_BROKEN, asked.at), "c.due_at")


def kept(asked: Asked) -> Population:
    return narrowed(promised(asked), WhereRaw(f"NOT {BROKEN}", asked.at))


def broken(asked: Asked, cause: str = "") -> Population:
    return narrowed(promised(asked), WhereRaw(BROKEN, asked.at), WhereRaw(f"{CAUSE} = {{}}", cause) if cause else None)


CAUSE = "(CASE WHEN c.breach_cause = '' THEN 'timer' ELSE c.breach_cause END)"
"""Why a promise was broken; a timer is just about to say so where nothing has yet."""


def overdue(asked: Asked) -> Population:
    """Broken promises whose clocks have stopped: so much too late."""
    return narrowed(promised(asked), WhereRaw("c.state = 'stopped' AND c.breached_at IS NOT NULL"))


def rested() -> Population:
    """Clocks of promises that have stopped, by when they did."""
    return _stopped(WhereRaw("c.target IS NOT NULL"))


def opened() -> Population:
    """Tickets that people opened, by when they did."""
    condition = WhereRaw("hd_ticket.merged_into IS NULL AND NOT hd_ticket.is_automatic")
    return Population(
        source="hd_ticket", id="hd_ticket.id", at="hd_ticket.created_at", condition=condition, keys=_OF_TICKETS
    )


def reopened() -> Population:
    """Each time when a solved ticket was opened again, but for what somebody took back at once."""
    return _events(WhereRaw(f"{REOPENED} AND NOT e.kind = ANY({{}})", list(TAKEN_BACK)))


def parked() -> Population:
    """Each time when a ticket was set to wait for a customer who had just written and was not answered."""
    condition = f"""{PENDING} AND e.kind = 'status_changed' AND e.actor_kind = 'agent' AND EXISTS (
        SELECT FROM hd_message m WHERE m.ticket = e.ticket AND m.author_kind = 'customer' AND m.audience = 'public' AND m.thread IS NULL
            AND m.created_at <= e.at AND m.created_at >= e.at - {{}}::interval
            AND NOT EXISTS (SELECT FROM hd_message a WHERE a.ticket = e.ticket AND a.author_kind = 'agent' AND a.audience = 'public'
                AND a.undone_at IS NULL AND a.created_at BETWEEN m.created_at AND e.at))"""
    return _events(WhereRaw(condition, PARKED_WITHIN))


def late_now(asked: Asked) -> Population:
    """Promises that are broken, and whose clocks run on."""
    return _now(WhereRaw("c.due_at < {}", asked.at))


def at_risk(asked: Asked, until: datetime) -> Population:
    """Promises that are due between now and then."""
    return _now(WhereRaw("c.due_at >= {} AND c.due_at < {}", asked.at, until))


def risks(asked: Asked) -> dict[str, datetime]:
    """Until when each of them looks ahead."""
    today = asked.at.astimezone(asked.period.zone).date()
    return {
        "at_risk_1h": asked.at + timedelta(hours=1),
        "at_risk_4h": asked.at + timedelta(hours=4),
        "at_risk_today": midnight(today + timedelta(days=1), asked.period.zone),
    }


def narrowed(population: Population, *conditions: Condition | None) -> Population:
    return msgspec.structs.replace(population, condition=all_of(population.condition, *conditions))


def rows_of(population: Population, asked: Asked, *, with_before: bool = False) -> QueryString:
    """The condition of its rows in what is asked for, as far as they may be seen; `with_before`: of both spans."""
    within = None if population.is_of_now else _within(population, asked, with_before)
    return all_of(population.condition, within, *_of_ticket(population, asked)).querystring


GATHERED = "c JOIN hd_ticket ON hd_ticket.id = c.ticket AND hd_ticket.id >= (SELECT min(ticket) FROM c)"
"""Clocks that a statement has gathered as `c`, with their tickets, which are looked for from the first of them on."""


def gathered(population: Population, asked: Asked, columns: str, *, with_before: bool = True) -> QueryString:
    """What a figure asks of its clocks, by their index alone; `of_tickets` has the rest of its condition.

    So no more tickets are read than those of a period, however many there are.
    """
    within = _within(population, asked, with_before)
    return QueryString(
        f"SELECT {columns} FROM sla_clock c WHERE {{}}", all_of(population.condition, within).querystring
    )


def of_tickets(population: Population, asked: Asked) -> QueryString:
    """Which of GATHERED are counted, as far as they may be seen."""
    return all_of(*_of_ticket(population, asked)).querystring


def steps(asked: Asked) -> tuple[datetime, list[datetime]]:
    """What is bound in `step_of`."""
    return asked.period.since, asked.period.starts


FIRST = 1
"""The first step of the period, until its end."""


def step_of(population: Population) -> str:
    """An expression with two values to bind: in which step of the course; of the span before nobody asks that."""
    return f"(CASE WHEN {population.at} >= {{}} THEN width_bucket({population.at}, {{}}::timestamptz[]) END)"


def is_before(population: Population) -> str:
    """An expression with one value to bind: when the period begins. How things stand now is of no span before."""
    return "({}::timestamptz IS NULL)" if population.is_of_now else f"({population.at} < {{}})"


def _within(population: Population, asked: Asked, with_before: bool) -> Condition:
    at, period = population.at, asked.period
    if not with_before:
        return WhereRaw(f"{at} >= {{}} AND {at} < {{}}", period.since, period.until)
    since, until = period.compared
    if until == period.since:
        return WhereRaw(f"{at} >= {{}} AND {at} < {{}}", since, period.until)
    return WhereRaw(
        f"({at} >= {{}} AND {at} < {{}} OR {at} >= {{}} AND {at} < {{}})", since, until, period.since, period.until
    )


def _of_ticket(population: Population, asked: Asked) -> list[Condition | None]:
    wanted = {name: getattr(asked, name) for name in DIMENSIONS}
    narrowings = [WhereRaw(f"{population.keys[name]} = {{}}", one) for name, one in wanted.items() if one is not None]
    return [WhereRaw(_COUNTED), *narrowings, visible_to(asked.seen_by)]


def _stopped(condition: Condition) -> Population:
    stopped = all_of(WhereRaw("c.state = 'stopped'"), condition)
    return msgspec.structs.replace(_clocks(stopped, "c.stopped_at"), keys=_OF_STOPPED)


def _clocks(condition: Condition, at: str, *, is_of_now: bool = False) -> Population:
    return Population(
        source="sla_clock c JOIN hd_ticket ON hd_ticket.id = c.ticket", id="c.id", at=at, condition=condition,
        keys=_OF_CLOCKS, is_of_now=is_of_now,
    )  # fmt: skip


def _now(condition: Condition) -> Population:
    running = WhereRaw("c.state = 'running' AND c.target IS NOT NULL")
    return _clocks(all_of(running, condition), "c.due_at", is_of_now=True)


def _events(condition: Condition) -> Population:
    return Population(
        source="hd_event e JOIN hd_ticket ON hd_ticket.id = e.ticket", id="e.id", at="e.at", condition=condition,
        keys=_OF_TICKETS,
    )  # fmt: skip
