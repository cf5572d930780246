from pathlib import Path

import pytest

from knowledge_base.common_synonyms import synonyms
from knowledge_base.documents import Change, Document, Place, Question
from knowledge_base.index import apply, read, rebuild
from knowledge_base.index_reading import NoIndex
from knowledge_base.index_storage import DAMAGED
from knowledge_base.querying import Synonyms, parts_of
from knowledge_base.search import Found, search
from knowledge_base.spelling import MOST_RESPELLED, Known
from tests.knowledge_base.articles import Shelf, document

BILL = document(
    1, "Download an invoice", "Open Billing. Every invoice & receipt has a <b>button</b>.", tags=("billing",)
)
LOGIN = document(2, "I cannot log in", "Reset your password, then log in again. The reset link lasts an hour.")
DELETE = document(3, "Delete your account", "Open settings and press Delete account. Invoices stay for ten years.")
INTERNAL = document(4, "Refund an invoice", "Only for us: ask Kestrel.", audience="agents")
PERSIAN = document(5, "بازیابی گذرواژه", "روی «فراموشی گذرواژه» بزنید تا پیوند بازیابی را دریافت کنید.", language="fa")
ALL = [BILL, LOGIN, DELETE, INTERNAL, PERSIAN]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await rebuild(tmp_path / "index", Shelf(*ALL).documents(), place=Place(1, "1"))
    return tmp_path / "index"


async def find(folder: Path, text: str, **more: object) -> Found:
    options: dict[str, object] = {"audiences": ["public"], **more}
    return await search(text, folder=folder, **options)  # pyright: ignore[reportArgumentType]


def ids(found: Found) -> list[int]:
    return [hit.id for hit in found.hits]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("downloading invoices", BILL),
        ("login", LOGIN),
        ("password reset", LOGIN),
        ("billing", BILL),
        ("بازيابي گذرواژه هاي", PERSIAN),
        ("پیوندها", PERSIAN),
    ],
)
async def test_the_right_one_comes_first(folder: Path, text: str, wanted: Document) -> None:
    assert ids(await find(folder, text))[0] == wanted.id


async def test_what_an_audience_may_not_see_is_not_found_and_not_counted(folder: Path) -> None:
    assert (await find(folder, "refund")).total == 0
    assert ids(await find(folder, "refund", audiences=["public", "agents"]))[0] == INTERNAL.id


async def test_words_in_quotation_marks_stand_together(folder: Path) -> None:
    assert ids(await find(folder, '"reset link"')) == [LOGIN.id]
    assert ids(await find(folder, '"link reset"')) == []
    assert (
        ids(await find(folder, "«پیوند بازیابی»")) == [PERSIAN.id] and ids(await find(folder, "«بازیابی پیوند»")) == []
    )
    assert ids(await find(folder, "«بازیابی پیوند» کجاست؟")) == [PERSIAN.id], "the name of something"


async def test_the_last_word_may_be_half_typed(folder: Path) -> None:
    assert ids(await find(folder, "delete acc", is_typing=True))[0] == DELETE.id
    assert ids(await find(folder, "passw", is_typing=True)) == [LOGIN.id]
    assert ids(await find(folder, "گذرو", is_typing=True)) == [PERSIAN.id]
    assert ids(await find(folder, "passw")) == []


@pytest.mark.parametrize(
    ("text", "meant"), [("delete acount", "delete account"), ("paswsord", "password"), ("گذرواه", "گذرواژه")]
)
async def test_a_slip_is_found_all_the_same_and_told(folder: Path, text: str, meant: str) -> None:
    found = await find(folder, text)
    assert found.hits and found.did_you_mean == meant
    assert (await find(folder, meant)).did_you_mean is None


async def test_nobody_learns_by_asking_what_stands_in_articles_that_are_not_theirs(folder: Path) -> None:
    for text in ("kestrl", "kestrel"):
        told = await find(folder, text)
        assert (told.total, told.did_you_mean) == (0, None)
    assert (await find(folder, "kest", is_typing=True)).total == 0
    assert (await find(folder, "kestrl", audiences=["public", "agents"])).did_you_mean == "kestrel"
    asked = document(6, "Parcels", questions=(Question("where is Esmeralda's parcel?"),))
    apply(folder, [Change(Place(2), 6, asked), Change(Place(3), 2, None)])
    for text in ("esmeralda", "esmeraldo"):
        told = await find(folder, text)
        assert (told.total, told.did_you_mean) == (0, None), "a customer's word is told to nobody"
    assert ids(await find(folder, "parcel")) == [6]
    assert (await find(folder, "paswsord")).did_you_mean is None, "its article is withdrawn"


async def test_a_query_of_many_unknown_words_and_phrases_is_bounded(folder: Path) -> None:
    known = Known(read(folder), lambda _meta: True)
    parts = parts_of(" ".join(f"invoic{letter}{letter}" for letter in "abcdfghijklmnopqr"), known, language="en")
    assert len(parts) > MOST_RESPELLED == len(known._respelled)
    assert known.respelled("invoicee") == [] and Known(read(folder), known.wanted).respelled("invoicee")[:1] == [
        "invoice"
    ]
    quoted = " ".join(['"reset link"'] * 3 + ['"link reset"'])
    assert ids(await find(folder, quoted)) == [LOGIN.id], "the fourth phrase is words"


async def test_synonyms_find_but_the_word_itself_comes_first(folder: Path) -> None:
    assert BILL.id not in ids(await find(folder, "kill"))
    given = {"en": Synonyms([["kill", "delete"], ["get into", "log in"]], "en")}
    assert ids(await find(folder, "kill", synonyms=given)) == [DELETE.id]
    assert ids(await find(folder, "cannot get into it", synonyms=given))[0] == LOGIN.id
    assert ids(await find(folder, "remove", synonyms={"en": synonyms("en")}))[0] == DELETE.id


async def test_what_is_shown_is_escaped_and_what_was_met_is_marked(folder: Path) -> None:
    [hit] = (await find(folder, "receipt button", synonyms={"en": Synonyms([], "en")})).hits
    assert "invoice &amp; <mark>receipt</mark>" in hit.snippet_html
    assert "&lt;b&gt;<mark>button</mark>&lt;/b&gt;" in hit.snippet_html
    assert "<b>button</b>" in hit.snippet and "mark" not in hit.snippet


async def test_the_reader_s_language_comes_alone_when_it_has_anything(folder: Path) -> None:
    assert ids(await find(folder, "گذرواژه", language="fa")) == [PERSIAN.id]
    assert ids(await find(folder, "password", language="fa")) == [LOGIN.id]


async def test_words_that_say_nothing_find_nothing(folder: Path) -> None:
    for text in ("", "how can I", "؟!", "a" * 10_000):
        assert (await find(folder, text)).total == 0


async def test_without_an_index_a_search_says_so(folder: Path) -> None:
    (folder / DAMAGED).touch()
    with pytest.raises(NoIndex):
        await find(folder, "invoice")


async def test_damage_met_on_the_way_says_so_and_is_noted(folder: Path) -> None:
    assert (await find(folder, "receipt")).total == 1
    for file in folder.glob("*.seg"):
        file.write_bytes(b"\xff" * file.stat().st_size)
    with pytest.raises(NoIndex):
        await find(folder, "invoice password delete")
    assert (folder / DAMAGED).exists()
