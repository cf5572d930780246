"""What agents have been told, and telling them, as the workers do it."""

from datetime import datetime, timedelta

import msgspec

from helpdesk.channels.web_push.encrypting import application_keys
from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.people.sessions import open_session
from helpdesk.people.signing_in import whose_session
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.noticing import MAIL_AFTER
from helpdesk.tickets.tables import Event, Notice, Ticket
from helpdesk.tickets.telling import tell
from tests.make import a_ticket

LATER = MAIL_AFTER + timedelta(seconds=5)


async def kinds_of_notices(agent: SignedIn) -> list[str]:
    """Kinds of the agent's unread notices, the newest first."""
    found = await rows("SELECT kind FROM hd_notice WHERE agent = {} AND read_at IS NULL ORDER BY id DESC", agent.id)
    return [row["kind"] for row in found]


async def follow_all() -> None:
    for event in await Event.select(Event.id).where(Event.followed_at.is_null()).order_by(Event.id):
        await follow(event["id"])


async def tell_all(at: datetime) -> None:
    """Each notice's job, and each once more."""
    for notice in [*await Notice.select(Notice.id).order_by(Notice.id)] * 2:
        await tell(notice["id"], at=at)


async def says(ticket: Ticket, text: str) -> None:
    """The customer writes once more."""
    author = Actor(kind="customer", id=ticket.customer, name="Dora Dogan")
    await join(ticket, NewMessage(author=author, body_text=text, created_at=now()))
    await follow_all()


async def mails() -> list[tuple[str, str, str]]:
    """Whom a mail of notices is to, its subject and its words."""
    sent = await Delivery.objects().where(Delivery.kind == "notice").order_by(Delivery.id)
    letters = [msgspec.json.decode(one.mail, type=Letter).mail for one in sent]
    return [(one.to[0].addr, one.subject, one.text) for one in letters]


async def fresh(ticket: Ticket) -> Ticket:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found is not None
    return found


async def a_device(agent: SignedIn) -> None:
    token = await open_session(agent.id or 0, address="127.0.0.1", user_agent="test", at=now())
    known = await whose_session(token, at=now())
    assert known
    await rows(
        """INSERT INTO hd_push_subscription (session, agent, endpoint, p256dh, auth, application_key, shows_text, created_at)
        VALUES ({}, {}, {}, 'k', 'a', {}, true, now())""",
        known.session_id, agent.id, f"https://push.example.com/{agent.name}", next(iter(application_keys())),
    )  # fmt: skip


async def given(agent: SignedIn, *, by: SignedIn | None = None, subject: str = "Printer on fire") -> Ticket:
    """A ticket that was assigned, and its notice."""
    ticket = await a_ticket(subject)
    await assign(ticket, agent.id, by=by or SYSTEM, at=now())
    await follow_all()
    return ticket
