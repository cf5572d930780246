"""Reading and writing clocks with their ledgers: one statement each."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from helpdesk.kernel.database import rows
from sla.clock import Clock, Line

log = structlog.get_logger(__name__)

COLUMNS = {
    "ticket": "bigint", "metric": "text", "scope": "int", "cycle": "int", "policy_version": "int", "priority": "text", "target": "int",
    "calendar_version": "int", "state": "text", "started_at": "timestamptz", "running_since": "timestamptz", "consumed": "int",
    "rests_since": "timestamptz", "rested": "int",
    "due_at": "timestamptz", "original_due_at": "timestamptz", "breached_at": "timestamptz",
    "breach_cause": "text", "warned": "int", "escalated": "smallint", "stopped_at": "timestamptz", "stop_cause": "text",
    "elapsed_business": "int", "elapsed_calendar": "int", "stopped_by": "int", "is_pinned": "boolean", "epoch": "int", "gen": "int",
    "next_fire_at": "timestamptz", "next_fire_kind": "text",
}  # fmt: skip
_LINE = {
    "gen": "int", "epoch": "int", "kind": "text", "threshold": "smallint", "at": "timestamptz", "cause": "text", "state": "text",
    "consumed": "int", "due_at": "timestamptz", "target": "int", "priority": "text", "policy_version": "int", "calendar_version": "int",
}  # fmt: skip
_KEY = ("ticket", "metric", "scope", "cycle")
FOLLOWED = ("warned", "breached", "escalated", "breach_voided")
"""Lines that somebody is to hear of."""


def _typed(columns: dict[str, str], *more: str) -> str:
    return ", ".join([f"{name} {kind}" for name, kind in columns.items()] + list(more))


_WRITE = f"""
WITH written AS (
    INSERT INTO sla_clock ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM jsonb_to_recordset({{}}::jsonb) AS c ({_typed(COLUMNS)})
    ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in _KEY)}
    RETURNING id, {", ".join(_KEY)}
), lines AS (
    INSERT INTO sla_clock_event (clock, {", ".join(_LINE)}, recorded_at, event, follows)
    SELECT w.id, {", ".join(f"l.{name}" for name in _LINE)}, now(), l.event, l.kind = ANY({{}})
    FROM jsonb_to_recordset({{}}::jsonb) AS l ({_typed(_LINE, "ticket bigint", "metric text", "scope int", "cycle int", "event bigint")})
    JOIN written w USING ({", ".join(_KEY)}) ORDER BY w.id, l.gen
    RETURNING id, follows
) SELECT id FROM lines WHERE follows
"""

_LINES = f"""
SELECT {", ".join(f"e.{name}" for name in _LINE)} FROM sla_clock c JOIN sla_clock_event e ON e.clock = c.id
WHERE c.ticket = {{}} AND c.metric = {{}} AND c.scope = {{}} AND c.cycle = {{}} ORDER BY e.gen
"""
_CLAIM = """
UPDATE sla_clock_event e SET followed_at = now() FROM sla_clock c
WHERE e.id = ANY({}) AND e.follows AND e.followed_at IS NULL AND c.id = e.clock AND c.ticket = ANY({})
RETURNING e.*, c.ticket, c.metric, c.epoch AS clock_epoch, c.state = 'running' AS is_running, c.breached_at IS NOT NULL AS is_broken,
    (SELECT p.name FROM sla_policy_version v JOIN sla_policy p ON p.id = v.policy WHERE v.id = e.policy_version) AS policy
"""


class Stored(msgspec.Struct):
    """A clock of a ticket, and what it was when it was read."""

    ticket: int
    clock: Clock
    was: Clock | None = None

    @property
    def is_changed(self) -> bool:
        return self.clock != self.was

    @property
    def as_it_was(self) -> Clock:
        return msgspec.structs.replace(self.was or self.clock, ledger=[])


def stored(row: dict[str, Any]) -> Stored:
    """From a row with all of COLUMNS, or from the same as JSON."""
    clock = msgspec.convert(row, Clock)
    return Stored(row["ticket"], clock, msgspec.structs.replace(clock, ledger=[]))


async def write(clocks: list[Stored], *, event: int | None = None) -> list[int]:
    """Write those that changed, with what was added to their ledgers; ids of the lines that somebody is to hear of.

    In the caller's transaction, which holds the tickets, or the clocks themselves.
    """
    changed = [one for one in _once(clocks) if one.is_changed]
    if not changed:
        return []
    values = [{"ticket": one.ticket} | _values(one.clock, COLUMNS) for one in changed]
    lines = [
        {"ticket": one.ticket, "event": event} | _values(one.clock, dict.fromkeys(_KEY[1:])) | _values(line, _LINE)
        for one in changed
        for line in one.clock.ledger
    ]
    found = await rows(_WRITE, _json(values), list(FOLLOWED), _json(lines))
    return [row["id"] for row in found]


async def lines(one: Stored) -> list[Line]:
    """The lines of a clock's ledger that were written, the oldest first."""
    found = await rows(_LINES, one.ticket, one.clock.metric, one.clock.scope, one.clock.cycle)
    return msgspec.convert(found, list[Line])


async def claim(lines: Sequence[int], tickets: Sequence[int]) -> list[dict[str, Any]]:
    """The lines of clocks of tickets that the caller holds, in order, each with its clock as it is now: for whoever tells of
    them, once. What was claimed already, or is gone, is left out. `policy` is what it is called now, None without one."""
    return sorted(await rows(_CLAIM, list(lines), list(tickets)), key=lambda line: line["id"])


def _once(clocks: list[Stored]) -> list[Stored]:
    """Each clock once: where two have one key, what is there already stays. A mistake in clocks stops no ticket."""
    found: dict[tuple[object, ...], Stored] = {}
    for one in clocks:
        key = (one.ticket, *_values(one.clock, _KEY).values())
        if found.setdefault(key, one) is not one:
            log.error("clock_dropped", **dict(zip(_KEY, key, strict=True)))
    return list(found.values())


def _values(one: msgspec.Struct, names: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names if name != "ticket"}


def _json(value: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(value).decode()
