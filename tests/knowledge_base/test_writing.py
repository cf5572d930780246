"""Writing articles: no words are written over, whoever writes by whatever way, and nobody waits for another in a circle."""

import asyncio
import io
from contextvars import Context
from datetime import date, timedelta

import pytest

from helpdesk.articles import changing
from helpdesk.articles.seeing import EVERYBODY
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from knowledge_base import articles, importing, publishing, reading, revisions, writing
from knowledge_base.articles import Asked, Common
from knowledge_base.categories import Written, delete_category, save_category
from knowledge_base.writing import Saved, Words
from tests.articles import an_article
from tests.cast import hire

pytestmark = pytest.mark.usefixtures("database")


async def begun(by: SignedIn, text: str = "Begun.") -> int:
    return await writing.begin_article(Words(title="Pay", html=f"<p>{text}</p>"), language="en", by=by.id, at=now())


async def save(article: int, text: str, *, version: int | None, sitting: str = "", by: SignedIn, title: str = "Pay") -> Saved:  # fmt: skip
    words = Words(title=title, html=f"<p>{text}</p>")
    return await changing.save(article, "en", words, version=version, sitting=sitting, by=by, at=now())


async def texts() -> list[str]:
    return [row["text"] for row in await rows("SELECT text FROM kb_revision ORDER BY number")]


async def test_only_the_sitting_that_began_a_revision_writes_on_it() -> None:
    ben = await hire("ben")
    article = await begun(ben)
    first = await save(article, "Twenty", version=1, sitting="a", by=ben)
    on = await save(article, "Twenty minutes of words.", version=first.version, sitting="a", by=ben)
    assert await texts() == ["Begun.", "Twenty minutes of words."] and on.number == 2
    lost = await save(article, "Twenty minutes of many words.", version=first.version, sitting="a", by=ben)
    assert (lost.number, lost.is_beside) == (2, False), "the answer to the one before never came"
    await changing.restore(article, "en", 1, version=lost.version, note="", by=ben, at=now())
    opened = await save(article, "Begun, opened.", version=lost.version + 1, sitting="b", by=ben)
    await save(article, "By a token.", version=opened.version, by=ben)
    await save(article, "By a token, twice.", version=None, by=ben)
    kept = ["Begun.", "Twenty minutes of many words.", "Begun.", "Begun, opened.", "By a token.", "By a token, twice."]
    assert await texts() == kept
    sent = io.BytesIO(b"# Pay\n\nBy a file.")
    await importing.import_files("pay.md", sent, clean_name=lambda name, _type: name, by=ben.id, at=now())
    assert await texts() == [*kept, "By a file."]


async def test_words_beside_the_line_are_of_one_tab_alone() -> None:
    ben, mani = await hire("ben"), await hire("mani")
    article = await begun(ben)
    await save(article, "By Mani.", version=1, sitting="m", by=mani)
    first = await save(article, "One tab.", version=1, sitting="a", by=ben)
    other = await save(article, "Another tab.", version=1, sitting="b", by=ben)
    on = await save(article, "One tab, more.", version=1, sitting="a", by=ben)
    assert first.is_beside and (first.number, other.number, on.number) == (3, 4, 3)
    assert (await save(article, "One tab, more.", version=1, by=ben)).number == 3, "the same words stand there once"
    assert await texts() == ["Begun.", "By Mani.", "One tab, more.", "Another tab."]


async def test_what_is_read_changes_by_who_publishes_and_as_it_was_looked_at() -> None:
    ben, mani = await hire("ben"), await hire("mani")
    article = await begun(ben)
    looked_at = await articles.find_article(article)
    wider = Common(audience="public", tags=["کتاب‌ها"])
    await changing.change_common(article, wider, version=None, by=ben, at=now())
    with pytest.raises(Invalid) as error:
        await changing.publish(article, "en", version=1, article_version=looked_at.version, by=mani, at=now())
    assert "article_version" in error.value.fields
    await changing.publish(article, "en", version=1, article_version=looked_at.version + 1, by=mani, at=now())
    await changing.change_common(article, Common(tags=["کتاب‌ها"], review_on=date(2027, 1, 1)), version=None, by=ben, at=now())  # fmt: skip
    for common in (Common(audience="agents", tags=["کتاب‌ها"]), Common(position=3, tags=["کتاب‌ها"]), Common()):
        with pytest.raises(Refused):
            await changing.change_common(article, common, version=None, by=ben, at=now())
    with pytest.raises(Refused):
        await changing.change_slug(article, "en", "elsewhere", by=ben, at=now())
    assert (await articles.find_article(article)).review_on == date(2027, 1, 1)
    await an_article("Other", tags=["كتاب ها", "x"])
    assert await articles.tags_in_use() == ["x", "کتاب‌ها"], "one tag, from whatever keyboard"


async def test_readers_and_light_agents_know_the_published_title_alone() -> None:
    ben = await hire("ben")
    for title in ("B", "C", "A"):
        await an_article(title)
    await save(1, "New.", version=None, by=ben, title="Zebra")
    listed = await reading.list_in_category(None, language="en", audiences=EVERYBODY, most=9)
    assert [(one.title, one.key) for one in listed] == [("A", "a"), ("B", "b"), ("C", "c")]
    after = (listed[1].position, listed[1].key, listed[1].translation)
    [last] = await reading.list_in_category(None, language="en", audiences=EVERYBODY, most=9, after=after)
    assert last.title == "C"
    assert [one.title for one in await articles.list_articles(Asked(q="zebra"), most=9)] == ["Zebra"]
    assert await articles.list_articles(Asked(q="zebra", audiences=EVERYBODY), most=9) == []
    for found in (await articles.list_articles(Asked(q="b", audiences=EVERYBODY), most=9), await articles.page_of_articles(Asked(q="b", audiences=EVERYBODY), most=9)):  # fmt: skip
        assert [one.title for one in found] == ["B"]


async def test_related_articles_may_be_more_than_one_can_name_when_others_name_it() -> None:
    first = await an_article("First")
    for number in range(21):
        await an_article(f"Other {number}", related=[first])
    found = await articles.find_article(first)
    assert len(found.related) == 21
    changed = await articles.change_article(first, Common(related=found.related, tags=["x"]), version=None, at=now())
    assert changed.tags == ["x"]
    more = [*found.related, await an_article("One more")]
    with pytest.raises(Invalid):
        await articles.change_article(first, Common(related=more), version=None, at=now())


WAITING = """SELECT FROM pg_locks w WHERE NOT w.granted AND EXISTS (
    SELECT FROM pg_locks o JOIN pg_database d ON d.oid = o.database WHERE o.pid = w.pid AND d.datname = current_database())"""


async def test_two_who_change_one_article_at_once_never_wait_in_a_circle() -> None:
    mani = await hire("mani")
    one, other = await an_article("One"), await an_article("Other", "Look.")
    drawer = await save_category(None, Written(names={"en": "C"}), at=now())

    async def published() -> None:
        await save(one, "New words.", version=None, by=mani)
        await changing.publish(one, "en", by=mani, at=now())

    async def related() -> None:
        await changing.change_common(other, Common(related=[one]), version=None, by=mani, at=now())

    for turn, verb in enumerate((
        published, related, lambda: changing.archive(one, "en", by=mani, at=now()), lambda: changing.bring_back(one, "en", by=mani, at=now()),
        lambda: delete_category(drawer, at=now()), lambda: changing.delete_article(one, by=mani, at=now()),
    )):  # fmt: skip
        async with transaction():
            kept = Common(tags=[f"t{turn}"], related=[other], category=drawer if turn < 5 else None)
            await changing.change_common(one, kept, version=None, by=mani, at=now())
            second = asyncio.create_task(verb(), context=Context())
            while not await rows(WAITING):
                await asyncio.sleep(0)
            await changing.change_slug(one, "en", f"one-{turn}", by=mani, at=now())
        await second
    assert [one.id for one in await articles.page_of_articles(Asked(), most=9)] == [other]


async def test_a_remark_goes_with_the_article_to_who_publishes_and_back() -> None:
    ben, mani = await hire("ben"), await hire("mani")
    article = await begun(ben)
    await changing.ask_for_review(article, "en", remark=" Prices are of May. ", by=ben, at=now())
    there = await articles.find_translation(article, "en")
    assert (there.state, there.remark, there.remark_by) == ("review", "Prices are of May.", ben.id)
    await changing.back_to_draft(article, "en", remark="Take June.", by=mani, at=now())
    await save(article, "June.", version=None, by=ben)
    there = await articles.find_translation(article, "en")
    assert (there.state, there.remark, there.remark_by) == ("draft", "Take June.", mani.id)
    with pytest.raises(Invalid):
        await changing.ask_for_review(article, "en", remark="x" * 1001, by=ben, at=now())
    await changing.publish(article, "en", by=mani, at=now() + timedelta(minutes=1))
    assert (await articles.find_translation(article, "en")).remark == ""
    assert (await publishing.archive(article, "en", at=now())) is True
    assert [one.number for one in await revisions.list_revisions(1, most=9)] == [2, 1]
