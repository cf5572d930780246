"""Which ticket a mail belongs to (rulings 6; reliability_security c.5): what was signed decides, never what can be guessed."""

import msgspec

from helpdesk.channels.email.reading import ParsedMail
from helpdesk.channels.email.threading import first_token
from helpdesk.customers.finding import emails_of
from helpdesk.deliveries.queueing import REPLY_KEYS
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import keys
from helpdesk.tickets.tables import Ticket


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """`ticket` is joined; `may_belong_to` is only shown to agents."""

    ticket: Ticket | None = None
    may_belong_to: Ticket | None = None
    is_unverified: bool = False
    reason: str = ""


async def find_thread(mail: ParsedMail, *, recipients: list[str], sender: str, verdict: str) -> Joining:
    """Where the mail belongs. `sender` is the From address, `verdict` what the trusted MX says of it: pass, fail or none."""
    token = first_token(recipients, mail.in_reply_to, mail.references, keys(REPLY_KEYS))
    delivery = await Delivery.objects().get(Delivery.id == token.delivery_id) if token else None
    if delivery and delivery.ticket_id:
        ticket = await _end_of_merges(delivery.ticket_id)
        if reason := _why_not(mail, delivery, sender=sender, verdict=verdict):
            return Joining(may_belong_to=ticket, reason=f"names a mail of ours, but {reason}")
        return Joining(ticket=ticket, is_unverified=verdict == "none", reason="signed address or Message-ID")
    return await _by_their_own_message_ids(mail, sender=sender, verdict=verdict)


def _why_not(mail: ParsedMail, delivery: Delivery, *, sender: str, verdict: str) -> str:
    """Why a mail that names one of ours does not join, or an empty text (rulings 6)."""
    if sender not in {one.lower() for one in (*delivery.to, *delivery.cc)}:
        return "the sender was not a recipient of that mail"
    if mail.is_sender_unsure:
        return "it is not clear who sent it"
    if verdict == "fail":
        return "the sender's authentication failed"
    if verdict == "none" and settings().trusted_mx:
        return "the sender is not authenticated"
    return ""


async def _by_their_own_message_ids(mail: ParsedMail, *, sender: str, verdict: str) -> Joining:
    """A reference to a mail that we received: only an authenticated participant joins by it."""
    named = list(dict.fromkeys([*mail.in_reply_to, *mail.references]))[:50]
    if not named:
        return Joining()
    found = await rows(
        "SELECT ticket, max(id) AS newest FROM hd_message WHERE mail_id = ANY({}) AND undone_at IS NULL GROUP BY ticket ORDER BY 2 DESC LIMIT 5",
        named,
    )
    tickets = [await _end_of_merges(row["ticket"]) for row in found]
    if not tickets:
        return Joining()
    for ticket in tickets:
        if verdict == "pass" and not mail.is_sender_unsure and sender in await emails_of(ticket.customer):
            return Joining(ticket=ticket, reason="answers a mail of the same authenticated sender")
    return Joining(may_belong_to=tickets[0], reason="names a mail on a ticket, but its sender is not authenticated")


async def _end_of_merges(ticket_id: int) -> Ticket:
    ticket = await Ticket.objects().get(Ticket.id == ticket_id)
    while ticket and ticket.merged_into:
        ticket = await Ticket.objects().get(Ticket.id == ticket.merged_into)
    assert ticket is not None, "a delivery's ticket is never deleted"
    return ticket
