"""Articles beside a ticket: suggested, read, put into an answer, and not suggested again where they did not help."""

from helpdesk.articles.beside_tickets import bring_back, dismiss, note_suggested, suggestions_for
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from tests.articles import an_article, indexed
from tests.cast import again, hire
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
