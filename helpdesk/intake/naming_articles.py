"""Naming an article in the acknowledgement of a request that it very probably answers.

The acknowledgement is queued with its request and held for a moment (`acknowledging.WAITS`). Here it is let go, with an article
when there is one; whatever goes wrong, it leaves by itself without.
"""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from helpdesk import actors
from helpdesk.articles.finding import SearchAway, Suggested, suggest_articles
from helpdesk.channels.mailboxes import mailbox_of
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.links import portal_link
from helpdesk.deliveries.queueing import Letter
from helpdesk.intake.acknowledging import words_for
from helpdesk.kernel.database import after_commit, rows
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SYSTEM
from helpdesk.people.installing import this_installation
from helpdesk.tickets.asked import asked_in
from helpdesk.tickets.changing import change, held
from helpdesk.tickets.tables import Ticket
from knowledge_base.offering import offered_before
from knowledge_base.usage import Use, count_use

CERTAIN = 0.8
"""The confidence from which on an article is named to somebody who asked nobody but us: at this limit hardly a wrong one was
(docs/knowledge.md), and a wrong answer to one's first words costs more than a missing one."""
_WAITING = """
SELECT ticket_id, mail, queued_at FROM hd_delivery
WHERE id = {} AND kind = 'acknowledgement' AND state = 'queued' AND attempts = 0 AND not_before > now()
"""


async def name_article(delivery_id: int, *, at: datetime) -> None:
    """Let the acknowledgement leave, with the article if there is one; safe to call any number of times."""
    waiting = await rows(_WAITING, delivery_id)
    ticket = await Ticket.objects().get(Ticket.id == waiting[0]["ticket_id"]) if waiting else None
    if ticket is None:
        return
    found = await _found(ticket)
    async with held(ticket):
        for row in await rows(_WAITING + "FOR UPDATE", delivery_id):
            if found:
                await _name(delivery_id, row, ticket, found)
                await count_use(Use.ACKNOWLEDGED, article=found.article, language=found.language, at=at)
                told = {"article": found.article, "language": found.language, "title": found.title}
                await change(ticket, "article_named", by=SYSTEM, at=at, always=True, told={"articles": (None, [told])})
            await rows("UPDATE hd_delivery SET not_before = now() WHERE id = {}", delivery_id)
            after_commit(actors.deliver.send, delivery_id)


async def _found(ticket: Ticket) -> Suggested | None:
    """What everybody may read, in the language that the mail is in, and the form has not offered before."""
    asked, offered = await asked_in(ticket), await offered_before(ticket.id)
    try:
        found = await suggest_articles(
            asked.subject, asked.text, asked_by=None, language=ticket.language, excluding=[one.article for one in offered],
            least=CERTAIN, limit=1,
        )  # fmt: skip
    except SearchAway:
        return None
    return found[0] if found else None


async def _name(delivery_id: int, row: dict[str, Any], ticket: Ticket, found: Suggested) -> None:
    channel = await Channel.objects().get(Channel.id == ticket.channel)
    assert channel is not None, "an acknowledgement has a channel, and none is ever deleted"
    letter = msgspec.json.decode(row["mail"], type=Letter)
    mailbox = await mailbox_of(channel)
    words = await words_for(
        ticket, channel, company=(await this_installation()).name, at=row["queued_at"],
        article=f"{found.title}\n{settings().base_url}{quote(found.path)}",
        solved=f"{portal_link(delivery_id)}/solved" if mailbox and mailbox.links_to_portal else "",
    )  # fmt: skip
    mail = msgspec.structs.replace(letter.mail, subject=words.subject, text=words.body)
    await rows(
        "UPDATE hd_delivery SET article = {}, mail = {} WHERE id = {}",
        found.article, msgspec.json.encode(msgspec.structs.replace(letter, mail=mail)).decode(), delivery_id,
    )  # fmt: skip
