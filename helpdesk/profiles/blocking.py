"""Whether a customer's mail is blocked, and blocking or letting in all of their addresses at once."""

from datetime import datetime
from typing import Any

from helpdesk.customers.finding import emails_of
from helpdesk.intake.senders import patterns_for, remove_rule, set_rule
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand


async def blocks_of(addresses: list[str]) -> dict[str, dict[str, Any]]:
    """Of the addresses those whose mail is kept out, each with the rule that does: `id`, `pattern`, `created_by` (an agent)."""
    patterns = {address: patterns_for(address) for address in addresses}
    found = await rows(
        "SELECT id, pattern, is_allowed, created_by FROM hd_sender_rule WHERE pattern = ANY({}) ORDER BY is_allowed DESC, id",
        [pattern for each in patterns.values() for pattern in each],
    )
    deciding = {
        address: next((rule for rule in found if rule["pattern"] in patterns[address]), None) for address in addresses
    }
    return {address: rule for address, rule in deciding.items() if rule and not rule["is_allowed"]}


async def block(customer_id: int, *, by: SignedIn, at: datetime) -> None:
    """Let no more mail of theirs in; raises Invalid when they have no address, or a manager allowed one."""
    demand(by, "block_senders")
    addresses = await emails_of(customer_id)
    if not addresses:
        raise Invalid(customer=_("This customer has no e-mail address that could be blocked."))
    blocked = await blocks_of(addresses)
    async with transaction():
        for address in addresses:
            if address not in blocked:
                await set_rule(address, is_allowed=False, by=by, at=at)


async def unblock(customer_id: int, *, by: SignedIn) -> None:
    """Let their mail in again: the rules of their addresses go. Raises Invalid when a rule of a whole domain, or one that
    the agent may not lift, still keeps them out."""
    demand(by, "block_senders")
    addresses = await emails_of(customer_id)
    blocks = await blocks_of(addresses)
    for address, rule in blocks.items():
        if "@" not in rule["pattern"]:
            raise Invalid(
                customer=_("%(address)s is blocked by the rule for %(pattern)s. A manager can change that.")
                % {"address": address, "pattern": rule["pattern"]}
            )
    async with transaction():
        for rule in blocks.values():
            await remove_rule(rule["id"], by=by)
    if await blocks_of(addresses):
        raise Invalid(customer=_("Somebody else blocked this customer. A manager can change that."))
