"""From nothing to the first ticket by mail: the steps of a new installation, and which are done. Facts say so, not ticks."""

from datetime import datetime

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

_FACTS = """
SELECT guide_closed_at,
    (SELECT address FROM hd_channel WHERE kind = 'email' AND address IS NOT NULL AND deactivated_at IS NULL
        AND address NOT LIKE '%.localhost' ORDER BY id LIMIT 1) AS mailbox,
    (SELECT id FROM hd_channel WHERE kind = 'email' ORDER BY deactivated_at IS NOT NULL, id LIMIT 1) AS channel,
    EXISTS (SELECT FROM hd_mail_account WHERE direction = 'out' AND worked_at IS NOT NULL) AS has_server,
    EXISTS (SELECT FROM hd_delivery WHERE state = 'sent') AS has_sent,
    EXISTS (SELECT FROM hd_raw_message) AS has_received,
    (SELECT count(*) FROM (SELECT FROM hd_agent WHERE deactivated_at IS NULL LIMIT 2) AS active) AS agents,
    (SELECT t.number FROM hd_ticket t JOIN hd_message m ON m.ticket = t.id AND m.author_kind = 'customer' AND m.mail_id IS NOT NULL
        ORDER BY t.id LIMIT 1) AS ticket,
    EXISTS (SELECT FROM hd_message m JOIN hd_delivery d ON d.message_id = m.id WHERE m.author_kind = 'agent' AND d.state = 'sent') AS has_answered
FROM hd_installation
"""


class Guide(msgspec.Struct, frozen=True, kw_only=True):
    """What is done: an address of one's own, sending, receiving, a colleague, a ticket by mail, an answer that left."""

    mailbox: str | None
    channel: int | None
    """The mailbox whose page the steps lead to."""
    sends: bool
    receives: bool
    has_colleagues: bool
    ticket: int | None
    """The number of the first ticket that came by mail."""
    has_answered: bool
    is_closed: bool

    @property
    def done(self) -> int:
        return sum(
            map(bool, (self.mailbox, self.sends, self.receives, self.has_colleagues, self.ticket, self.has_answered))
        )

    @property
    def is_complete(self) -> bool:
        return self.done == STEPS


STEPS = 6


async def guide(*, by: SignedIn) -> Guide:
    """How far the installation is; raises Refused."""
    demand(by, "manage_channels")
    [facts] = await rows(_FACTS)
    return Guide(
        mailbox=facts["mailbox"], channel=facts["channel"], has_colleagues=facts["agents"] > 1, ticket=facts["ticket"],
        sends=bool(settings().smtp_url) or facts["has_server"] or facts["has_sent"], receives=facts["has_received"],
        has_answered=facts["has_answered"], is_closed=facts["guide_closed_at"] is not None,
    )  # fmt: skip


async def close_guide(*, closed: bool, by: SignedIn, at: datetime) -> None:
    """Show it no longer by itself, or again; the settings always lead to it."""
    demand(by, "manage_channels")
    await rows("UPDATE hd_installation SET guide_closed_at = {}", at if closed else None)
