"""What the knowledge base lacks is told to who publishes it, and an article begins from it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.articles import gaps
from helpdesk.articles.gap_looking import look_for_gaps
from helpdesk.articles.gap_writing import begin_from_requests
from helpdesk.intake.erasing import remove
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.assigning import move_to_team
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Status, Ticket
from knowledge_base.evidence import Kind, note_evidence
from knowledge_base.figures import days_back, totals, used_articles
from knowledge_base.usage import Place, Use, count_use, note_search
from tests.articles import an_article, indexed
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

QUESTIONS = (
    ("Changing the delivery address", "I moved. Please send my order to the new address."),
    ("New delivery address for an order", "How can the delivery address of an order be changed?"),
    ("Re: wrong address of my delivery", "My order goes to an old address. Can you change the delivery address?"),
    ("The lamp is broken", "It came in pieces."),
)
ANSWER = (
    "Hi Dora,\n\nopen Orders, choose order 48123 and press Change address. Until a parcel is packed that is possible "
    "without asking us.\n\nKind regards,\nBen Cooper"
)


async def solve_all(ben: SignedIn, *questions: tuple[str, str]) -> list[Ticket]:
    """Each is answered and solved."""
    tickets = [await a_ticket(subject, text=text, at=now() - timedelta(days=2)) for subject, text in questions]
    for ticket in tickets:
        told = "We send another one today, at our expense." if "lamp" in ticket.subject else ANSWER
        await reply(ticket, Draft(body_text=told), by=ben, at=now(), status=Status.SOLVED)
    return tickets


async def test_requests_that_were_answered_again_and_again_begin_an_article_without_names_and_numbers(
    browser: Callable[[], Browser],
) -> None:
    tickets = await solve_all(await hire("ben"), *QUESTIONS)
    mani = await hire("mani")
    assert await look_for_gaps() == 1
    [group] = await gaps.groups_of_requests(seen_by=mani)
    assert {one.number for one in group.requests} == {ticket.number for ticket in tickets[:3]}
    page = await browser().sign_in(mani)
    shown = (await page.get("/console/knowledge/gaps")).text
    assert "<bdi>address · " in shown and "4 requests were compared" in shown
    begun = await page.post(f"/console/knowledge/gaps/requests/{group.id}/article")
    assert begun.headers["location"].endswith("/en?said=masked")
    [draft] = await rows(
        "SELECT t.state, r.title, r.html, r.note FROM kb_translation t JOIN kb_revision r ON r.translation = t.id"
    )
    assert draft["state"] == "draft" and "address" in draft["title"] and not draft["title"].startswith("Re:")
    assert draft["html"].startswith("<p>open Orders, choose order [number] and press Change address.")
    assert not {"Dora", "Ben", "48123", "regards"} & set(draft["html"].replace(",", " ").split())
    assert f"#{group.requests[0].number}" in draft["note"]
    assert await gaps.groups_of_requests(seen_by=mani) == []
    assert await look_for_gaps() == 0, "what was written about is not told again"
    with pytest.raises(NotFound):
        await begin_from_requests(group.id, by=mani, at=now())


async def test_requests_that_an_article_solved_or_that_cannot_be_seen_are_not_told(
    browser: Callable[[], Browser],
) -> None:
    cleo, ben, mani = await hire("cleo"), await hire("ben"), await hire("mani")
    tickets = await solve_all(ben, *QUESTIONS[:3])
    await look_for_gaps()
    page = await browser().sign_in(mani)
    aside = await page.post("/console/knowledge/gaps/requests/1/aside")
    assert "Back among the gaps" in (await page.get(aside.headers["location"])).text
    assert await gaps.groups_of_requests(seen_by=mani) == []
    await page.post("/console/knowledge/gaps/requests/1/back")
    team = await make_team("Board", ben, is_private=True)
    await move_to_team(tickets[0], team.id, by=ben, at=now())
    assert await gaps.groups_of_requests(seen_by=await again(cleo)) == []
    assert len(await gaps.groups_of_requests(seen_by=await again(ben))) == 1
    article = await an_article("Another address", "Press *Change address*.")
    await note_evidence(
        Kind.SOLVED, article=article, language="en", text="address", ticket=tickets[1].id, customer=None, at=now()
    )
    assert await look_for_gaps() == 0


async def test_an_article_that_nobody_named_is_told_beside_the_requests(database: None) -> None:
    article = await an_article("Change the delivery address of an order", "Open Orders and press Change address.")
    await indexed()
    await solve_all(await hire("ben"), *QUESTIONS[:3])
    await look_for_gaps()
    mani = await hire("mani")
    [group] = await gaps.groups_of_requests(seen_by=mani)
    assert (group.answered_by, group.answered_by_title) == (article, "Change the delivery address of an order")
    async with transaction():
        await remove([1], reason="trash", by=mani.id, at=now())
    assert await gaps.groups_of_requests(seen_by=mani) == [], "words of what is erased go with it"


async def test_searches_in_vain_are_told_in_whatever_words_until_they_are_set_aside(
    browser: Callable[[], Browser],
) -> None:
    mani, since = await hire("mani"), now() - timedelta(days=28)
    for words in ("gift wrapping", "gift wrapping", "wrapping gifts", "گمرک"):
        await note_search(Place.HELP, words, language="fa" if words == "گمرک" else "en", found=0, at=now())
    await note_search(Place.HELP, "invoice", language="en", found=2, at=now())
    await rows("UPDATE kb_search SET opened = ARRAY[1] WHERE words = 'invoice'")
    await note_search(Place.HELP, "tracking", language="en", found=2, at=now())
    await note_search(Place.HELP, "long ago", language="en", found=0, at=now() - timedelta(days=40))
    found = [
        (one.words, one.searched, one.found_nothing, one.opened_nothing)
        for one in await gaps.searches_in_vain(since=since)
    ]
    assert found == [("gift wrapping", 3, 3, 0), ("گمرک", 1, 1, 0), ("tracking", 1, 0, 1)]
    page = await browser().sign_in(mani)
    await page.post("/console/knowledge/gaps/searches/aside", {"words": "gifts, wrapping", "language": "en"})
    assert "tracking" in (await page.get("/console/knowledge/gaps?aside=wrapping+gifts&language=en")).text
    await page.post("/console/knowledge/gaps/searches/back", {"words": "wrapping gifts", "language": "en"})
    assert len(await gaps.searches_in_vain(since=since)) == 3
    await page.post("/console/knowledge/gaps/searches/aside", {"words": "gift wrapping", "language": "en"})
    begun = await page.post("/console/knowledge/gaps/searches/article", {"words": "گمرک", "language": "fa"})
    assert "/fa?said=begun" in begun.headers["location"]
    assert [one.words for one in await gaps.searches_in_vain(since=since)] == ["tracking"]
    assert (
        await page.post("/console/knowledge/gaps/searches/article", {"words": " ", "language": "fa"})
    ).status_code == 422


async def test_articles_that_do_not_help_or_are_never_used_are_told(browser: Callable[[], Browser]) -> None:
    bad, fresh, used = [await an_article(title) for title in ("Unclear", "Fresh", "Used")]
    await rows("UPDATE kb_translation SET published_at = now() - interval '40 days', republished_at = now() - interval '9 days' WHERE article <> {}", fresh)  # fmt: skip
    await count_use(Use.LINKED, article=used, language="en", at=now())
    for number, days in enumerate((1, 2, 20)):
        await rows(
            """INSERT INTO kb_vote (translation, voter, network, revision, is_helpful, is_counted, at)
            SELECT id, {}, '', 1, false, true, now() - make_interval(days => {}) FROM kb_translation WHERE article = {}""",
            f"v{number}", days, bad,
        )  # fmt: skip
    await rows("INSERT INTO kb_comment (translation, revision, is_helpful, comment, at) SELECT id, 1, false, 'Which button?', now() FROM kb_translation WHERE article = {}", bad)  # fmt: skip
    [told] = await gaps.unhelpful_articles(since=now() - timedelta(days=28))
    assert (told.article, told.unhelpful, told.comments) == (bad, 2, ["Which button?"]), (
        "older votes were of other words"
    )
    assert [one.article for one in await gaps.unused_articles(at=now())] == [bad]
    page = await browser().sign_in(await hire("mani"))
    shown = (await page.get("/console/knowledge/gaps?days=7")).text
    assert "Which button?" in shown and "Not compared yet" in shown and "Nothing was searched for in vain" in shown


async def test_gaps_are_for_who_publishes(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    assert (await page.get("/console/knowledge/gaps")).status_code == 403
    assert (
        await page.post("/console/knowledge/gaps/searches/aside", {"words": "a", "language": "en"})
    ).status_code == 403


async def test_use_of_articles_is_counted_by_article_and_in_all(browser: Callable[[], Browser]) -> None:
    first, second = await an_article("Returns"), await an_article("Invoices")
    for use, times in ((Use.VIEWED, 7), (Use.LINKED, 2), (Use.INSERTED, 1), (Use.DEFLECTED, 3)):
        await count_use(use, article=second, language="en", at=now(), times=times)
    await count_use(Use.VIEWED, article=first, language="en", at=now() - timedelta(days=60), times=50)
    for page, answered, ticket in (("a", 1, None), ("b", None, 5), ("c", None, 6), ("d", None, None)):
        await rows(
            "INSERT INTO kb_offer (page, channel, language, at, offered, opened, answered, ticket, is_settled) VALUES ({}, 1, 'en', now(), ARRAY[1], ARRAY[1], {}, {}, true)",
            page, answered, ticket,
        )  # fmt: skip
    since = days_back(28, at=now())
    found = await used_articles(since=since, by="sent")
    assert [(one.title, one.viewed, one.sent, one.deflected) for one in found] == [
        ("Invoices", 7, 3, 3),
        ("Returns", 0, 0, 0),
    ]
    assert [one.title for one in await used_articles(since=days_back(90, at=now()), by="viewed")] == [
        "Returns",
        "Invoices",
    ]
    whole = await totals(since=since)
    assert (whole.forms, whole.forms_deflected, whole.forms_sent, whole.forms_probably, whole.viewed) == (4, 1, 2, 1, 7)
    page = await browser().sign_in(await hire("mani"))
    shown = (await page.get("/console/knowledge/usage?days=28&by=sent")).text
    assert "33.3%" in shown and "1 answered, 2 sent, 1 perhaps answered" in shown
    saved = (await page.get("/console/knowledge/usage/articles.csv?by=sent")).text.splitlines()
    assert saved[1].startswith(f"{second},en,Invoices,7,0,0,3") and len(saved) == 3
