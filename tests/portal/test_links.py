"""The link of a mail opens one request, for the one whom the mail was for."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_by_email
from helpdesk.customers.tables import Identity
from helpdesk.deliveries.links import portal_link, read_link
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel import settings as settings_module
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.joining import join
from helpdesk.tickets.linking import LIVES, follow_link
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.messages import MailFacts, NewMessage
from helpdesk.tickets.posting import AT_ONCE
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Message, Status, Ticket
from tests.cast import DORA, hire
from tests.make import a_ticket
from tests.portal.guests import Guest


async def _answered(ticket: Ticket, *, language: str = "en") -> Delivery:
    await rows("UPDATE hd_ticket SET language = {} WHERE id = {}", language, ticket.id)
    fresh = await Ticket.objects().get(Ticket.id == ticket.id)
    assert fresh
    message = await reply(
        fresh, Draft(body_text="Have you tried water?"), by=await hire("ben"), at=now(), leaving=AT_ONCE
    )
    delivery = await Delivery.objects().get(Delivery.message_id == message.id)
    assert delivery
    return delivery


def _link_in(delivery: Delivery) -> str | None:
    found = re.search(r"http://localhost:8000(/r/[\w.]+)", delivery.mail)
    return found[1] if found else None


@pytest.mark.parametrize(
    ("language", "words"), [("en", "See this request online"), ("fa", "این درخواست را آنلاین ببینید")]
)
async def test_an_answer_carries_the_link_in_the_customers_language(database: None, language: str, words: str) -> None:
    delivery = await _answered(await a_ticket(), language=language)
    assert _link_in(delivery) and words in delivery.mail


async def test_a_mailbox_may_send_no_links(database: None) -> None:
    await Channel.update({Channel.links_to_portal: False}, force=True)
    assert _link_in(await _answered(await a_ticket())) is None


async def test_a_mail_to_several_carries_none_and_its_link_would_open_nothing(database: None) -> None:
    ticket = await a_ticket()
    dora = await find_by_email(DORA[0])
    assert dora
    await join(ticket, NewMessage(
        author=Actor(kind="customer", id=dora.id, name=dora.name), body_text="Copied", created_at=now(),
        mail=MailFacts(from_=DORA[0], cc=["carl@copied.test"]),
    ))  # fmt: skip
    delivery = await _answered(ticket)
    assert delivery.cc == ["carl@copied.test"] and _link_in(delivery) is None
    assert await follow_link(portal_link(delivery.id).rpartition("/")[2], at=now()) is None


async def test_the_link_opens_its_request_alone_and_is_not_in_the_address(guest: Callable[[], Guest]) -> None:
    ticket, other = await a_ticket("Printer on fire"), await a_ticket("Another one")
    link = _link_in(await _answered(ticket))
    dora = guest()
    opened = await dora.get(link or "")
    assert opened.headers["location"] == f"/requests/{ticket.number}"
    assert (
        f"Path=/requests/{ticket.number}" in opened.headers["set-cookie"] and "HttpOnly" in opened.headers["set-cookie"]
    )
    page = await dora.page(f"/requests/{ticket.number}")
    assert "Have you tried water?" in page.text and page.headers["referrer-policy"] == "same-origin"
    assert "/solution" not in page.text and "/r/" not in page.text
    for path in ("/requests", "/account", f"/requests/{other.number}"):
        assert (await dora.get(path)).status_code == 303, path
    assert (await dora.post(f"/requests/{ticket.number}/solution", on=f"/requests/{ticket.number}")).status_code == 404


async def test_an_answer_by_a_link_is_unverified_as_the_link_may_have_been_passed_on(
    guest: Callable[[], Guest],
) -> None:
    ticket = await a_ticket()
    dora, here = guest(), f"/requests/{ticket.number}"
    await dora.get(_link_in(await _answered(ticket)) or "")
    slip = re.search(r'name="slip" value="([^"]+)"', (await dora.page(here)).text)
    assert slip
    sent = await dora.post(f"{here}/answers", {"slip": slip[1], "text": "It is out now"}, on=here)
    assert sent.status_code == 303
    message = await Message.objects().get(Message.body_text == "It is out now")
    assert message and message.is_unverified and message.customer == ticket.customer
    await rows("UPDATE hd_ticket SET status = {} WHERE id = {}", Status.CLOSED, ticket.id)
    later = await dora.post(f"{here}/answers", {"slip": slip[1], "text": "It burns again"}, on=here)
    assert later.status_code == 200 and "It burns again" not in later.text and "Your answer is here" in later.text


async def test_a_link_lives_90_days_and_then_offers_another_way_in(guest: Callable[[], Guest]) -> None:
    delivery = await _answered(await a_ticket())
    link, token = _link_in(delivery) or "", portal_link(delivery.id).rpartition("/")[2]
    assert await follow_link(token, at=now() + LIVES - timedelta(hours=1))
    assert await follow_link(token, at=now() + LIVES + timedelta(hours=1)) is None
    await rows("UPDATE hd_delivery SET queued_at = queued_at - {}::interval", LIVES)
    gone = await guest().get(link)
    assert gone.status_code == 404 and 'action="/sign-in"' in gone.text


async def test_a_link_opens_nothing_for_an_address_that_takes_no_part_any_more(database: None) -> None:
    ticket = await a_ticket()
    delivery = await _answered(ticket)
    token = portal_link(delivery.id).rpartition("/")[2]
    stranger = await a_ticket(who=("eve@strangers.test", "Eve"))
    await rows("UPDATE hd_identity SET customer = {} WHERE value = {}", stranger.customer, DORA[0])
    assert await follow_link(token, at=now()) is None
    await Identity.delete().where(Identity.value == DORA[0])
    assert await follow_link(token, at=now()) is None


async def test_a_link_leads_on_into_a_merge_of_the_same_customer(guest: Callable[[], Guest]) -> None:
    ticket, own = await a_ticket(), await a_ticket("Kept")
    link, ben = _link_in(await _answered(ticket)) or "", await as_agent(1)
    assert ben
    await merge_into(ticket, own, by=ben, at=now())
    dora = guest()
    assert (await dora.get(link)).headers["location"] == f"/requests/{own.number}"
    assert "Kept" in (await dora.page(f"/requests/{own.number}")).text


async def test_after_a_merge_into_somebody_elses_a_link_opens_what_it_opened_before(
    guest: Callable[[], Guest],
) -> None:
    """Mails and messages go along with a merge, so their links would open what the other wrote, too."""
    ticket, other = await a_ticket(), await a_ticket("Eve's", text="Eve's secret", who=("eve@strangers.test", "Eve"))
    link, ben = _link_in(await _answered(ticket)) or "", await as_agent(1)
    assert ben
    await merge_into(ticket, other, by=ben, at=now())
    await reply(other, Draft(body_text="For both."), by=ben, at=now(), leaving=AT_ONCE)
    await rows(
        "UPDATE hd_delivery SET to_addresses = {}, cc_addresses = {} WHERE ticket_id = {}", [DORA[0]], [], other.id
    )
    later = await Delivery.objects().order_by(Delivery.id, ascending=False).first()
    assert later
    for one in (link, portal_link(later.id).removeprefix("http://localhost:8000")):
        dora = guest()
        assert (await dora.get(one)).headers["location"] == f"/requests/{ticket.number}"
        page = (await dora.page(f"/requests/{ticket.number}")).text
        assert "Have you tried water?" in page and "Eve&#39;s" not in page and "For both." not in page
        assert (await dora.get(f"/requests/{other.number}")).status_code == 303


async def test_a_link_shows_nothing_of_another_request_that_was_merged_to_the_same_place(
    guest: Callable[[], Guest],
) -> None:
    """Whoever it was passed on to was shown one request."""
    ticket, other = await a_ticket(), await a_ticket("Eve's", who=("eve@strangers.test", "Eve"))
    dora_is = Actor(kind="customer", id=ticket.customer, name=DORA[1])
    await join(other, NewMessage(author=dora_is, body_text="Copied in, in confidence", created_at=now()))
    link, ben = _link_in(await _answered(ticket)) or "", await as_agent(1)
    assert ben
    await merge_into(ticket, other, by=ben, at=now())
    later = await a_ticket("My salary", text="It is 4711")
    await merge_into(later, other, by=ben, at=now())
    dora, here = guest(), f"/requests/{ticket.number}"
    assert (await dora.get(link)).headers["location"] == here
    await dora.post(f"{here}/answers", {"text": "It still burns."}, on=here)
    page = (await dora.page(here)).text
    assert "Have you tried water?" in page and "It still burns." in page
    assert "4711" not in page and "in confidence" not in page


async def test_nobody_guesses_a_link(database: None) -> None:
    delivery = await _answered(await a_ticket())
    token = portal_link(delivery.id).rpartition("/")[2]
    assert read_link(token) == delivery.id
    guesses = [f"{delivery.id}.{secrets.token_hex(20)[:39]}" for _turn in range(10_000)]
    guesses += [
        token[:-1],
        token + "a",
        token.upper(),
        f"{delivery.id + 1}.{token.partition('.')[2]}",
        "",
        ".",
        "%",
        "1.*",
        "٣.a",
        "9" * 40 + ".a",
    ]
    assert [guess for guess in guesses if read_link(guess) is not None] == []


async def test_rotating_the_secret_ends_the_links(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    token = portal_link(7).rpartition("/")[2]
    import msgspec

    before = settings_module.settings()
    for secret, opens in ((f"new,{before.secret_key}", 7), ("new", None)):
        monkeypatch.setattr(
            "helpdesk.kernel.tokens.settings", lambda secret=secret: msgspec.structs.replace(before, secret_key=secret)
        )
        assert read_link(token) == opens
