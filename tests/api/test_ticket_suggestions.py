"""Articles that probably answer a ticket, through the API."""

from httpx import AsyncClient

from helpdesk.articles.beside_tickets import dismiss
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from tests.articles import an_article, indexed
from tests.cast import hire, make_team
from tests.make import a_ticket


async def test_who_sees_the_ticket_gets_what_probably_answers_it(api: AsyncClient, ben: SignedIn) -> None:
    article = await an_article("Send an order back", "Print the **label** and put it on the parcel.")
    ticket = await a_ticket("How do I send an order back?", text="Where is the label for the parcel?")
    hidden = await a_ticket("Send an order back", team=(await make_team("Private", await hire("cleo"), is_private=True)).id)  # fmt: skip
    await indexed()
    [found] = (await api.get(f"/tickets/{ticket.number}/suggestions")).json()["items"]
    assert found["id"] == article and found["confidence"] >= 0.5 and "label" in found["words"]
    assert found["audience"] == "public" and found["url"].endswith("/help/en/articles/send-an-order-back")
    await dismiss(ticket, article, "en", by=ben, at=now())
    assert (await api.get(f"/tickets/{ticket.number}/suggestions")).json() == {"items": [], "next": None}
    assert (await api.get(f"/tickets/{hidden.number}/suggestions")).status_code == 404
