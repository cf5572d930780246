"""What led to articles is remembered once, weighed, forgotten with whose words it is, and passed on to the index."""

from datetime import timedelta

import pytest

from helpdesk.intake.erasing import remove
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.time import now
from knowledge_base.evidence import KEPT, Kind, forget, note_evidence, strike, take_back
from knowledge_base.index_format import LENDING
from knowledge_base.learning import HALF_LIFE, questions_of
from knowledge_base.relearning import MOST_KEPT, SHARES, grow_older, pass_on
from tests.articles import an_article
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")


async def note(kind: Kind, text: str, *, ticket: int | None = None, customer: int | None = None, ago: timedelta = timedelta()) -> None:  # fmt: skip
    await note_evidence(kind, article=1, language="en", text=text, ticket=ticket, customer=customer, at=now() - ago)


async def learned() -> list[tuple[str, float]]:
    found = await questions_of([1], at=now())
    return [(one.text, round(one.weight, 2)) for one in found.get((1, "en"), ())]


async def test_each_asker_counts_once_by_what_says_most() -> None:
    article, ticket = await an_article(), await a_ticket()
    await note(Kind.CLICKED, "where to send shoes", ticket=ticket.id)
    await note(Kind.UNHELPFUL, "where to send shoes", ticket=ticket.id)
    assert await learned() == [("where to send shoes", -0.5)]
    await note(Kind.HELPFUL, "shoes back", ticket=ticket.id)
    assert await learned() == [("shoes back", LENDING)], "who says the contrary takes back what they said"
    await note(Kind.SOLVED, "my shoes", ticket=ticket.id)
    await note(Kind.SOLVED, "my red shoes", ticket=ticket.id)
    for words in ("lost parcel", "Lost  parcel", " ", "…"):
        await note(Kind.CLICKED, words)
    await note(Kind.CLICKED, "shoes", customer=ticket.customer)
    assert await learned() == [("my red shoes", 1.0), ("shoes", 0.3), ("Lost  parcel", 0.3)]
    await take_back(Kind.SOLVED, ticket=ticket.id, article=article)
    assert (await learned())[0] == ("shoes back", LENDING)
    assert not await note_evidence(Kind.SOLVED, article=99, language="en", text="of an article that is gone", ticket=None, customer=None, at=now())  # fmt: skip


async def test_what_nobody_asked_us_lends_the_article_no_words() -> None:
    await an_article()
    await note(Kind.HELPFUL, "cheap pills")
    await note(Kind.CLICKED, "cheap boots")
    assert all(weight <= LENDING for _words, weight in await learned())


async def test_words_go_with_the_ticket_and_with_the_customer() -> None:
    await an_article()
    ticket = await a_ticket()
    await note(Kind.SOLVED, "my shoes", ticket=ticket.id, customer=ticket.customer)
    await note(Kind.CLICKED, "shoes", customer=ticket.customer)
    async with transaction():
        await forget(customers=[ticket.customer])
    assert await learned() == []
    await note(Kind.SOLVED, "my shoes", ticket=ticket.id)
    await remove([ticket.id], reason="trash", by=None, at=now())
    assert await rows("SELECT FROM kb_evidence") == []


async def test_the_index_is_told_once_of_all_that_came_and_in_turn_of_what_grew_older() -> None:
    await an_article()
    tickets = [await a_ticket() for _number in range(3)]
    for number in range(3):
        await note(Kind.SOLVED, f"shoes of size {number}", ticket=tickets[number].id, ago=HALF_LIFE * number)
    assert [weight for _text, weight in await learned()] == [1.0, 0.5, 0.25]
    assert (await pass_on(at=now()), await pass_on(at=now())) == (1, 0)
    assert await rows("SELECT count(*) AS count FROM kb_change") == [{"count": 2}], "once published, once learned"
    for day in range(SHARES):
        await grow_older(at=now() + timedelta(days=day))
    assert await pass_on(at=now()) == 1
    await grow_older(at=now() + KEPT - HALF_LIFE)
    assert [text for text, _weight in await learned()] == ["shoes of size 0"]
    for number in range(MOST_KEPT + 5):
        await note(Kind.CLICKED, f"boots of size {number}", ago=timedelta(days=number))
    await pass_on(at=now())
    assert await rows("SELECT count(*) AS count FROM kb_evidence") == [{"count": MOST_KEPT + 1}]


async def test_a_solved_ticket_and_what_was_struck_out_stay_known_when_their_words_are_too_many() -> None:
    await an_article()
    for number in range(MOST_KEPT + 5):
        await note(Kind.SOLVED, f"boots of size {number}", ago=timedelta(minutes=number))
    await note(Kind.CLICKED, "no boots", ago=timedelta(days=1))
    async with transaction():
        await strike(MOST_KEPT + 6, at=now())
        await strike(MOST_KEPT + 5, at=now())
    await pass_on(at=now())
    found = await rows("SELECT id FROM kb_evidence WHERE text = '' AND struck_at IS NULL ORDER BY id")
    assert [row["id"] for row in found] == list(range(MOST_KEPT + 1, MOST_KEPT + 5))
    assert await rows("SELECT count(*) AS count FROM kb_evidence") == [{"count": MOST_KEPT + 6}]
