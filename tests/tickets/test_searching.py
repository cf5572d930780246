"""Tickets are found by words, phrases and operators, by whoever may see them, the newest first."""

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.customers.editing import add_identity, change_customer
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import speaking
from helpdesk.kernel.text import words_of
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.profiles.merging import merge
from helpdesk.tickets.assigning import assign
from helpdesk.tickets.editing import prioritise, rename, tag
from helpdesk.tickets.joining import join
from helpdesk.tickets.marking_spam import mark_spam
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.queries import Page
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.searching import finding, writing_again
from helpdesk.tickets.searching.finding import find
from helpdesk.tickets.searching.marking import passages
from helpdesk.tickets.searching.meaning import Meaning, understand
from helpdesk.tickets.searching.writing_again import nudge_writing, write_stale_words
from helpdesk.tickets.solving import solve
from helpdesk.tickets.tables import Message, Ticket
from helpdesk.tickets.trashing import trash
from tests.cast import EVE, again, hire, make_team
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")


async def meant(text: str, agent: SignedIn) -> Meaning:
    return await understand(text, by=agent, at=now())


async def found(text: str, agent: SignedIn) -> list[int]:
    """The numbers of what is found, in order."""
    return [row["number"] for row in (await find(await meant(text, agent), seen_by=agent)).rows]


async def write_again(ticket: Ticket, text: str, *, at: datetime | None = None, **more: object) -> Message:
    author = Actor(kind="customer", id=ticket.customer)
    return await join(ticket, NewMessage(author=author, body_text=text, created_at=at or now(), **more))  # pyright: ignore[reportArgumentType]


async def test_words_of_subject_messages_notes_customer_and_files_find_a_ticket() -> None:
    ben = await hire("ben")
    ticket = await a_ticket("Kettle leaks", text="Water on the table")
    await note(ticket, Draft(body_text="Supplier was told"), by=ben, at=now())
    file = NewAttachment(name="photo-of-handle.jpg", content_type="image/jpeg", size=1, blob="0" * 64)
    await write_again(ticket, "See here", attachments=[file])
    await a_ticket("Something else", text="Nothing of it", who=EVE)

    for words in (
        "kettle",
        "WATER table",
        "supplier",
        "dogan",
        "dora@customer.test",
        "handle",
        "kettle water dogan handle",
    ):
        assert await found(words, ben) == [ticket.number], words
    assert await found("kettle nothing", ben) == []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("كتاب‌هاي من نرسيد", "کتاب‌های"), ("می‌خواهم پس بدهم", "میخواهم"), ("شمارهٔ ۱۲۳۴۵", "12345"), ("number 12345", "۱۲۳۴۵"),
        ("مُحَمَّد آمد", "محمد"), ("two boxes came", "box"), ("an invoice", "invoices"), ("فاکتورها", "فاکتور"),
        ("Straße 5", "STRASSE"), ("ref. AB-1234/x", "ab-1234"), ("write to ali.r@example.com", "ali.r@example.com"),
    ],
)  # fmt: skip
async def test_what_readers_take_for_the_same_is_found(written: str, typed: str) -> None:
    ben, ticket = await hire("ben"), await a_ticket("x", text=written)

    assert await found(typed + " ", ben) == [ticket.number]


async def test_phrases_are_found_in_order_and_what_is_excluded_is_not() -> None:
    ben = await hire("ben")
    first = await a_ticket("a", text="it is not paid yet")
    second = await a_ticket("b", text="paid, not sent")

    assert await found('"not paid"', ben) == [first.number]
    assert await found("paid -yet", ben) == [second.number]
    assert await found('paid -"not paid"', ben) == [second.number]
    assert await found("«not paid»", ben) == [first.number]


async def test_the_last_word_may_still_be_typed() -> None:
    ben, ticket = await hire("ben"), await a_ticket(text="the invoice")

    assert await found("inv", ben) == [ticket.number]
    assert await found("inv the", ben) == []
    assert await found('"inv"', ben) == []


async def test_the_typed_number_comes_first_and_then_the_newest() -> None:
    ben, at = await hire("ben"), now()
    first = await a_ticket(text="x", at=at - timedelta(days=400))
    tickets = [await a_ticket(text=f"about {first.number}", at=at - timedelta(days=days)) for days in (30, 3, 200)]

    in_order = [first.number, tickets[1].number, tickets[0].number, tickets[2].number]
    assert await found(str(first.number), ben) == in_order
    assert await found(f"#{first.number}", ben) == [first.number]
    assert await found(f"number:{first.number}", ben) == [first.number]
    await write_again(tickets[2], "again")
    assert await found("about", ben) == [tickets[2].number, tickets[1].number, tickets[0].number]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_every_page_follows_the_one_before(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever part of the search a ticket is found in."""
    monkeypatch.setattr(finding, "NEWEST", 3)
    ben, at = await hire("ben"), now()
    days = [0, 0.1, 1, 2, 5, 8, 9, 30, 63, 64, 65, 200, 511, 513, 700, 5000]
    numbers = [(await a_ticket(text="word", at=at - timedelta(days=one))).number for one in days]
    numbers = [numbers[0], *[one for one in numbers if one != numbers[0]]]

    for typed, expected in (("word", numbers), ("-missing", numbers), ("is:unassigned", numbers)):
        meaning, seen, cursor = await meant(typed, ben), list[int](), None
        while True:
            page: Page = await find(meaning, seen_by=ben, cursor=cursor, limit=limit)
            seen += [row["number"] for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
            assert len(page.rows) == limit
        assert seen == expected, typed


async def test_pages_go_on_behind_a_typed_number() -> None:
    ben = await hire("ben")
    first = await a_ticket(text="x")
    others = [(await a_ticket(text=f"{first.number}")).number for _ in range(4)][::-1]
    meaning, seen, cursor = await meant(str(first.number), ben), list[int](), None
    while page := await find(meaning, seen_by=ben, cursor=cursor, limit=1):
        seen += [row["number"] for row in page.rows]
        if (cursor := page.next) is None:
            break

    assert seen == [first.number, *others]


async def test_operators_narrow() -> None:
    ben, at = await hire("ben"), now()
    cleo = await hire("cleo")
    team = await make_team("Customer care", ben)
    mine = await a_ticket("Mine", text="alpha", at=at - timedelta(days=10), team=team.id)
    await assign(mine, ben.id, by=ben, at=at)
    await tag(mine, ["vat", "مالیات"], by=ben, at=at)
    other = await a_ticket("Other", text="alpha", who=EVE)
    await prioritise(other, "urgent", by=ben, at=at)
    await assign(other, cleo.id, by=ben, at=at)
    await solve(other, by=cleo, at=at)

    expected = {
        "status:open": mine, "status:solved,closed": other, "-status:open": other, "وضعیت:حل‌شده": other, "status:unsolved": mine,
        "assignee:me": mine, "assignee:cleo": other, 'assignee:"Cleo Dubois"': other, "assignee:cleo@helpdesk.test": other,
        "مسئول:من": mine, "-assignee:me": other, "team:care": mine, 'team:"customer care"': mine, "team:none": other,
        "tag:vat": mine, "tag:VAT": mine, "برچسب:ماليات": mine, "-tag:vat": other, "priority:urgent": other, "اولویت:فوری": other,
        "from:customer.test": mine, "from:eve@stranger.test": other, "from:dora": mine, 'from:"Dora Dogan"': mine, "از:eve": other,
        "subject:mine": mine, "-subject:mine": other, "before:7d": mine, "after:7d": other, "on:today": other, "is:automatic": None,
        "is:unassigned": None, "created:7d": other, "updated:<yesterday": None, "پیش از:دیروز": mine,
    }  # fmt: skip
    for typed, ticket in expected.items():
        meaning = await meant(typed, ben)
        assert not meaning.problems, typed
        assert await found(typed, ben) == ([ticket.number] if ticket else []), typed
        assert await found(f"alpha {typed}", ben) == ([ticket.number] if ticket else []), typed
    assert set(await found("channel:email", ben)) == {mine.number, other.number}


async def test_mails_are_found_by_whom_they_went_to_and_by_their_files() -> None:
    ben = await hire("ben")
    ticket, _other = await a_ticket(text="x"), await a_ticket(text="x")
    facts = MailFacts(from_="Colleague@Partner.test", to=["support@helpdesk.test"], cc=["boss@partner.test"])
    file = NewAttachment(name="scan.pdf", content_type="application/pdf", size=1, blob="0" * 64)
    await write_again(ticket, "me too", mail=facts, attachments=[file])

    for typed in (
        "from:partner.test",
        "from:colleague@partner.test",
        "to:support@helpdesk.test",
        "to:boss@partner.test",
        "to:partner.test",
        "has:attachment",
        "دارای:پیوست",
    ):
        assert await found(typed, ben) == [ticket.number], typed
    assert (await meant("to:nobody", ben)).problems


async def test_spam_trash_and_merged_tickets_are_found_by_who_asks_for_them() -> None:
    ben, at = await hire("ben"), now()
    spam, thrown, merged, target = [await a_ticket(text="word") for _ in range(4)]
    await mark_spam(spam, by=ben, at=at)
    await trash(thrown, by=ben, at=at)
    await rows("UPDATE hd_ticket SET merged_into = {} WHERE id = {}", target.id, merged.id)

    assert await found("word", ben) == [target.number]
    for typed, ticket in (("is:spam", spam), ("is:trash", thrown), ("is:merged", merged)):
        assert await found(typed, ben) == [ticket.number]
        assert await found(f"word {typed}", ben) == [ticket.number]
    assert set(await found("is:spam,trash", ben)) == {spam.number, thrown.number}
    assert await found(str(spam.number), ben) == [spam.number]
    assert await found("-is:spam", ben) == [target.number]


async def test_nobody_finds_what_they_may_not_see() -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    team = await make_team("Secret", cleo, is_private=True)
    ben, cleo = await again(ben), await again(cleo)
    ticket = await a_ticket("Salary", text="word", team=team.id)

    for typed in (
        "word",
        "salary",
        str(ticket.number),
        f"#{ticket.number}",
        "team:secret",
        "is:unassigned",
        "-nothing",
        "from:dora",
    ):
        assert await found(typed, ben) == [], typed
        assert await found(typed, cleo) == [ticket.number], typed


async def test_what_changes_is_found_by_what_it_is_now() -> None:
    ben, at = await hire("ben"), now()
    ticket = await a_ticket("Old subject", text="first")
    await rename(ticket, "New title", by=ben, at=at)
    message = await write_again(ticket, "secret word")
    assert await found("secret", ben) == await found("title", ben) == [ticket.number]
    assert await found("old", ben) == []

    await change_customer(ticket.customer, by=ben, at=at, name="Renamed Person")
    await add_identity(ticket.customer, "email", "second@elsewhere.test", by=ben, at=at)
    for typed in ("renamed", "from:second@elsewhere.test", "from:elsewhere.test"):
        assert await found(typed, ben) == [ticket.number], typed
    assert await found("dogan", ben) == []

    await Message.update({Message.body_text: "redacted"}).where(Message.id == message.id)
    assert await found("secret", ben) == []
    assert await found("redacted first title renamed", ben) == [ticket.number]
    await Message.update({Message.undone_at: at}).where(Message.id == message.id)
    assert await found("redacted", ben) == []


async def test_the_words_of_very_many_tickets_are_written_later_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mani, ticket = await hire("mani"), await a_ticket(text="first")
    other = await a_ticket(who=("eve@stranger.test", "Eve Else"))
    await rows(
        """INSERT INTO hd_ticket (subject, customer, number, tags, channel) SELECT 'Many ' || n, {}, 10000 + n, ARRAY[]::varchar[], 1
        FROM generate_series(1, 200) n""",
        ticket.customer,
    )
    await change_customer(ticket.customer, by=mani, at=now(), name="Renamed Person")
    assert await found("renamed", mani) == []
    await nudge_writing()
    assert redis.client().llen("dramatiq:events") > 0
    await asyncio.gather(write_stale_words(), write_stale_words())
    assert len(await found("renamed", mani)) == 30 and await found("dogan", mani) == []
    await merge(MergedKind.CUSTOMER, other.customer, ticket.customer, by=mani, at=now(), chosen={"name": "mine"})
    assert [row["n"] for row in await rows("SELECT count(*) AS n FROM hd_stale_words")] == [201]
    assert await found("else", mani) == [other.number]
    with monkeypatch.context() as patch:
        patch.setattr(writing_again, "BATCHES", 1)
        await write_stale_words()
    assert [row["n"] for row in await rows("SELECT count(*) AS n FROM hd_stale_words")] == [101], (
        "others have their turn"
    )
    await write_stale_words()
    assert len(await found("else", mani)) == 30 and await rows("SELECT FROM hd_stale_words") == []


async def test_a_message_that_moves_is_found_where_it_went() -> None:
    ben = await hire("ben")
    here, there = await a_ticket("here", text="x"), await a_ticket("there", text="y")
    message = await write_again(here, "wanderer")
    await Message.update({Message.ticket: there.id}).where(Message.id == message.id)

    assert await found("wanderer", ben) == [there.number]
    assert await found("wanderer here", ben) == []


async def test_words_written_with_each_change_are_those_that_are_written_anew() -> None:
    """And are the same after an endless message."""
    ticket = await a_ticket("Subject", text="می‌خواهم " * 40)
    file = NewAttachment(name="a b.pdf", content_type="application/pdf", size=1, blob="0" * 64)
    await write_again(ticket, "one", mail=MailFacts(from_="a@b.test", to=["c@d.test"]))
    await write_again(ticket, "z" * 3000 + " " + " ".join(f"w{n}" for n in range(40_000)), attachments=[file])
    for _ in range(8):
        await write_again(ticket, " ".join(f"{_}x{n}" for n in range(8_000)))

    [row] = await rows(
        "SELECT tsvector_to_array(words) AS kept, tsvector_to_array(hd_ticket_words_of(ticket)) AS anew FROM hd_ticket_words WHERE ticket = {}",
        ticket.id,
    )
    assert set(row["kept"]) == set(row["anew"])
    assert await found("subject one w17", await hire("ben")) == [ticket.number]


async def test_a_passage_shows_the_message_that_has_most_of_the_words() -> None:
    ben = await hire("ben")
    ticket = await a_ticket("Refund", text="please refund me")
    best = await write_again(ticket, "I said: <b>refund</b> the كتاب\nnow")
    await write_again(ticket, "thanks")
    found_there = (await passages((await meant("refund کتاب", ben)).asked, [ticket.id]))[ticket.id]

    assert found_there.message == best.id
    assert [(part.text, part.is_match) for part in found_there.parts] == [
        ("I said: <b>", False), ("refund", True), ("</b> the ", False), ("كتاب", True), (" now", False),
    ]  # fmt: skip
    assert await passages((await meant("dogan", ben)).asked, [ticket.id]) == {}
    deep = await a_ticket("Long", text="many words before it " * 40 + "kumquat and more")
    parts = (await passages((await meant("kumquat", ben)).asked, [deep.id]))[deep.id].parts
    assert [(part.text, part.is_match) for part in parts[:2]] == [("…words before it ", False), ("kumquat", True)]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("assignee:nobodyhere word", "Ben Weber"), ("team:sales word", "Customer care"), ("tag:none-such word", "none-such"),
        ("channel:fax word", "Support"), ("status:lost word", "pending"), ("colour:red word", "assignee"), ("before:32 word", "yesterday"),
    ],
)  # fmt: skip
async def test_what_is_not_known_is_told_with_what_there_is_and_the_rest_is_searched(typed: str, told: str) -> None:
    ben = await hire("ben")
    await make_team("Customer care", ben)
    ticket = await a_ticket(text="word")
    meaning = await meant(typed, ben)

    assert told in meaning.problems[0]
    assert await found(typed, ben) == [ticket.number]


_LETTERS = st.text(
    st.one_of(
        st.sampled_from("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیيكىةأإآٱؤئۀـًٌٍَُِّْٰٔ\u200c\u200d\u200e0123456789۰۱۲۳۴۵۶۷۸۹٠١٢٣،؛؟«»"),
        st.characters(max_codepoint=0x17F, exclude_characters="\x00"), st.sampled_from(" \n\t-–—…“”’@.,:;!?/\\\"'&|()<>*ΑΣσςЖж😀✓①ﬁ½"),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_LETTERS)
async def test_the_database_reads_words_as_we_do(text: str) -> None:
    [row] = await rows("SELECT array_remove(string_to_array(hd_folded({}), ' '), '') AS words", text)

    assert row["words"] == words_of(text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            _LETTERS,
            st.sampled_from(
                ["status:open", "from:", '"', "-", "before:", "از:", "#12", "is:spam", "subject:«", "tag:'\\"]
            ),
        ),
        max_size=6,
    )
)
async def test_whatever_is_typed_is_searched(parts: list[str]) -> None:
    """No text makes a statement fail."""
    agent = SignedIn(
        kind="agent", id=1, name="", email="", role="admin", language="fa", time_zone="Asia/Tehran", theme="", signature="",
        team_ids=frozenset(), hidden_team_ids=frozenset([7]),
    )  # fmt: skip
    with speaking("fa", "Asia/Tehran"):
        meaning = await meant(" ".join(parts), agent)
        await find(meaning, seen_by=agent, with_details=True)
        await passages(meaning.asked, [1])


@pytest.mark.parametrize(
    "letters",
    ["\ufdfa" * 50_000, "\ufdfa " * 50_000, "\ufdfb\u200c" * 50_000, " ".join(map(chr, range(0x10000, 0x2FA1D)))],
)
async def test_a_text_with_more_words_than_the_database_holds_is_taken_and_found_by_its_beginning(letters: str) -> None:
    ben = await hire("ben")
    ticket = await a_ticket(text=f"Kumquat {letters}")
    facts = MailFacts(from_="dora@customer.test", to=[f"a{n}@b{n}.test" for n in range(20_000)])
    author = Actor(kind="customer", id=ticket.customer, name="Dora")
    await join(ticket, NewMessage(author=author, body_text=f"Rambutan {letters}", mail=facts, created_at=now()))
    assert await found("kumquat", ben) == await found("rambutan", ben) == [ticket.number]
