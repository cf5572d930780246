"""Mails to agents about what concerns them: plain words, a link, and never a thing that a machine answers (RFC 3834)."""

from datetime import datetime, timedelta

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import _, digits, moment, ngettext
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.installing import this_installation
from helpdesk.tickets.notice_words import Row, head_of, line_of, name_of

MOST_TICKETS = 50
"""In one mail; how many more there are is said."""
_CALL_OFF = """
WITH telling AS (SELECT id, state = 'queued' AS is_waiting, state = 'queued' AND NOT is_ambiguous AS was_waiting FROM hd_delivery
    WHERE id IN (SELECT delivery FROM hd_notice WHERE ticket = ANY({})) ORDER BY id FOR UPDATE)
UPDATE hd_delivery d SET state = CASE WHEN telling.is_waiting THEN 'cancelled' ELSE d.state END,
    mail = jsonb_set(jsonb_set(d.mail, ARRAY['mail', 'text'], '""'), ARRAY['mail', 'subject'], '""')
FROM telling WHERE d.id = telling.id RETURNING d.id, telling.was_waiting
"""
TELL_ANEW = """
UPDATE hd_notice SET mailed_at = NULL, delivery = NULL, due_at = now()
WHERE id IN (SELECT id FROM hd_notice WHERE delivery = ANY({}) AND read_at IS NULL ORDER BY id FOR UPDATE)
"""
"""In a statement: what these mails, which were called off, have told of is due once more."""
TOO_OLD, KEPT = timedelta(hours=12), timedelta(days=30)
"""What could not leave by then is no news any more; how long it is known what became of a mail."""


async def mail(tickets: list[list[Row]], agent: SignedIn, *, at: datetime) -> int:
    """Queue one mail about the notices of each ticket, in the language that is spoken; the delivery's id.

    It belongs to no ticket's conversation: nothing that comes back by it joins one.
    """
    of_one = len(tickets) == 1
    subject = name_of(tickets[0][-1]) if of_one else _number_of(tickets)
    parts = [_in_full(tickets[0]) if of_one else "\n\n".join(_in_short(some) for some in tickets[:MOST_TICKETS])]
    if len(tickets) > MOST_TICKETS:
        parts.append(_("All of them: %(link)s") % {"link": f"{settings().base_url}/console/notices"})
    return await queue_mail(subject, parts, agent, at=at)


async def queue_mail(subject: str, parts: list[str], agent: SignedIn, *, at: datetime) -> int:
    """Queue a mail that says so to an agent; the delivery's id."""
    us = await this_installation()
    preferences = f"{settings().base_url}/console/preferences/notices"
    foot = _("Answers to this mail reach nobody: answer in the helpdesk. Choose there what you are told of: %(link)s")
    letter = OutgoingMail(
        from_=Address(us.name, ""), to=(Address(agent.name, agent.email),), subject=subject, date=at, message_id="",
        language=agent.language, text="\n\n".join([*parts, foot % {"link": preferences}]), automatic="auto-generated",
        instance_id=str(us.instance_id), extra_headers=(("List-Unsubscribe", f"<{preferences}>"),),
    )  # fmt: skip
    return (await queue(Letter(letter), kind=DeliveryKind.NOTICE, channel=None, not_before=at, at=at)).id


def _number_of(tickets: list[list[Row]]) -> str:
    words = ngettext("News of %(number)s ticket", "News of %(number)s tickets", len(tickets))
    return words % {"number": digits(len(tickets))}


def _in_full(notices: list[Row]) -> str:
    """What happened, each with what was written; the newest last."""
    told = [_told(row) for row in notices]
    return "\n\n".join([*told, _link(notices[-1])])


def _told(row: Row) -> str:
    said = "\n".join(f"> {line}".rstrip() for line in (row["text"] or "").strip().splitlines())
    return "\n".join(part for part in (f"{head_of(row)} ({moment(row['at'], 'short')})", said) if part)


def _in_short(notices: list[Row]) -> str:
    return "\n".join([name_of(notices[-1]), *(line_of(row) for row in notices[-3:]), _link(notices[-1])])


def _link(row: Row) -> str:
    return f"{settings().base_url}/console/tickets/{row['number']}"


async def forget_old_notice_mails(*, at: datetime) -> None:
    """Call off those that found no mail server for half a day, and delete those of last month."""
    await rows(
        """UPDATE hd_delivery SET state = 'cancelled', mail = jsonb_set(mail, ARRAY['mail', 'text'], '""')
        WHERE kind = 'notice' AND state = 'queued' AND queued_at < {}""",
        at - TOO_OLD,
    )
    await rows("DELETE FROM hd_delivery WHERE kind = 'notice' AND state <> 'sending' AND queued_at < {}", at - KEPT)


async def call_off(ticket_ids: list[int]) -> None:
    """Mails and pushes that tell of these tickets and have not left do not leave, and those that have are kept without words:
    a ticket is redacted or erased. What such a mail told of besides is due again, and so is what a redaction leaves.

    One that is just being sent loses its words, too: should nothing come of the attempt, it is not made again (`recalling`).
    """
    found = await rows(_CALL_OFF, ticket_ids)
    await rows(TELL_ANEW, [row["id"] for row in found if row["was_waiting"]])
    await rows(
        "DELETE FROM hd_push WHERE tag IN (SELECT 'ticket-' || number FROM hd_ticket WHERE id = ANY({}))", ticket_ids
    )
