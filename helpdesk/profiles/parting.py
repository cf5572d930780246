"""Undoing a merge: each gets back what was theirs, and the loser also what has come to its handles since."""

from datetime import datetime
from typing import Any

from helpdesk.customers.history import record
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.profiles.mergeable import TABLES, hold, set_fields
from helpdesk.tickets.handing_over import hand_over

_NEW_TICKETS = """
SELECT t.id FROM hd_ticket t WHERE t.customer = {} AND t.created_at >= {} AND (
    (SELECT lower(mail->>'from') FROM hd_message WHERE ticket = t.id AND author_kind = 'customer' ORDER BY id LIMIT 1) = ANY({})
    OR (NOT EXISTS (SELECT FROM hd_message WHERE ticket = t.id AND author_kind = 'customer')
        AND EXISTS (SELECT FROM hd_delivery WHERE ticket_id = t.id AND to_addresses && {})))
"""
_NEW_MEMBERS = """
UPDATE hd_customer c SET organisation = {} WHERE organisation = {} AND created_at >= {} AND EXISTS (
    SELECT FROM hd_identity WHERE customer = c.id AND kind = 'email' AND split_part(value, '@', 2) = ANY({})) RETURNING id
"""


async def part(merge: dict[str, Any], *, by: SignedIn, at: datetime) -> None:
    """Take a row of hd_merge, its JSON read, back; in the caller's transaction. Raises Invalid when others came later."""
    kind, survivor, loser = MergedKind(merge["kind"]), merge["survivor"], merge["loser"]
    both = await hold(kind, survivor, loser)
    if len(both) < 2 or both[loser]["merged_into"] != survivor or both[survivor]["merged_into"]:
        raise Invalid(merge=_("The one who goes on was merged into another one since. Undo that first."))
    tickets = [*merge["moved"][f"hd_ticket.{kind}"]]
    if kind == MergedKind.CUSTOMER:
        tickets += await _part_customers(merge)
    else:
        tickets += await _part_organisations(merge)
    told = {"name": (both[survivor]["name"], both[loser]["name"])}
    await hand_over(kind.value, survivor, loser, kind=f"{kind}_parted", by=by, at=at, told=told, only=tickets)
    await rows(f"UPDATE {TABLES[kind]} SET merged_into = NULL WHERE id = {{}}", loser)
    await set_fields(kind, survivor, await _fields_before(merge, both[survivor]))
    if kind == MergedKind.CUSTOMER:
        await set_fields(kind, loser, {})
        for one in (survivor, loser):
            await record(one, "parted", by=by, at=at, changes=told)


async def _part_customers(merge: dict[str, Any]) -> list[int]:
    """Move rows back; the tickets that came to the loser's addresses since the merge."""
    survivor, loser, moved = merge["survivor"], merge["loser"], merge["moved"]
    back = await rows(
        "UPDATE hd_identity SET customer = {}, is_primary = (id = ANY({})) WHERE id = ANY({}) AND customer = {} RETURNING value",
        loser, moved["lost_primary"], moved["hd_identity.customer"], survivor,
    )  # fmt: skip
    await rows(
        "UPDATE hd_identity SET is_primary = false WHERE id = ANY({}) AND customer = {}", moved["made_primary"], survivor
    )  # fmt: skip
    for table in ("hd_message", "hd_customer_note", "hd_customer_event"):
        await rows(
            f"UPDATE {table} SET customer = {{}} WHERE id = ANY({{}}) AND customer = {{}}",
            loser, moved[f"{table}.customer"], survivor,
        )  # fmt: skip
    addresses = [row["value"] for row in back]
    await rows(
        "UPDATE hd_message SET customer = {} WHERE customer = {} AND created_at >= {} AND lower(mail->>'from') = ANY({})",
        loser, survivor, merge["merged_at"], addresses,
    )  # fmt: skip
    found = await rows(_NEW_TICKETS, survivor, merge["merged_at"], addresses, addresses)
    return [row["id"] for row in found]


async def _part_organisations(merge: dict[str, Any]) -> list[int]:
    """Move domains and people back; the tickets that people of the loser's domains opened since."""
    survivor, loser, moved = merge["survivor"], merge["loser"], merge["moved"]
    back = await rows(
        "UPDATE hd_organisation_domain SET organisation = {} WHERE id = ANY({}) AND organisation = {} RETURNING domain",
        loser, moved["hd_organisation_domain.organisation"], survivor,
    )  # fmt: skip
    returned = await rows(
        "UPDATE hd_customer SET organisation = {} WHERE id = ANY({}) AND organisation = {} RETURNING id",
        loser, moved["hd_customer.organisation"], survivor,
    )  # fmt: skip
    domains = [row["domain"] for row in back]
    new = await rows(_NEW_MEMBERS, loser, survivor, merge["merged_at"], domains)
    found = await rows(
        "SELECT id FROM hd_ticket WHERE organisation = {} AND created_at >= {} AND customer = ANY({})",
        survivor, merge["merged_at"], [row["id"] for row in (*returned, *new)],
    )  # fmt: skip
    return [row["id"] for row in found]


async def _fields_before(merge: dict[str, Any], now_is: dict[str, Any]) -> dict[str, Any]:
    """Of the fields that the merge set, those that nobody has set to something else since, as they were before."""
    restored = {
        field: before for field, (before, after) in merge["changes"].items() if now_is[field] == after
    }  # fmt: skip
    if restored.get("organisation") and not await rows(
        "SELECT FROM hd_organisation WHERE id = {}", restored["organisation"]
    ):
        restored["organisation"] = None
    return restored
