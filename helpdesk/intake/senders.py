"""Senders whose mail is blocked, and those whose mail always comes in: addresses, domains, sub-domains.

`eve@spam.test` is one sender with all their plus parts, `spam.test` everybody there, `*.spam.test` everybody below it.
Allowed beats blocked, and both beat what spam filters say.
"""

import re
from datetime import datetime
from typing import Any

from helpdesk.channels.email.threading import base_mailbox
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand, may
from helpdesk.tickets.tables import Ticket

_DOMAIN = re.compile(r"(?:\*\.)?(?:[^\s@*.<>,;\"\x00]+\.)*[^\s@*.<>,;\"\x00]+")
_ADDRESS = re.compile(r"[^\s@<>,;\"*\x00]+@[^\s@*<>,;\"\x00]+")
LONGEST = 320

_LIST = """
SELECT r.id, r.pattern, r.is_allowed, r.note, r.created_at, a.name AS created_by FROM hd_sender_rule r
LEFT JOIN hd_agent a ON a.id = r.created_by
"""


def patterns_for(address: str) -> list[str]:
    """Every pattern that would mean this address."""
    address = address.strip().lower()
    domain = address.rpartition("@")[2]
    labels = domain.split(".")
    above = [f"*.{'.'.join(labels[place:])}" for place in range(1, len(labels))][:20]
    return list(dict.fromkeys([address, base_mailbox(address), domain, *above]))


async def is_blocked(address: str) -> bool:
    """Whether somebody who gives this address, and proves nothing, is one whose mail would not be let in."""
    found = await rows("SELECT is_allowed FROM hd_sender_rule WHERE pattern = ANY({})", patterns_for(address))
    return bool(found) and not any(row["is_allowed"] for row in found)


def clean_pattern(text: str) -> str:
    """The pattern as it is kept; raises Invalid when it means nobody, or everybody."""
    pattern = text.strip().lower().removeprefix("@")
    if "@" in pattern:
        is_good = bool(_ADDRESS.fullmatch(pattern))
        pattern = base_mailbox(pattern) if is_good else pattern
    else:
        is_good = bool(_DOMAIN.fullmatch(pattern))
    if not is_good or len(pattern) > LONGEST:
        raise Invalid(
            pattern=_("Give an address, a domain such as example.com, or *.example.com for what is below it.")
        )
    return pattern


async def sender_of(ticket: Ticket) -> str:
    """The address that the ticket came from; raises Invalid when it came from none."""
    found = await rows(
        """SELECT coalesce((SELECT nullif(mail->>'from', '') FROM hd_message WHERE ticket = {} AND author_kind = 'customer'
                AND mail IS NOT NULL ORDER BY id LIMIT 1),
            (SELECT value FROM hd_identity WHERE customer = {} AND kind = 'email' ORDER BY id LIMIT 1)) AS address""",
        ticket.id, ticket.customer,
    )  # fmt: skip
    if not found[0]["address"]:
        raise Invalid(pattern=_("This ticket has no e-mail address that could be blocked."))
    return found[0]["address"]


async def set_rule(pattern: str, *, is_allowed: bool, by: SignedIn, at: datetime, note: str = "") -> int:
    """Block or allow, and return the rule's id; a rule that there is already is turned round, by who manages them.

    Raises Invalid at `pattern`: nobody blocks the helpdesk's own mailboxes, and an agent no sender whom a manager allowed.
    """
    demand(by, "manage_senders" if is_allowed else "block_senders")
    pattern = clean_pattern(pattern)
    if not is_allowed and await rows(
        "SELECT FROM hd_channel WHERE address = {} OR split_part(address, '@', 2) = {}", pattern, pattern
    ):
        raise Invalid(pattern=_("This would block a mailbox of your own."))
    async with transaction():
        set_anew = await rows(
            """INSERT INTO hd_sender_rule (pattern, is_allowed, note, created_at, created_by) VALUES ({}, {}, {}, {}, {})
            ON CONFLICT (pattern) DO UPDATE SET is_allowed = excluded.is_allowed, note = excluded.note,
                created_at = excluded.created_at, created_by = excluded.created_by WHERE {} RETURNING id""",
            pattern, is_allowed, note.strip()[:200], at, by.id, may(by, "manage_senders"),
        )  # fmt: skip
        if set_anew:
            about, changes = About("sender", set_anew[0]["id"], pattern), {"is_allowed": (None, is_allowed)}
            await record("sender_rule_changed", by=by, at=at, about=about, changes=changes)
            return set_anew[0]["id"]
    blocked = await rows("SELECT id FROM hd_sender_rule WHERE pattern = {} AND NOT is_allowed", pattern)
    if not blocked:
        raise Invalid(pattern=_("This sender is always allowed. A manager can change that."))
    return blocked[0]["id"]


async def remove_rule(rule_id: int, *, by: SignedIn) -> None:
    """Forget the rule; a second call changes nothing. Who does not manage them takes back their own alone."""
    demand(by, "block_senders")
    async with transaction():
        removed = await rows(
            "DELETE FROM hd_sender_rule WHERE id = {} AND ({} OR created_by = {}) RETURNING pattern, is_allowed",
            rule_id, may(by, "manage_senders"), by.id,
        )  # fmt: skip
        for rule in removed:
            about, changes = About("sender", rule_id, rule["pattern"]), {"is_allowed": (rule["is_allowed"], None)}
            await record("sender_rule_changed", by=by, about=about, changes=changes)


async def find_rule(rule_id: int) -> dict[str, Any]:
    """One rule; raises NotFound."""
    found = await rows(_LIST + "WHERE r.id = {}", rule_id)
    if not found:
        raise NotFound(_("There is no such rule."))
    return found[0]


async def list_rules(*, after: int = 0, containing: str = "", most: int = 1000) -> list[dict[str, Any]]:
    """Rules with ids above `after`, in their order; those whose pattern contains a text."""
    return await rows(
        _LIST + "WHERE r.id > {} AND position({} IN r.pattern) > 0 ORDER BY r.id LIMIT {}",
        after, containing.strip().lower(), most,
    )  # fmt: skip
