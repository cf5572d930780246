"""The inbox: lists, conversations, and the parts that live updates ask for."""

from collections.abc import Callable

from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket


async def test_the_inbox_shows_who_waits(browser: Callable[[], Browser]) -> None:
    ben = await hire("ben")
    await a_ticket("Printer on fire")
    page = await (await browser().sign_in(ben)).get("/console")
    assert page.status_code == 200, page.text
    assert "Printer on fire" in page.text and "Dora Dogan" in page.text


async def test_a_ticket_page_has_its_conversation_and_customer(browser: Callable[[], Browser]) -> None:
    ben, ticket = await hire("ben"), await a_ticket("Printer on fire")
    page = await (await browser().sign_in(ben)).get(f"/console/tickets/{ticket.number}")
    assert page.status_code == 200, page.text
    assert "Please help, it burns." in page.text and "dora@customer.test" in page.text
