"""Articles beside a ticket: suggested, read, put into an answer, and not suggested again where they did not help."""

import re
from collections.abc import Callable

import pytest

from helpdesk.articles import beside_tickets, indexing
from helpdesk.articles.beside_tickets import bring_back, dismiss, note_suggested, suggestions_for
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from knowledge_base import publishing, writing
from knowledge_base.filing import add_file
from knowledge_base.writing import Words
from tests.articles import an_article, indexed, translated
from tests.cast import again, hire, make_team
from tests.console.browsing import HOST, Browser
from tests.make import a_ticket

QUESTION = ("How do I send an order back?", "I want to send the plates of my order back. Where is the label for the parcel?")  # fmt: skip


async def test_what_does_not_help_is_not_suggested_there_again_until_it_is_brought_back(database: None) -> None:
    article = await an_article("Send an order back", "Print the **label** and put it on the parcel within 30 days.")
    ben, ticket = await again(await hire("ben")), await a_ticket(QUESTION[0], text=QUESTION[1])
    await indexed()
    [found] = await suggestions_for(ticket, seen_by=ben)
    assert found.article == article and found.words[:2] == ["send", "order"]
    for _twice in range(2):
        await note_suggested(ticket, [(article, "en"), (999, "en")], at=now())
    assert [row["times"] for row in await rows("SELECT times FROM kb_use WHERE use = 'suggested'")] == [1]

    for _twice in range(2):
        await dismiss(ticket, article, "en", by=ben, at=now())
    assert await suggestions_for(ticket, seen_by=ben) == []
    [noted] = await rows("SELECT kind, text FROM kb_evidence")
    assert noted["kind"] == "unhelpful" and "label for the parcel" in noted["text"]
    await bring_back(ticket, article, by=ben)
    assert await rows("SELECT FROM kb_evidence") == []
    assert [one.article for one in await suggestions_for(ticket, seen_by=ben)] == [article]


async def test_one_that_is_brought_back_is_there_at_once(
    browser: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    article = await an_article("Send an order back", "Print the **label** and put it on the parcel within 30 days.")
    ben, ticket = await again(await hire("ben")), await a_ticket(QUESTION[0], text=QUESTION[1])
    await dismiss(ticket, article, "en", by=ben, at=now())
    await indexed()
    monkeypatch.setattr(beside_tickets, "WORTH_A_LOOK", 1.1)  # as what did not help is till the index knows better
    page = await browser().sign_in(ben)
    base, here = f"/console/tickets/{ticket.number}/articles", f'class="title" data-does="article-{article}"'
    gone = (await page.get(base, htmx=True)).text
    assert here not in gone and f'data-does="article-{article}" hx-delete' in gone
    assert here in (await page.delete(f"{base}/{article}/en/dismissal")).text
    assert here not in (await page.get(base, htmx=True)).text


async def test_articles_stand_beside_a_ticket_and_are_put_into_the_answer(browser: Callable[[], Browser]) -> None:
    public = await an_article(
        "Send an order back", "Print the **label** and put it on the parcel. See [more](/help/en)."
    )
    ours = await an_article("Send an order back: what we do", "Tell the warehouse about the label.", audience="agents")
    await translated(public, "پس‌فرستادن سفارش", "برچسب را چاپ کنید.")
    ben, ticket = await again(await hire("ben")), await a_ticket(QUESTION[0], text=QUESTION[1])
    await indexed()
    page = await browser().sign_in(ben)
    whole = (await page.get(f"/console/tickets/{ticket.number}")).text
    assert f'hx-get="/console/tickets/{ticket.number}/articles"' in whole and "Send an order back" not in whole
    shown = (await page.get(f"/console/tickets/{ticket.number}/articles", htmx=True)).text
    assert "Send an order back" in shown and "Both say:" in shown and "ikely</span>" in shown
    assert f'name="article" value="{public}-en"' in shown
    found = (await page.get(f"/console/tickets/{ticket.number}/articles", params={"q": "warehouse"}, htmx=True)).text
    assert "<mark>warehouse</mark>" in found and "Agents only" in found and "1 article found" in found
    assert "No article has these words" in (await page.get(f"/console/tickets/{ticket.number}/articles", params={"q": "qwertz"}, htmx=True)).text  # fmt: skip
    [opened, *_rest] = re.findall(r'hx-get="(/console/articles/\d+/en\?search=[^"]+)"', found)
    for _twice in range(2):
        await page.get(opened, htmx=True)
    await page.post("/console/articles/searches", {"q": "Qwertz", "language": "en"}, htmx=True)
    searches = await rows("SELECT place, words, found, cardinality(opened) AS opened FROM kb_search ORDER BY id")
    assert [tuple(row.values()) for row in searches[:1] + searches[-1:]] == [
        ("console", "warehouse", 1, 1),
        ("console", "qwertz", 0, 0),
    ]
    offered = (await page.get("/console/articles/options", params={"ticket": ticket.number}, htmx=True)).text
    assert f'data-puts="/console/articles/{public}/en/use"' in offered

    read = await page.get(f"/console/articles/{public}/en", htmx=True)
    assert "<dialog" in read.text and "Print the <strong>label</strong>" in read.text
    assert (await page.get(f"/console/articles/{public}/en")).headers[
        "location"
    ] == "/help/en/articles/send-an-order-back"
    use = f"/console/articles/{public}/en/use"
    link = (await page.post(use, {"as": "link", "written": "en"})).json()
    assert link["html"] == f'<a href="{HOST}/help/en/articles/send-an-order-back">Send an order back</a>'
    assert "پس‌فرستادن سفارش" in (await page.post(use, {"as": "link", "written": "fa"})).json()["text"]
    text = (await page.post(use, {"as": "text", "written": "en"})).json()
    assert (
        "<strong>label</strong>" in text["html"]
        and f'href="{HOST}/help/en"' in text["html"]
        and link["html"] in text["html"]
    )
    asked = await page.post(f"/console/articles/{ours}/en/use", {"as": "text"})
    assert asked.status_code == 409 and "agents only" in asked.json()["question"]
    for more in ({"sure": "1"}, {"internal": "1"}):
        put = await page.post(f"/console/articles/{ours}/en/use", {"as": "text"} | more)
        assert "warehouse" in put.json()["html"] and "href" not in put.json()["html"]
    uses = await rows(
        "SELECT article, language, use, times FROM kb_use WHERE use IN ('linked', 'inserted') ORDER BY article, language, use"
    )
    assert [tuple(row.values()) for row in uses] == [(public, "en", "inserted", 1), (public, "en", "linked", 1), (public, "fa", "linked", 1), (ours, "en", "inserted", 2)]  # fmt: skip


async def test_images_of_an_article_go_along_with_its_text(browser: Callable[[], Browser]) -> None:
    article, ben = await an_article("Labels", is_published=False), await again(await hire("ben"))
    picture = await add_file(article, "label.png", "image/png", b"\x89PNG", is_inline=True, by=None, at=now())
    words = Words(title="Labels", html=f'<p><img src="{picture.path}" alt="A label"></p>')
    await writing.save(article, "en", words, version=1, by=None, at=now())
    await publishing.publish(article, "en", at=now())
    page = await browser().sign_in(ben)
    put = (await page.post(f"/console/articles/{article}/en/use", {"as": "text"})).json()
    [kept] = await rows("SELECT id, content_id, uploaded_by, is_inline FROM hd_attachment")
    assert f'src="cid:{kept["content_id"]}"' in put["html"] and (kept["uploaded_by"], kept["is_inline"]) == (ben.id, True)  # fmt: skip
    assert (await page.get(f"/console/attachments/{kept['id']}")).content == b"\x89PNG"


async def test_who_may_not_see_the_ticket_or_the_article_gets_neither(browser: Callable[[], Browser]) -> None:
    article, draft = await an_article(), await an_article("Not yet", is_published=False)
    ben, cleo = await again(await hire("ben")), await again(await hire("cleo"))
    ticket = await a_ticket(*QUESTION[:1], team=(await make_team("Private", cleo, is_private=True)).id)
    await indexed()
    page = await browser().sign_in(await again(ben))
    base = f"/console/tickets/{ticket.number}/articles"
    for answer in (
        await page.get(base, htmx=True), await page.get("/console/articles/options", params={"ticket": ticket.number}, htmx=True),
        await page.post(f"{base}/shown", {"article": f"{article}-en"}), await page.post(f"{base}/{article}/en/dismissal"),
        await page.delete(f"{base}/{article}/en/dismissal"), await page.get(f"/console/articles/{draft}/en", htmx=True),
        await page.post(f"/console/articles/{draft}/en/use", {"as": "text"}),
    ):  # fmt: skip
        assert answer.status_code == 404, answer.request.url
    assert await rows("SELECT FROM hd_offered_article") == await rows("SELECT FROM kb_use") == []


async def test_without_an_index_the_panel_says_so(browser: Callable[[], Browser]) -> None:
    indexing.forget()
    ticket = await a_ticket(*QUESTION[:1])
    page = await browser().sign_in(await again(await hire("lia")))
    shown = await page.get(f"/console/tickets/{ticket.number}/articles", htmx=True)
    assert shown.status_code == 200 and "The search is not available" in shown.text


async def test_while_a_call_is_noted_articles_that_answer_appear(browser: Callable[[], Browser]) -> None:
    article = await an_article("Send an order back", "Print the **label** and put it on the parcel.")
    await indexed()
    page = await browser().sign_in(await again(await hire("ben")))
    shown = (await page.get("/console/tickets/new")).text
    assert 'hx-post="/console/tickets/new/articles"' in shown
    typed = {"subject": QUESTION[0], "text": QUESTION[1], "language": ""}
    found = (await page.post("/console/tickets/new/articles", typed, htmx=True)).text
    assert "Send an order back" in found and f'name="seen" value="{article}-en"' in found and "Not helpful" not in found
    await page.post("/console/tickets/new/articles", typed | {"seen": f"{article}-en"}, htmx=True)
    assert [row["times"] for row in await rows("SELECT times FROM kb_use WHERE use = 'suggested'")] == [1]
    assert "appear here" in (await page.post("/console/tickets/new/articles", {}, htmx=True)).text


async def test_the_palette_offers_articles_to_be_read(browser: Callable[[], Browser]) -> None:
    article = await an_article("Send an order back", "Print the **label**.")
    await indexed()
    page = await browser().sign_in(await again(await hire("lia")))
    for typed in ("?lab", "؟lab"):
        [group] = (await page.get("/console/palette", params={"q": typed})).json()["groups"]
        assert group["kind"] == "articles" and group["items"][0]["url"] == f"/console/articles/{article}/en"
