"""Which ticket a mail belongs to (rulings 6; reliability_security c.5): what was signed decides, never what can be guessed."""

import msgspec

from helpdesk.channels.email.reading import ParsedMail
from helpdesk.channels.email.threading import first_token
from helpdesk.deliveries.queueing import REPLY_KEYS
from helpdesk.deliveries.tables import Delivery, DeliveryKind
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import keys
from helpdesk.tickets.tables import Status, Ticket


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """`ticket` is joined, in the conversation with an outsider if there is a `thread`; `may_belong_to` is only shown to agents."""

    ticket: Ticket | None = None
    thread: int | None = None
    may_belong_to: Ticket | None = None
    is_unverified: bool = False
    reason: str = ""


async def find_thread(mail: ParsedMail, *, recipients: list[str], sender: str, verdict: str) -> Joining:
    """Where the mail belongs. `sender` is the From address, `verdict` what the trusted MX says of it: pass, fail or none."""
    token = first_token(recipients, mail.in_reply_to, mail.references, keys(REPLY_KEYS))
    delivery = await Delivery.objects().get(Delivery.id == token.delivery_id) if token else None
    if delivery and delivery.ticket_id:
        ticket = await _current(delivery.ticket_id, sender)
        if reason := _why_not(mail, delivery, sender=sender, verdict=verdict):
            return Joining(may_belong_to=ticket, reason=f"names a mail of ours, but {reason}")
        thread = await _thread_of(delivery)
        return Joining(
            ticket=ticket, thread=thread, is_unverified=verdict == "none", reason="signed address or Message-ID"
        )
    return await _by_their_own_message_ids(mail, sender=sender, verdict=verdict)


async def _thread_of(delivery: Delivery) -> int | None:
    """Of a mail to an outsider: its conversation."""
    if delivery.kind != DeliveryKind.FORWARD:
        return None
    [row] = await rows("SELECT thread FROM hd_message WHERE id = {}", delivery.message_id)
    return row["thread"]


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
    """A reference to a mail that we received (c.5): an authenticated sender joins by it who wrote it, or whom its
    authenticated writer addressed in To or Cc. Being copied by a mail that may be forged is worth nothing.
    """
    named = list(dict.fromkeys([*mail.in_reply_to, *mail.references]))[:50]
    if not named:
        return Joining()
    found = await rows(
        """SELECT ticket, bool_or(wrote) AS wrote, bool_or(wrote OR (NOT is_unverified AND (
                mail->'to' @> to_jsonb({}::text) OR mail->'cc' @> to_jsonb({}::text)))) AS takes_part
        FROM (SELECT m.*, EXISTS (SELECT FROM hd_identity WHERE customer = m.customer AND kind = 'email' AND value = {}) AS wrote
            FROM hd_message m WHERE m.mail_id = ANY({}) AND m.undone_at IS NULL AND m.audience = 'public' AND m.author_kind = 'customer') m
        GROUP BY ticket ORDER BY max(id) DESC LIMIT 5""",
        sender, sender, sender, named,
    )  # fmt: skip
    is_proven = verdict == "pass" and not mail.is_sender_unsure
    for row in found:
        if is_proven and row["takes_part"]:
            how = (
                "answers a mail of the same authenticated sender"
                if row["wrote"]
                else "was copied on a mail of the ticket"
            )
            return Joining(ticket=await _current(row["ticket"], sender), reason=how)
    if not found:
        return Joining()
    ticket = await _end_of_merges(found[0]["ticket"])
    return Joining(
        may_belong_to=ticket, reason="names a mail on a ticket, but its sender is not authenticated or takes no part"
    )


async def _current(ticket_id: int, sender: str) -> Ticket:
    """The ticket that goes on with this one: what it was merged into, or the sender's open follow-up of a closed one.

    So mails that keep answering a closed ticket make one follow-up and not one each.
    """
    ticket = await _end_of_merges(ticket_id)
    if ticket.status != Status.CLOSED:
        return ticket
    found = await rows(
        """SELECT t.id FROM hd_ticket t JOIN hd_identity i ON i.customer = t.customer AND i.kind = 'email' AND i.value = {}
        WHERE t.follow_up_of = {} AND t.status <> 'closed' AND t.trashed_at IS NULL ORDER BY t.id DESC LIMIT 1""",
        sender, ticket.id,
    )  # fmt: skip
    return await _end_of_merges(found[0]["id"]) if found else ticket


async def _end_of_merges(ticket_id: int) -> Ticket:
    ticket = await Ticket.objects().get(Ticket.id == ticket_id)
    while ticket and ticket.merged_into:
        ticket = await Ticket.objects().get(Ticket.id == ticket.merged_into)
    assert ticket is not None, "a delivery's ticket is never deleted"
    return ticket
