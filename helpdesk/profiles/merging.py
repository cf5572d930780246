"""Making one of two customers, or of two organisations, and taking that back.

Whatever refers to the loser is moved to the survivor, and its id written down in the merge's row; undoing moves exactly
these rows back, and what has come to the loser's handles since. The loser's row stays, so that old links lead on, and a
survivor that is merged itself can be undone only after that: merges are a stack, never a ring.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from helpdesk.customers import history
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.database import despite_deadlocks, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.profiles.mergeable import FIELDS, TABLES, hold, set_fields
from helpdesk.profiles.parting import part
from helpdesk.tickets.handing_over import hand_over

Side = Literal["mine", "theirs", "both"]

REFERENCES = {
    MergedKind.CUSTOMER: (
        "hd_identity.customer",
        "hd_message.customer",
        "hd_customer_note.customer",
        "hd_customer_event.customer",
        "kb_evidence.customer",
    ),
    MergedKind.ORGANISATION: ("hd_customer.organisation", "hd_organisation_domain.organisation"),
}
"""All columns that refer to one, besides its tickets', which are handed over with an event (a test compares the keys)."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field of both as people read it, and what the survivor will have unless somebody chooses otherwise."""

    field: str
    mine: Any
    theirs: Any
    side: Side


async def differences(kind: MergedKind, survivor: int, loser: int) -> list[Difference]:
    """The fields of both, each with what is kept by itself; raises NotFound, Invalid when they cannot be merged."""
    mine, theirs = await check(kind, survivor, loser)
    sides: dict[str, Side] = {field: _side(field, mine, theirs) for field in FIELDS[kind]}
    if kind == MergedKind.CUSTOMER:
        mine, theirs = await _with_organisation(mine), await _with_organisation(theirs)
    return [Difference(field=field, mine=mine[field], theirs=theirs[field], side=side) for field, side in sides.items()]


async def merge(
    kind: MergedKind, survivor: int, loser: int, *, by: SignedIn, at: datetime, chosen: dict[str, Side] | None = None
) -> int:
    """Let the survivor go on for both and return the merge's id. `chosen` says whose value of a field stays.

    Raises Refused, NotFound, and Invalid when one of them is merged already or just now, or they are the same.
    """
    demand(by, "merge_customers")

    async def work() -> int:
        async with transaction():
            await check(kind, survivor, loser)
            return await merge_now(kind, survivor, loser, by=by, at=at, chosen=chosen or {})

    return await despite_deadlocks(work)  # a mail on its way in may hold a ticket and wait for its customer


async def merge_now(
    kind: MergedKind, survivor: int, loser: int, *, by: SignedIn, at: datetime, chosen: dict[str, Side]
) -> int:
    """The same in the caller's transaction, however long that has to wait."""
    demand(by, "merge_customers")
    return await _merge(kind, survivor, loser, by=by, at=at, chosen=chosen)


async def check(kind: MergedKind, survivor: int, loser: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both rows; raises NotFound, or Invalid, when they cannot be merged, or one of them just is."""
    async with transaction():
        return _demand_mergeable(survivor, loser, await hold(kind, survivor, loser, waits=False))


async def undo(merge_id: int, *, by: SignedIn, at: datetime) -> dict[str, Any]:
    """Part the two again and return the merge's row; raises NotFound, and Invalid when something was built on it."""
    demand(by, "merge_customers")

    async def work() -> dict[str, Any]:
        async with transaction():
            found = await find_merge(merge_id)
            await hold(MergedKind(found["kind"]), found["survivor"], found["loser"], waits=False)
            return await undo_now(merge_id, by=by, at=at)

    return await despite_deadlocks(work)


async def undo_now(merge_id: int, *, by: SignedIn, at: datetime) -> dict[str, Any]:
    """The same in the caller's transaction, however long that has to wait."""
    demand(by, "merge_customers")
    row = await find_merge(merge_id, held=True)
    await part(row, by=by, at=at)
    await rows("UPDATE hd_merge SET undone_at = {}, undone_by = {} WHERE id = {}", at, by.id, merge_id)
    about = About(row["kind"], row["survivor"])
    await record("parted", by=by, at=at, about=about, changes={"merged": (row["loser"], None)})
    return row


async def find_merge(merge_id: int, *, held: bool = False) -> dict[str, Any]:
    """The merge's row with its JSON read; raises NotFound, also when it was undone."""
    found = await rows(f"SELECT * FROM hd_merge WHERE id = {{}}{' FOR UPDATE' if held else ''}", merge_id)
    if not found or found[0]["undone_at"]:
        raise NotFound(_("There is no such merge, or it was undone."))
    return found[0] | {name: msgspec.json.decode(found[0][name]) for name in ("changes", "moved")}


async def merges_of(kind: MergedKind, survivor: int) -> list[dict[str, Any]]:
    """Who was merged into this one and is still: `id`, `loser`, `name`, `merged_at`, `merged_by`; the last first."""
    return await rows(
        f"""SELECT m.id, m.loser, l.name, m.merged_at, a.name AS merged_by FROM hd_merge m
        JOIN {TABLES[kind]} l ON l.id = m.loser LEFT JOIN hd_agent a ON a.id = m.merged_by
        WHERE m.kind = {{}} AND m.survivor = {{}} AND m.undone_at IS NULL ORDER BY m.id DESC LIMIT 50""",
        kind, survivor,
    )  # fmt: skip


async def _with_organisation(customer: dict[str, Any]) -> dict[str, Any]:
    """The row with its organisation's name instead of the id."""
    found = await rows("SELECT name FROM hd_organisation WHERE id = {}", customer["organisation"])
    return customer | {"organisation": found[0]["name"] if found else None}


async def _merge(
    kind: MergedKind, survivor: int, loser: int, *, by: SignedIn, at: datetime, chosen: dict[str, Side]
) -> int:
    mine, theirs = _demand_mergeable(survivor, loser, await hold(kind, survivor, loser))
    told = {"name": (theirs["name"], mine["name"])}

    async def tickets() -> list[int]:
        return await hand_over(kind.value, loser, survivor, kind=f"{kind}_merged", by=by, at=at, told=told)

    # Tickets before the loser's row, in the order in which mails lock them; then those that were just being opened.
    moved = {f"hd_ticket.{kind}": await tickets()}
    await rows(f"SELECT FROM {TABLES[kind]} WHERE id = {{}} FOR UPDATE", loser)
    moved[f"hd_ticket.{kind}"] += await tickets()
    if kind == MergedKind.CUSTOMER:
        moved |= await _settle_primaries(survivor, loser)
    for reference in REFERENCES[kind]:
        table, column = reference.split(".")
        found = await rows(f"UPDATE {table} SET {column} = {{}} WHERE {column} = {{}} RETURNING id", survivor, loser)
        moved[reference] = [row["id"] for row in found]
    changes = _changes(kind, mine, theirs, chosen)
    await set_fields(kind, survivor, {field: after for field, (_before, after) in changes.items()})
    await rows(f"UPDATE {TABLES[kind]} SET merged_into = {{}} WHERE id = {{}}", survivor, loser)
    if kind == MergedKind.CUSTOMER:
        await history.record(survivor, "merged", by=by, at=at, changes=told)
    await record("merged", by=by, at=at, about=About(kind.value, survivor), changes={"merged": (None, loser)})
    [row] = await rows(
        """INSERT INTO hd_merge (kind, survivor, loser, merged_at, merged_by, changes, moved)
        VALUES ({}, {}, {}, {}, {}, {}, {}) RETURNING id""",
        kind, survivor, loser, at, by.id, msgspec.json.encode(changes).decode(), msgspec.json.encode(moved).decode(),
    )  # fmt: skip
    return row["id"]


def _demand_mergeable(
    survivor: int, loser: int, found: dict[int, dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both rows; raises NotFound, Invalid."""
    if survivor == loser:
        raise Invalid(other=_("These are one and the same."))
    if len(found) < 2:
        raise NotFound(_("One of the two does not exist any more."))
    if any(row["merged_into"] for row in found.values()):
        raise Invalid(other=_("One of the two was merged already. Look again who there is."))
    return found[survivor], found[loser]


async def _settle_primaries(survivor: int, loser: int) -> dict[str, list[int]]:
    """Mail and calls to the survivor go on to where they went: what comes along is no primary, what was first is one."""
    made = await rows(
        """UPDATE hd_identity SET is_primary = true WHERE id IN (SELECT min(id) FROM hd_identity WHERE customer = {}
        GROUP BY kind HAVING NOT bool_or(is_primary)) RETURNING id""",
        survivor,
    )
    lost = await rows(
        """UPDATE hd_identity i SET is_primary = false WHERE customer = {} AND is_primary
        AND EXISTS (SELECT FROM hd_identity WHERE customer = {} AND kind = i.kind) RETURNING id""",
        loser, survivor,
    )  # fmt: skip
    return {"made_primary": [row["id"] for row in made], "lost_primary": [row["id"] for row in lost]}


def _side(field: str, mine: dict[str, Any], theirs: dict[str, Any]) -> Side:
    if field == "notes" and mine[field] and theirs[field] and mine[field] != theirs[field]:
        return "both"
    return "mine" if mine[field] or not theirs[field] else "theirs"


def _changes(
    kind: MergedKind, mine: dict[str, Any], theirs: dict[str, Any], chosen: dict[str, Side]
) -> dict[str, tuple[Any, Any]]:
    """What becomes of the survivor's fields: {"name": (before, after)}."""
    changes = {}
    for field in FIELDS[kind]:
        side = chosen.get(field) or _side(field, mine, theirs)
        if side == "both":
            value = f"{mine[field]}\n\n{theirs[field]}" if field == "notes" else mine[field]
        else:
            value = theirs[field] if side == "theirs" else mine[field]
        if value != mine[field]:
            changes[field] = (mine[field], value)
    return changes
