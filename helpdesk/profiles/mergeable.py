"""What can be merged with its like: customers and organisations, and their fields."""

from typing import Any

from helpdesk.customers.holding import hold_unless_merged
from helpdesk.customers.searching import refresh_words
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.database import lock, rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.text import normalise, sort_key

TABLES = {MergedKind.CUSTOMER: "hd_customer", MergedKind.ORGANISATION: "hd_organisation"}
FIELDS = {
    MergedKind.CUSTOMER: ("name", "organisation", "language", "time_zone", "notes"),
    MergedKind.ORGANISATION: ("name", "language", "notes"),
}

HANDLES = {
    MergedKind.CUSTOMER: "SELECT value FROM hd_identity WHERE customer = t.id ORDER BY is_primary DESC, id",
    MergedKind.ORGANISATION: "SELECT domain FROM hd_organisation_domain WHERE organisation = t.id ORDER BY domain",
}


async def named(kind: MergedKind, id: int) -> dict[str, Any]:
    """`id`, `name` and `handles` (addresses and numbers, or domains) of one; raises NotFound."""
    found = await rows(f"SELECT id, name, ARRAY({HANDLES[kind]}) AS handles FROM {TABLES[kind]} t WHERE id = {{}}", id)
    if not found:
        raise NotFound(_("There is nothing here."))
    return found[0]


async def hold(kind: MergedKind, one: int, other: int, *, waits: bool = True) -> dict[int, dict[str, Any]]:
    """Both rows, which nobody else merges, parts or corrects until the transaction ends.

    Locked in one order, so that merges in opposite directions follow each other; the second finds the first one done.
    Who does not wait for very many tickets that move gets Invalid instead.
    """
    for id in sorted((one, other)):
        await (lock(kind, id) if waits else hold_unless_merged(kind, id))
    found = await rows(f"SELECT * FROM {TABLES[kind]} WHERE id = ANY({{}})", [one, other])
    return {row["id"]: row for row in found}


async def set_fields(kind: MergedKind, id: int, values: dict[str, Any]) -> None:
    """Write the fields, and what is derived from them."""
    for field, value in values.items():
        await rows(f"UPDATE {TABLES[kind]} SET {field} = {{}} WHERE id = {{}}", value, id)
    if values.get("name"):
        await rows(f"UPDATE {TABLES[kind]} SET sort_key = {{}} WHERE id = {{}}", sort_key(values["name"]), id)
    if kind == MergedKind.CUSTOMER:
        await refresh_words(id)
    elif "name" in values:
        await rows("UPDATE hd_organisation SET words = {} WHERE id = {}", normalise(values["name"]), id)
