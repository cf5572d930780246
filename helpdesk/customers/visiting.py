"""Customers in the portal: sign-in by a link that is mailed to them, and the sessions that follow. There are no passwords.

A session belongs to the address that the link proved, so it follows that address when customers are merged, and ends
when somebody takes the address away.
"""

from datetime import datetime, timedelta
from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.actor import Actor

LINK_LIVES = timedelta(minutes=30)
IDLE, ABSOLUTE = timedelta(days=7), timedelta(days=30)

_WHO = """
SELECT c.id, c.name, c.language, c.time_zone, i.id AS identity, i.value AS address,
    CASE WHEN coalesce(c.sees_colleagues, o.shares_requests) THEN c.organisation END AS organisation
FROM hd_identity i JOIN hd_customer c ON c.id = i.customer LEFT JOIN hd_organisation o ON o.id = c.organisation
"""


class Visitor(Actor, frozen=True, kw_only=True):
    """A customer at the portal, by one of their addresses. Who came by the link of a mail has no session, and that mail's
    ticket alone in reach."""

    identity: int
    address: str
    language: str | None
    time_zone: str | None
    organisation: int | None
    """Whose requests they may see besides their own."""
    session_id: int | None = None
    only_ticket: int | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.session_id is not None


async def make_link(address: str, *, next_path: str, at: datetime) -> tuple[str, Visitor] | None:
    """A token that signs in the customer with this address, once within 30 minutes; None when there is no such customer."""
    found = await rows(_WHO + "WHERE i.kind = 'email' AND i.value = {}", address)
    if not found:
        return None
    token = new_token()
    await rows(
        "INSERT INTO hd_sign_in_link (token_hash, identity, next, created_at, expires_at) VALUES ({}, {}, {}, {}, {})",
        digest(token), found[0]["identity"], next_path[:200], at, at + LINK_LIVES,
    )  # fmt: skip
    return token, _visitor(found[0])


async def find_link(token: str, *, at: datetime) -> Visitor:
    """Whom the link would sign in; looking does not use it up. Raises NotFound with what to do."""
    found = await rows(
        _WHO + """JOIN hd_sign_in_link l ON l.identity = i.id
        WHERE l.token_hash = {} AND l.used_at IS NULL AND l.expires_at > {}""",
        digest(token), at,
    )  # fmt: skip
    if not found:
        raise NotFound(_("This link has been used or has expired. Ask for a new one."))
    return _visitor(found[0])


async def take_up(token: str, *, address: str, user_agent: str, at: datetime) -> tuple[str, str]:
    """Use the link up: its mailbox is proved from now on. The new session's token and the page to go on with.

    Raises NotFound when the link has been used or is too old; of two at once one is too late.
    """
    session = new_token()
    async with transaction():
        used = await rows(
            """UPDATE hd_sign_in_link SET used_at = {} WHERE token_hash = {} AND used_at IS NULL AND expires_at > {}
            RETURNING identity, next""",
            at, digest(token), at,
        )  # fmt: skip
        if not used:
            raise NotFound(_("This link has been used or has expired. Ask for a new one."))
        identity = used[0]["identity"]
        await rows("UPDATE hd_identity SET verified_at = coalesce(verified_at, {}) WHERE id = {}", at, identity)
        await rows(
            """INSERT INTO hd_customer_session (token_hash, identity, created_at, seen_at, address, user_agent)
            VALUES ({}, {}, {}, {}, {}, {})""",
            digest(session), identity, at, at, address[:64], user_agent[:300],
        )  # fmt: skip
    return session, used[0]["next"]


async def whose_session(token: str, *, at: datetime) -> Visitor | None:
    """Who is signed in; None when the session is unknown, idle for a week or older than 30 days."""
    found = await rows(
        _WHO.replace("SELECT", "SELECT s.id AS session_id, s.seen_at,", 1) + """JOIN hd_customer_session s ON s.identity = i.id
        WHERE s.token_hash = {} AND s.seen_at > {} AND s.created_at > {}""",
        digest(token), at - IDLE, at - ABSOLUTE,
    )  # fmt: skip
    if not found:
        return None
    if at - found[0]["seen_at"] > timedelta(minutes=5):
        await rows("UPDATE hd_customer_session SET seen_at = {} WHERE id = {}", at, found[0]["session_id"])
    return _visitor(found[0], session_id=found[0]["session_id"])


async def visitor_at(address: str, *, only_ticket: int) -> Visitor | None:
    """The customer with this address as one who came by the link of a mail; None when nobody has it any more."""
    found = await rows(_WHO + "WHERE i.kind = 'email' AND i.value = {}", address)
    return _visitor(found[0] | {"organisation": None}, only_ticket=only_ticket) if found else None


async def sign_out(token: str) -> None:
    await rows("DELETE FROM hd_customer_session WHERE token_hash = {}", digest(token))


async def sessions_of(visitor: Visitor, *, at: datetime) -> list[dict[str, Any]]:
    """The customer's sessions by any of their addresses, the last used first: id, address (of the network), mailbox, times."""
    return await rows(
        """SELECT s.id, s.created_at, s.seen_at, s.address, s.user_agent, i.value AS mailbox
        FROM hd_customer_session s JOIN hd_identity i ON i.id = s.identity
        WHERE i.customer = {} AND s.seen_at > {} AND s.created_at > {} ORDER BY s.seen_at DESC, s.id DESC""",
        visitor.id, at - IDLE, at - ABSOLUTE,
    )  # fmt: skip


async def end_session(session_id: int, *, of: Visitor) -> None:
    """End one of the customer's own sessions; nothing happens to anybody else's."""
    await rows(
        """DELETE FROM hd_customer_session s USING hd_identity i
        WHERE i.id = s.identity AND s.id = {} AND i.customer = {}""",
        session_id, of.id,
    )  # fmt: skip


async def end_other_sessions(*, of: Visitor) -> None:
    await rows(
        """DELETE FROM hd_customer_session s USING hd_identity i
        WHERE i.id = s.identity AND i.customer = {} AND s.id <> {}""",
        of.id, of.session_id or 0,
    )  # fmt: skip


async def forget_past_visits(*, at: datetime) -> None:
    """Delete sessions that have run out, and links a day after they have."""
    await rows("DELETE FROM hd_customer_session WHERE seen_at < {} OR created_at < {}", at - IDLE, at - ABSOLUTE)
    await rows("DELETE FROM hd_sign_in_link WHERE expires_at < {}", at - timedelta(days=1))


def _visitor(row: dict[str, Any], *, session_id: int | None = None, only_ticket: int | None = None) -> Visitor:
    return Visitor(
        kind="customer", id=row["id"], name=row["name"] or row["address"], identity=row["identity"], address=row["address"], language=row["language"],
        time_zone=row["time_zone"], organisation=row["organisation"], session_id=session_id, only_ticket=only_ticket,
    )  # fmt: skip
