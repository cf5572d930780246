"""Whoever was copied takes part; one mail to two mailboxes is one ticket."""

import msgspec
import pytest

from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_by_email
from helpdesk.intake import joining, taking_in
from helpdesk.intake.accepting import accept
from helpdesk.intake.tables import Fate, RawMessage
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.tables import Team
from helpdesk.tickets.answering import answered
from helpdesk.tickets.tables import Event, Message, Ticket
from tests.intake.test_taking_in import SUPPORT, a_mail, acknowledgements, fate_of, only_ticket, receive

DORA, BOSS, EVE = "dora@customer.test", "boss@customer.test", "eve@stranger.test"
SALES = "sales@helpdesk.test"
FIRST = "m1@customer.test"


@pytest.fixture
def trusted_mx(monkeypatch: pytest.MonkeyPatch) -> None:
    told = msgspec.structs.replace(settings(), trusted_mx="mx.helpdesk.test")
    monkeypatch.setattr(joining, "settings", lambda: told)
    monkeypatch.setattr(taking_in, "settings", lambda: told)


def proven(sender: str, *, result: str = "pass") -> str:
    domain = sender.partition("@")[2]
    return f"mx.helpdesk.test; dmarc={result} header.from={domain}"


async def first_mail(*, result: str = "pass", **headers: str) -> Ticket:
    await receive(a_mail(Cc=BOSS, Authentication_Results=proven(DORA, result=result), **headers))
    return await only_ticket()


async def second_mail(sender: str = BOSS, *, result: str = "pass", **headers: str) -> RawMessage:
    """An answer to Dora's mail, not to one of ours."""
    named = {"In_Reply_To": f"<{FIRST}>"} | headers
    mail = a_mail(
        "I know more.",
        sender=sender,
        mail_id="b1@x.test",
        Authentication_Results=proven(sender, result=result),
        **named,
    )
    return await receive(mail, sender=sender)


async def test_a_copied_colleague_who_answers_the_customer_joins_as_themselves_and_stays_copied(
    database: None, trusted_mx: None
) -> None:
    ticket = await first_mail()
    raw = await second_mail()
    assert (raw.fate, raw.ticket) == (Fate.REPLY, ticket.id)
    message = await Message.objects().get(Message.id == raw.message)
    boss = await find_by_email(BOSS)
    assert message is not None and boss is not None and message.customer == boss.id
    await receive(
        a_mail("Thanks.", mail_id="m3@customer.test", In_Reply_To="<b1@x.test>", References=f"<{FIRST}>", Authentication_Results=proven(DORA))
    )  # fmt: skip
    to = await answered(await only_ticket())
    assert ([one.addr for one in to.to], [one.addr for one in to.cc]) == ([DORA], [BOSS])


@pytest.mark.parametrize(
    "why", ["was not copied", "is not proven", "is forged", "was copied by a mail that may be forged", "is several"]
)
async def test_who_may_not_join_is_linked_only(database: None, trusted_mx: None, why: str) -> None:
    ticket = await first_mail(result="none" if why == "was copied by a mail that may be forged" else "pass")
    raw = await {
        "was not copied": lambda: second_mail(EVE),
        "is not proven": lambda: second_mail(result="none"),
        "is forged": lambda: second_mail(result="fail"),
        "was copied by a mail that may be forged": lambda: second_mail(),
        "is several": lambda: second_mail(From=f"{BOSS}, {EVE}"),
    }[why]()
    opened = await Ticket.objects().get(Ticket.id == raw.ticket)
    assert opened is not None
    assert (opened.id != ticket.id, opened.may_belong_to) == (True, ticket.id)


async def test_without_a_trusted_mail_server_nobody_joins_by_a_customers_message_id(database: None) -> None:
    ticket = await first_mail()
    raw = await second_mail()
    opened = await Ticket.objects().get(Ticket.id == raw.ticket)
    assert opened is not None
    assert (opened.id != ticket.id, opened.may_belong_to) == (True, ticket.id)


async def add_sales() -> Channel:
    team = Team(name="Sales", created_at=now())
    await team.save()
    sales = Channel(kind="email", name="Sales", address=SALES, team=team.id, created_at=now())
    await sales.save()
    return sales


async def receive_at(channel: Channel, raw: bytes, *, source: str = "smtp", envelope_from: str = DORA) -> RawMessage:
    number = await accept(
        raw, channel=channel, envelope_from=envelope_from, envelope_to=[channel.address or ""], source=source
    )
    await taking_in.take_in(number)
    return await fate_of(number)


@pytest.mark.parametrize("first", [SUPPORT, SALES])
async def test_one_mail_to_two_mailboxes_is_one_ticket_of_the_first_named_whichever_copy_comes_first(
    database: None, first: str
) -> None:
    sales = await add_sales()
    support = await Channel.objects().get(Channel.address == SUPPORT)
    assert support is not None
    raw = a_mail(To=f"Sales <{SALES}>, {SUPPORT}")
    order = [support, sales] if first == SUPPORT else [sales, support]
    one = await receive_at(order[0], b"Received: from a by b\r\n" + raw)
    other = await receive_at(
        order[1], b"Received: from c by d\r\nDelivered-To: x@y\r\n" + raw, source="imap", envelope_from=""
    )
    again = await receive_at(order[1], b"Received: from e by f\r\n" + raw)
    ticket = await only_ticket()
    assert (one.fate, other.fate, again.fate) == (Fate.TICKET, Fate.DUPLICATE, Fate.DUPLICATE)
    assert (other.ticket, other.message, other.reason) == (ticket.id, one.message, f"duplicate of {one.id}")
    assert (ticket.channel, ticket.team) == (sales.id, sales.team)
    [event] = await Event.objects().where(Event.kind == "copied")
    assert msgspec.json.decode(event.changes) == {"mailbox": [None, order[1].address]}
    assert len(await acknowledgements()) == 1


async def test_a_mailbox_out_of_use_takes_no_tickets_because_it_is_named(database: None) -> None:
    sales = await add_sales()
    await Channel.update({Channel.deactivated_at: now()}).where(Channel.id == sales.id)
    await receive(a_mail(To=f"{SALES}, {SUPPORT}"))
    ticket = await only_ticket()
    assert (ticket.channel != sales.id, ticket.team) == (True, None)


async def test_the_same_message_id_with_another_text_in_the_other_mailbox_is_another_mail(database: None) -> None:
    sales = await add_sales()
    await receive(a_mail("first"))
    raw = await receive_at(sales, a_mail("second", To=SALES))
    assert raw.fate == Fate.TICKET
    assert await Ticket.count() == 2
