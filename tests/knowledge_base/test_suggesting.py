"""An article is suggested when it answers, from all that somebody wrote; what happened to earlier tickets counts."""

from pathlib import Path

import pytest

from knowledge_base.documents import Change, Place, Question
from knowledge_base.index import apply, rebuild
from knowledge_base.index_reading import NoIndex
from knowledge_base.suggesting import LIKELY, Suggestion, suggest
from tests.knowledge_base.articles import Shelf, document

TITLES = {
    1: ("Download an invoice as PDF", "Open Billing, choose the month and press Download."),
    2: ("Reset a forgotten password", "Press Forgot password at sign-in. A link arrives by mail and lasts an hour."),
    3: ("Change the delivery address of an order", "Until an order is packed, its delivery address can be changed under Orders."),
    4: ("Return a damaged parcel", "Take a photo, choose Return under Orders, and print the label."),
    5: ("Export contacts to a spreadsheet", "Contacts, then Export: a CSV file opens in any spreadsheet."),
    6: ("Add a colleague to the team", "Settings, Team, Invite: a seat more is billed from the next month on."),
    7: ("Two-step sign-in with an authenticator", "Scan the code once; recovery codes work when the phone is lost."),
    8: ("Connect a printer in the warehouse", "The print agent runs on Windows and Linux and finds label printers by itself."),
}  # fmt: skip


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    articles = [document(id, title, body) for id, (title, body) in TITLES.items()]
    articles.append(document(9, "بازیابی گذرواژه فراموش‌شده", "روی «فراموشی گذرواژه» بزنید.", language="fa"))
    articles.append(document(10, "Which customers may return what", "Only for us.", audience="agents"))
    await rebuild(tmp_path / "index", Shelf(*articles).documents(), place=Place(1, "1"))
    return tmp_path / "index"


async def suggested(folder: Path, subject: str, text: str = "", **more: object) -> list[Suggestion]:
    options: dict[str, object] = {"audiences": ["public"], **more}
    return await suggest(subject, text, folder=folder, **options)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("subject", "text", "wanted"),
    [
        ("Forgot my password", "Hello, I have forgotten my password and cannot sign in. Please help. Regards, Dora", 2),
        ("Wrong address", "I entered the wrong delivery address for my order yesterday, can you still change it?", 3),
        ("گذرواژه", "سلام، گذرواژه‌ام را فراموش کرده‌ام و نمی‌توانم وارد شوم.", 9),
    ],
)
async def test_the_article_that_answers_comes_first(folder: Path, subject: str, text: str, wanted: int) -> None:
    found = await suggested(folder, subject, text)
    assert found and found[0].id == wanted and found[0].confidence >= LIKELY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thank you very much!",
        "Your colleague was rude on the telephone and I want to speak to a manager about it.",
        "When does the conference in Vienna begin, and is there a discount for students?",
    ],
)
async def test_nothing_is_better_than_something_wrong(folder: Path, text: str) -> None:
    assert await suggested(folder, "", text) == []


async def test_a_customer_is_not_told_of_what_is_for_agents(folder: Path) -> None:
    asked = "Which customers may return what?"
    assert 10 not in [one.id for one in await suggested(folder, asked, least=0.0)]
    assert (await suggested(folder, asked, audiences=["public", "agents"]))[0].id == 10


async def test_what_did_not_help_already_is_not_suggested_again(folder: Path) -> None:
    assert (await suggested(folder, "Forgot my password"))[0].id == 2
    assert 2 not in [one.id for one in await suggested(folder, "Forgot my password", excluding=[2], least=0.0)]


async def test_what_solved_a_ticket_is_suggested_for_the_next_one_like_it(folder: Path) -> None:
    words = "The label machine prints nothing but hieroglyphs"
    again = "our label machine prints hieroglyphs since today"
    before = {one.id: one.confidence for one in await suggested(folder, again, least=0.0, limit=10)}
    learned = document(8, *TITLES[8], questions=(Question(words),))
    apply(folder, [Change(Place(2, "2"), 8, learned)])
    [first, *_others] = await suggested(folder, again, least=0.0)
    assert first.id == 8 and first.confidence >= LIKELY > before.get(8, 0.0)


async def test_what_was_called_unhelpful_is_suggested_less(folder: Path) -> None:
    asked = "Return a parcel that was damaged"
    [before, *_others] = await suggested(folder, asked)
    apply(
        folder,
        [
            Change(
                Place(2, "2"), 4, document(4, *TITLES[4], questions=(Question("return damaged parcel", weight=-1.0),))
            )
        ],
    )
    after = {one.id: one.confidence for one in await suggested(folder, asked, least=0.0)}
    assert before.id == 4 and after[4] < before.confidence


async def test_a_long_mail_costs_no_more_than_its_beginning(folder: Path) -> None:
    found = await suggested(
        folder, "Forgotten password", "I have forgotten my password. " + "lorem ipsum dolor " * 50_000
    )
    assert found[0].id == 2


async def test_without_an_index_there_is_no_guess(tmp_path: Path) -> None:
    with pytest.raises(NoIndex):
        await suggested(tmp_path / "index", "password")
