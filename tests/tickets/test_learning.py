"""Articles learn from the tickets that answers with their links solved, for as long as those stay solved."""

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.tickets.redacting import Redaction, redact
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.solving import reopen, solve
from helpdesk.tickets.tables import Message, Ticket
from helpdesk.tickets.taking_back import take_back
from knowledge_base.learning import questions_of
from knowledge_base.linked import linked_in
from knowledge_base.mailing import as_mail
from tests.articles import an_article, translated
from tests.cast import hire
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")

LINK = "Please see /help/en/articles/send-an-order-back."


async def follow_all() -> None:
    """Each event twice: a job may come again."""
    for event in await rows("SELECT id FROM hd_event WHERE followed_at IS NULL ORDER BY id"):
        await follow(event["id"])
        await follow(event["id"])


async def learned() -> tuple[dict[int, list[str]], dict[int, int]]:
    """Words by article, and how many tickets each has solved."""
    await follow_all()
    found = await questions_of([1, 2], at=now())
    counted = await rows("SELECT article, sum(times) AS times FROM kb_use WHERE use = 'solved' GROUP BY article")
    words = {article: [one.text for one in questions] for (article, _language), questions in found.items()}
    return words, {row["article"]: row["times"] for row in counted if row["times"]}


async def answered(ticket: Ticket, text: str = LINK, **more: Any) -> Message:
    return await reply(ticket, Draft(body_text=text), by=more.pop("by"), at=now(), **more)


WORDS = "Printer on fire\nPlease help, it burns."


async def test_an_answer_that_names_an_article_and_solves_teaches_it_until_that_is_taken_back() -> None:
    await an_article()
    ben, ticket = await hire("ben"), await a_ticket()
    message = await answered(ticket, by=ben, status="solved")
    assert await learned() == ({1: [WORDS]}, {1: 1})
    assert await take_back(message, by=ben, at=now())
    assert await learned() == ({}, {})
    await answered(ticket, by=ben)
    assert await learned() == ({}, {}), "nothing is solved yet"
    await answered(ticket, "Did it help?", by=ben)
    await solve(ticket, by=ben, at=now())
    assert await learned() == ({1: [WORDS]}, {1: 1})
    await reopen(ticket, by=ben, at=now() + timedelta(hours=23))
    assert await learned() == ({}, {})


async def test_what_holds_for_a_day_stays_until_another_article_solves_it() -> None:
    await an_article()
    await an_article("Put out a fire")
    ben, ticket = await hire("ben"), await a_ticket()
    await answered(ticket, by=ben, status="solved")
    await learned()
    await rows("UPDATE kb_evidence SET at = at - interval '25 hours'")
    await rows("UPDATE kb_use SET day = day - 1")
    await reopen(ticket, by=ben, at=now())
    assert await learned() == ({1: [WORDS]}, {1: 1})
    await answered(ticket, "And /help/en/articles/put-out-a-fire", by=ben, status="solved")
    words, _times = await learned()
    assert words == {2: [WORDS]}


async def test_what_is_redacted_is_not_learned_any_more() -> None:
    await an_article()
    alma, ticket = await hire("alma"), await a_ticket(text="My card 4111 1111 burns.")
    await answered(ticket, by=alma, status="solved")
    assert (await learned())[0] == {1: ["Printer on fire\nMy card 4111 1111 burns."]}
    [message] = await rows("SELECT min(id) AS id FROM hd_message")
    await redact(ticket, message["id"], Redaction(passages=["4111 1111"]), by=alma, at=now())
    assert (await learned())[0] == {1: ["Printer on fire\nMy card █████ burns."]}
    await redact(ticket, message["id"], Redaction(whole=True), by=alma, at=now())
    assert (await learned())[0] == {1: ["Printer on fire\n█████"]}


async def test_what_is_redacted_across_the_end_of_what_is_kept_leaves_no_half() -> None:
    await an_article()
    alma = await hire("alma")
    ticket = await a_ticket(text=f"{'It burns. ' * 97}4111 1111 2222 3333, it is")
    await answered(ticket, by=alma, status="solved")
    [text] = (await learned())[0][1]
    assert text.endswith("4111 1111 2222")
    [message] = await rows("SELECT min(id) AS id FROM hd_message")
    await redact(ticket, message["id"], Redaction(passages=["4111 1111 2222 3333"]), by=alma, at=now())
    [text] = (await learned())[0][1]
    assert "4111" not in text and text.endswith("█████, it is")


async def test_addresses_of_articles_are_known_in_every_form_and_those_of_others_are_not() -> None:
    article = await an_article("How do I pay?")
    await translated(article, "چطور بپردازم؟", "با کارت.")
    await rows("INSERT INTO kb_old_slug (language, slug, translation) VALUES ('en', 'paying', 1)")
    base = settings().base_url
    assert await linked_in(f"see ({base}/help/en/articles/how-do-i-pay).") == [(1, "en")]
    assert await linked_in('<a href="/help/en/articles/paying?x=1#top">', "/help/fa/articles/چطور-بپردازم؟") == [
        (1, "en"),
        (1, "fa"),
    ]
    assert await linked_in(f"{base}/help/fa/articles/%DA%86%D8%B7%D9%88%D8%B1-%D8%A8%D9%BE%D8%B1%D8%AF%D8%A7%D8%B2%D9%85") == [(1, "fa")]  # fmt: skip
    assert await linked_in("https://evil.test/help/en/articles/paying", f"{base}.test/help/en/articles/paying") == []


async def test_articles_that_the_text_of_another_one_names_are_named_in_passing() -> None:
    await an_article("How do I pay?")
    await an_article("Paying by card")
    inside = '<p><a href="/help/en/articles/paying-by-card?x=1#top">card</a> <a href="/help/en">all</a></p>'
    put = as_mail(inside, page=f"{settings().base_url}/help/en/articles/how-do-i-pay", images={}, boxes={})
    assert "paying-by-card?aside&amp;x=1#top" in put and f'{settings().base_url}/help/en"' in put
    assert await linked_in(put, f"{settings().base_url}/help/en/articles/how-do-i-pay") == [(1, "en")]
