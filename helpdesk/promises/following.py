"""What follows from a line of a clock's ledger: the ticket's history tells it, people hear of it, the ladder is climbed.

Whether it still holds is asked now, while the ticket is held. What comes late is told more quietly: after an outage a page
of old alarms helps nobody (docs/sla.md).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from helpdesk.kernel.database import objects, rows, transaction
from helpdesk.people.actor import SYSTEM
from helpdesk.promises.escalating import take
from helpdesk.tickets.events import record
from helpdesk.tickets.tables import Ticket
from sla import ledger, promises
from sla.targets import Metric, Step, target_of

IN_TIME, NO_NEWS = timedelta(minutes=5), timedelta(hours=24)
"""Until then it is told at once; later than that it is told to nobody, and between the two all of it together."""
STEP_WITHIN = timedelta(hours=1)
QUIET = ("attached_late", "late_stop")
"""Causes of breaches that are over by the time they are known."""

_TICKETS_OF_LINES = """
WHERE id IN (SELECT c.ticket FROM sla_clock_event e JOIN sla_clock c ON c.id = e.clock
    WHERE e.id = ANY({}) AND e.follows AND e.followed_at IS NULL) ORDER BY id FOR NO KEY UPDATE
"""
_WAS_TOLD = """
SELECT FROM hd_event WHERE ticket = {} AND kind = 'sla_breached'
    AND (changes -> 'promised' -> 1 ->> 'clock')::bigint = {} AND (changes -> 'promised' -> 1 ->> 'epoch')::int = {} LIMIT 1
"""


async def follow(lines: Sequence[int], *, at: datetime) -> dict[int, Ticket]:
    """Do what follows from the lines, unless it was done; safe to call any number of times.

    The events by which histories tell it, with their tickets: what follows from those is the caller's to do, in the same
    transaction. Tickets are held before lines are claimed, as by all that changes their clocks.
    """
    async with transaction():
        tickets = {ticket.id: ticket for ticket in await objects(Ticket, _TICKETS_OF_LINES, list(lines))}
        told: dict[int, Ticket] = {}
        for line in await ledger.claim(lines, list(tickets)):
            ticket = tickets[line["ticket"]]
            if event := await _follow(ticket, line, at=max(at, ticket.updated_at)):
                told[event] = ticket
        return told


async def _follow(ticket: Ticket, line: dict[str, Any], *, at: datetime) -> int | None:
    """A warning and a step are of a clock that runs on; a breach is in the history, unless it was none. The event's id."""
    holds = line["epoch"] == line["clock_epoch"] and line["is_running"]
    match line["kind"]:
        case "warned" if holds and not line["is_broken"]:
            return await _record(ticket, "sla_warned", line, at=at, telling=_telling(line, at))
        case "breached" if line["epoch"] == line["clock_epoch"]:
            telling = _telling(line, at) if line["is_running"] and line["cause"] not in QUIET else ""
            return await _record(ticket, "sla_breached", line, at=at, telling=telling)
        case "breach_voided" if await rows(_WAS_TOLD, ticket.id, line["clock"], line["epoch"] - 1):
            return await _record(ticket, "sla_voided", line, at=at, epoch=line["epoch"] - 1)
        case "escalated" if holds and line["is_broken"]:
            return await _climb(ticket, line, at=at)
        case _:
            return None


async def _climb(ticket: Ticket, line: dict[str, Any], *, at: datetime) -> int | None:
    step = await _step(line)
    if step is None:
        return None
    skipped = "late" if at - line["at"] > STEP_WITHIN else await take(ticket, step, at=at)
    told = {"do": step.do, "after": step.after, "agent": step.agent, "team": step.team, "skipped": skipped}
    at = max(at, ticket.updated_at)
    return await _record(ticket, "sla_escalated", line, at=at, telling="" if skipped else _telling(line, at), **told)


async def _step(line: dict[str, Any]) -> Step | None:
    promise = await promises.promise(line["policy_version"])
    target = target_of(promise.targets, Metric(line["metric"]), line["priority"])
    return target.steps[line["threshold"]] if target and line["threshold"] < len(target.steps) else None


async def _record(
    ticket: Ticket, kind: str, line: dict[str, Any], *, at: datetime, telling: str = "", **told: Any
) -> int:
    """The ticket itself is as it was: neither its version nor its time of change goes on."""
    promised = {name: line[name] for name in ("clock", "epoch", "metric", "target", "cause")}
    promised |= {"due": line["due_at"], "policy": line["policy"] or "", "telling": telling} | told
    return await record(ticket, kind, by=SYSTEM, at=at, changes={"promised": (None, promised)}, is_followed=True)


def _telling(line: dict[str, Any], at: datetime) -> str:
    """`now`, `late` (together with what else is), or nothing. A warning that is late warns of nothing."""
    late = at - line["at"]
    if late <= IN_TIME:
        return "now"
    return "late" if late <= NO_NEWS and line["kind"] != "warned" else ""
