"""Reading the audit log: by person, kind and time, the last line first."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import record
from helpdesk.people.permissions import demand

MOST_EXPORTED = 100_000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`person` is an agent, as who did it or whom it was done to; the moments are [since, until)."""

    person: int | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def find_lines(asked: Asked, *, by: SignedIn, before: int | None = None, most: int = 100) -> list[dict[str, Any]]:
    """The lines before the id, the last first; `changes` is {field: [old, new]}."""
    demand(by, "see_audit")
    conditions, values = _conditions(asked)
    if before is not None:
        conditions, values = [*conditions, "id < {}"], [*values, before]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    found = await rows(
        f"""SELECT id, at, kind, actor_kind, actor, actor_name, address, about_kind, about_id, about_name, changes
        FROM hd_audit {where} ORDER BY id DESC LIMIT {{}}""",
        *values, most,
    )  # fmt: skip
    return [row | {"changes": msgspec.json.decode(row["changes"])} for row in found]


async def export_lines(asked: Asked, *, by: SignedIn, at: datetime) -> AsyncIterator[dict[str, Any]]:
    """All of them, at most a hundred thousand; that they were exported is written down first."""
    demand(by, "see_audit")
    await record("exported", by=by, at=at, changes={"what": (None, "audit")})
    before, left = None, MOST_EXPORTED
    while left > 0 and (lines := await find_lines(asked, by=by, before=before, most=min(left, 1000))):
        for line in lines:
            yield line
        before, left = lines[-1]["id"], left - len(lines)


def _conditions(asked: Asked) -> tuple[list[str], list[Any]]:
    given: list[tuple[str, list[Any]]] = []
    if asked.person is not None:
        given.append(("(actor = {} OR (about_kind = 'agent' AND about_id = {}))", [asked.person, asked.person]))
    if asked.kind:
        given.append(("kind = {}", [asked.kind]))
    if asked.since:
        given.append(("at >= {}", [asked.since]))
    if asked.until:
        given.append(("at < {}", [asked.until]))
    return [condition for condition, _values in given], [value for _condition, values in given for value in values]
