"""Articles that a form offers: a page between *Send* and the ticket, or beside what is being written; nothing typed is lost."""

import re
from unittest.mock import AsyncMock

import pytest
from httpx import AsyncClient, Response

from helpdesk.articles import offering
from helpdesk.articles.finding import SearchAway
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.intake import limits
from helpdesk.kernel.database import rows
from helpdesk.portal import offers
from helpdesk.tickets.tables import Message, Ticket
from knowledge_base.reading import Gone
from tests.articles import an_article, indexed
from tests.cast import make_team
from tests.portal.filling import a_form, a_slip, post

ASKED = {
    "subject": "How do I send an order back?",
    "message": "I want to return the shoes.\nWhere is the label? 0912 345 67 89",
}


@pytest.fixture(autouse=True)
async def shelf(visitor: AsyncClient) -> None:
    await an_article(
        "Send an order back", "Return the shoes within **30 days**. The label is in the [parcel](https://shop.test)."
    )
    await an_article("Change the address", "Under *Account*.")
    await an_article("Secret returns", "Return an order back to the secret label.", audience="agents")
    await indexed()


def carried(page: Response) -> dict[str, str]:
    """What the page sends again."""
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text))


def article_in(page: Response) -> str:
    [found] = set(re.findall(r'name="article" value="(\d+)"', page.text))
    return found


async def counted() -> dict[str, int]:
    found = await rows("SELECT use, sum(times)::integer AS times FROM kb_use GROUP BY use")
    return {row["use"]: row["times"] for row in found if row["times"]}


async def test_without_scripts_an_article_is_asked_about_once_and_sending_goes_on(visitor: AsyncClient) -> None:
    form = await a_form()
    slip = a_slip(form)
    page = await post(visitor, form, **ASKED, slip=slip, files={"files": ("a.txt", b"a", "text/plain")})
    assert page.status_code == 200 and "Does this answer it?" in page.text and "Secret" not in page.text
    assert await Ticket.count() == 0 and carried(page).items() >= {"email": "dora@customer.test", "slip": slip}.items()

    read = await post(visitor, form, **carried(page), read=article_in(page))
    assert "<strong>30 days</strong>" in read.text and '<a target="_blank" href="https://shop.test"' in read.text
    again = await post(visitor, form, **carried(read), offered="yes")
    assert again.status_code == 303, again.text
    twice = await post(visitor, form, **carried(read), offered="yes")
    assert twice.headers["location"] == again.headers["location"]
    [message] = await Message.objects()
    assert message.body_text == ASKED["message"].strip() and await rows(
        "SELECT FROM hd_attachment WHERE message = {}", message.id
    )
    assert await counted() == {"offered": 1, "opened": 1}
    [event] = await rows("SELECT changes FROM hd_event WHERE kind = 'articles_offered'")
    assert "Send an order back" in event["changes"] and '"is_opened":true' in event["changes"].replace(" ", "")

    gone_back = await post(visitor, form, **ASKED | {"message": "Another return of shoes, label?"}, slip=slip)
    assert gone_back.status_code == 303, "no hurdle twice"


async def test_yes_sends_nothing_counts_once_and_can_be_taken_back(visitor: AsyncClient) -> None:
    form = await a_form()
    page = await post(visitor, form, **ASKED)
    chosen = {**carried(page), "article": article_in(page)}
    kind, again = [await visitor.post(f"/forms/{form.slug}/answer?lang=en", data=chosen) for _ in range(2)]
    assert kind.status_code == again.status_code == 200 and "Send it after all" in kind.text
    assert f'href="/forms/{form.slug}?lang=fa"' in kind.text, "its own address is not to be asked for"
    for address in ("answer", "offers", "reading"):
        asked = await visitor.get(f"/forms/{form.slug}/{address}?lang=fa")
        assert (asked.status_code, asked.headers["location"]) == (303, f"/forms/{form.slug}?lang=fa")
    assert await Ticket.count() == 0 and await counted() == {"offered": 1, "deflected": 1}
    [evidence] = await rows("SELECT kind, text FROM kb_evidence")
    assert evidence["kind"] == "helpful" and "return the shoes" in evidence["text"] and "0912" not in evidence["text"]

    gone = await visitor.post(f"/forms/{form.slug}/answer?lang=en", data=chosen | {"article": "999999"})
    assert "not here any more" in gone.text and carried(gone)["message"] == carried(kind)["message"]

    sent = await post(visitor, form, **carried(kind), offered="yes")
    assert sent.status_code == 303 and await Ticket.count() == 1
    assert await counted() == {"offered": 1} and await rows("SELECT FROM kb_evidence") == []


async def test_a_yes_for_a_private_team_or_above_what_a_network_may_teach_is_counted_and_not_learnt_from(
    visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = await make_team("People", is_private=True)

    async def say_yes(form: FormDefinition) -> str:
        page = await post(visitor, form, **ASKED)
        chosen = {**carried(page), "article": article_in(page)}
        return (await visitor.post(f"/forms/{form.slug}/answer?lang=en", data=chosen)).text

    assert "words of your question are kept" not in await say_yes(await a_form("people", team=team.id))
    monkeypatch.setattr(limits, "LESSONS_PER_NETWORK", 0)
    form = await a_form()
    assert "words of your question are kept" not in await say_yes(form)
    assert await counted() == {"offered": 2, "deflected": 2} and await rows("SELECT FROM kb_evidence") == []
    monkeypatch.undo()
    assert "words of your question are kept" in await say_yes(form)


async def test_while_one_types_the_page_is_told_what_probably_answers(visitor: AsyncClient) -> None:
    form = await a_form()
    slip = a_slip(form)

    async def look(**typed: str) -> str:
        answer = await visitor.post(f"/forms/{form.slug}/offers?lang=en", data={"slip": slip} | typed)
        assert answer.status_code == 200
        return answer.text

    assert "Send an order back" in await look(**ASKED)
    assert (await look(subject="Hi")).strip() == "" and (
        await look(subject="", message="Where do penguins live?")
    ).strip() == ""
    assert (await look(**ASKED, website="x")).strip() == "" and (await look(**ASKED, slip="x")).strip() == ""
    [offer] = await rows("SELECT page, offered FROM kb_offer")
    read = await visitor.post(
        f"/forms/{form.slug}/reading?lang=en", data={"slip": slip, "article": str(offer["offered"][0])}
    )
    assert "<strong>30 days</strong>" in read.text
    [secret] = await rows("SELECT id FROM kb_translation WHERE title = 'Secret returns'")
    refused = await visitor.post(
        f"/forms/{form.slug}/reading?lang=en", data={"slip": slip, "article": str(secret["id"])}
    )
    assert refused.status_code == 404

    assert (await post(visitor, form, **ASKED, slip=slip, offered="yes")).status_code == 303, "it was seen already"


async def test_nothing_stands_in_the_way_of_sending(visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    switched_off = await a_form("quiet", offers_articles=False)
    assert (await post(visitor, switched_off, **ASKED)).status_code == 303
    form = await a_form()
    monkeypatch.setattr(limits, "OFFERS_PER_NETWORK", 0)
    assert (await post(visitor, form, **ASKED | {"email": "b@customer.test"})).status_code == 303
    monkeypatch.undo()

    for trouble in (SearchAway(), OSError("a torn index")):
        monkeypatch.setattr(offering, "suggest_articles", AsyncMock(side_effect=trouble))
        assert (await post(visitor, form, **ASKED | {"email": "c@customer.test"})).status_code == 303


async def test_an_article_that_goes_while_it_is_looked_for_keeps_the_form(
    visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await a_form()
    page = await post(visitor, form, **ASKED)
    monkeypatch.setattr(offers, "find_page", AsyncMock(side_effect=Gone("gone")))
    shown = await post(visitor, form, **carried(page), read=article_in(page))
    assert shown.status_code == 200 and "not here any more" in shown.text
    assert carried(shown)["message"] == carried(page)["message"]
