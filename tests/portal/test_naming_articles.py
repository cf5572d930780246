"""The acknowledgement names an article that very probably answers; the customer says that it did, and it learns."""

import re
from collections.abc import Callable

import pytest

from helpdesk.articles import indexing
from helpdesk.channels.automatic_texts import name_articles
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake.naming_articles import name_article
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import reopen, solve
from helpdesk.tickets.tables import Ticket
from tests.articles import an_article, indexed
from tests.cast import hire
from tests.portal.filling import a_form, admin, post
from tests.portal.guests import Guest
from tests.tickets.test_learning import follow_all

QUESTION = {
    "subject": "How do I reset my forgotten password?",
    "message": "I have forgotten my password. How can I reset it?",
}


async def shelf(audience: str = "public") -> None:
    await an_article("Reset a forgotten password", "Reset a forgotten password with the link on the sign-in page.", audience=audience)  # fmt: skip
    for number, title in enumerate(("Send an order back", "Change your address", "Pay by card", "Opening hours", "Track a parcel")):  # fmt: skip
        await an_article(title, f"What stands here is number {number}.")
    await indexed()


async def acknowledged(visitor: Guest, *, offered: bool = False, **typed: str) -> Delivery:
    """The acknowledgement of a request, as it leaves; the job comes twice."""
    assert (await post(visitor.client, await a_form(offers_articles=False), **(QUESTION | typed))).status_code == 303
    [waiting] = await rows("SELECT id FROM hd_delivery WHERE not_before > now() + interval '5 s'")
    if offered:
        await rows("INSERT INTO kb_offer (page, channel, language, at, offered, ticket) VALUES ('x', 1, 'en', now(), ARRAY[1], 1)")  # fmt: skip
    for _time in range(2):
        await name_article(waiting["id"], at=now())
    [due] = await rows("SELECT not_before <= now() AS is_due FROM hd_delivery")
    assert due["is_due"]
    delivery = await Delivery.objects().first()
    assert delivery
    return delivery


async def uses() -> dict[str, int]:
    return {row["use"]: row["times"] for row in await rows("SELECT use, times FROM kb_use WHERE times <> 0")}


async def test_a_likely_article_is_named_and_the_link_solves_while_nobody_has_answered(guest: Callable[[], Guest]) -> None:  # fmt: skip
    await shelf()
    dora = guest()
    sent = await acknowledged(dora)
    assert "Reset a forgotten password" in sent.mail and "/help/en/articles/reset-a-forgotten-password" in sent.mail
    assert "How can I reset it" not in sent.mail and (sent.article, await uses()) == (1, {"acknowledged": 1})
    assert [row["kind"] for row in await rows("SELECT kind FROM hd_event ORDER BY id")] == ["opened", "article_named"]
    link = re.search(r"http://localhost:8000(/r/[\w.]+/solved)", sent.mail)
    assert link
    opened = await dora.get(link[1])
    assert opened.headers["location"] == "/requests/1001/answered"
    page = (await dora.page("/requests/1001/answered")).text
    assert "Is it solved?" in page and "Reset a forgotten password" in page and "forgotten my password" not in page
    ticket, ben = await Ticket.objects().first(), await hire("ben")
    assert ticket
    await solve(ticket, by=Actor(kind="customer", id=ticket.customer), at=now())
    await follow_all()
    assert "solved" not in await uses(), "that it is solved says nothing of the article"
    await reopen(ticket, by=ben, at=now())
    await dora.post("/requests/1001/answered", on="/requests/1001/answered")
    assert "Nobody needs to answer now" in (await dora.page("/requests/1001/answered")).text
    await follow_all()
    assert (await uses())["solved"] == 1
    assert [row["kind"] for row in await rows("SELECT kind FROM kb_evidence")] == ["solved"]
    await reopen(ticket, by=ben, at=now())
    await reply(ticket, Draft(body_text="Try the other one."), by=ben, at=now())
    assert (await dora.get("/requests/1001/answered")).headers["location"] == "/requests/1001"
    assert (await dora.post("/requests/1001/answered", on="/sign-in")).status_code == 404
    assert (await guest().get("/requests/1001/answered")).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("why", ["no answer", "not for everybody", "switched off", "no index", "offered in the form"])
async def test_else_it_names_none(guest: Callable[[], Guest], why: str) -> None:
    await shelf("signed_in" if why == "not for everybody" else "public")
    if why == "switched off":
        form = await a_form(offers_articles=False)
        channel = await Channel.objects().get(Channel.id == form.channel)
        assert channel
        await name_articles(channel, False, by=await admin())
        await post(guest().client, form, **QUESTION)
        [delivery] = await Delivery.objects()
        assert delivery.not_before <= now()
    elif why == "no answer":
        delivery = await acknowledged(guest(), subject="Printer on fire", message="It burns.")
    else:
        if why == "no index":
            indexing.forget()
        delivery = await acknowledged(guest(), offered=why == "offered in the form")
    assert delivery.article is None and "/help/" not in delivery.mail and "say so here" not in delivery.mail
    assert await uses() == {}
