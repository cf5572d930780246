"""Hostile mail is shown, and does nothing: no dialog, no request, no change to the page around it."""

from asyncpg import Record
from playwright.async_api import expect

from tests.browser.hostile import MAY_BE_ASKED, OUTSIDE_OF_MAILS, asked_inside, cases, frames_that_stick_out
from tests.browser.product import Product
from tests.browser.visits import Visits

MOST = 48
"""All on one page of the conversation."""
MALLORY = ("mallory@customer.test", "Mallory")


async def test_hostile_mails_do_nothing_on_the_page(visits: Visits, product: Product) -> None:
    number, messages = await _ticket_of_hostile_mails(product)
    assert len(messages) > 10
    page = await visits.visit(f"/console/tickets/{number}?view=open", as_="ben")
    visits.requests.clear()
    before = await page.evaluate(OUTSIDE_OF_MAILS)
    for frame in await page.locator("iframe.mail-frame").all():
        await frame.scroll_into_view_if_needed()
    await page.keyboard.press("Tab")
    await page.wait_for_timeout(500)

    assert await page.evaluate(OUTSIDE_OF_MAILS) == before
    inside = asked_inside(page, visits.requests)
    assert [url for url in inside if not MAY_BE_ASKED.search(url)] == []
    assert await frames_that_stick_out(page) == 0
    await expect(page.locator("#composer textarea")).to_be_visible()


async def test_a_hostile_mail_alone_in_a_tab_does_nothing(visits: Visits, product: Product) -> None:
    _, messages = await _ticket_of_hostile_mails(product)
    page = await visits.visit(as_="ben")
    for message in messages:
        address = f"{product.url}/console/messages/{message}/frame"
        visits.requests.clear()
        answer = await page.goto(address)
        assert answer is not None
        assert "sandbox" in answer.headers["content-security-policy"]
        assert [one.url for one in visits.requests if "/console/attachments/" not in one.url] == [address]
        assert page.url == address
    await page.wait_for_timeout(300)
    assert len(page.context.pages) == 1


async def _ticket_of_hostile_mails(product: Product) -> tuple[int, list[int]]:
    """One ticket with a mail for each case, sent once; its number and the messages that have HTML to show."""
    hostile = cases(most=MOST)
    if not await product.rows("SELECT 1 FROM hd_ticket WHERE subject = 'Look at this'"):
        await product.send(product.mail("Look at this", "The first of many.", who=MALLORY))
        first = await product.outside.mail_to(MALLORY[0], where=lambda _: True)
        reply_to = str(first.mail["Reply-To"])
        mails = [
            product.mail(f"Case {name}", f"Case {name}", who=MALLORY, to=reply_to, html=f"<p><b>Case</b></p>{html}")
            for name, html in hostile.items()
        ]
        await product.send(*mails)
    number = (await product.rows("SELECT number FROM hd_ticket WHERE subject = 'Look at this'"))[0]["number"]
    found = await _messages_of(product, number, at_least=len(hostile))
    return number, [row["id"] for row in found if row["body_html"]]


async def _messages_of(product: Product, number: int, *, at_least: int) -> list[Record]:
    sql = """SELECT m.id, m.body_html FROM hd_message m JOIN hd_ticket t ON t.id = m.ticket
        WHERE t.number = $1 AND m.author_kind = 'customer' ORDER BY m.id"""
    return await product.until(lambda: product.rows(sql, number), lambda found: len(found) > at_least)
