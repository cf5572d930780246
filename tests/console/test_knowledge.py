"""The knowledge base in the console: articles are written, looked at, published, compared and filed."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

from helpdesk.articles import indexing
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from knowledge_base import articles, filing
from knowledge_base.categories import Written as Category
from knowledge_base.categories import save_category
from knowledge_base.evidence import Kind, note_evidence
from tests.articles import an_article, indexed, translated
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

NewBrowser = Callable[[], Browser]
HOME = "/console/knowledge"
EDITOR = f"{HOME}/articles/1/en"
MARKDOWN = "## First\n\nOpen the *account*.\n\n1) Press **Save**\n2) Wait\n\n> [!WARNING]\n> Not twice.\n"


async def at_work(browser: NewBrowser, name: str) -> tuple[Browser, SignedIn]:
    agent = await hire(name)
    return await browser().sign_in(agent), agent


async def begin(page: Browser, title: str = "How do I pay?", **more: str) -> None:
    answer = await page.post(
        f"{HOME}/new", {"title": title, "language": "en", "category": "", "audience": "public", **more}
    )
    assert answer.status_code == 303, answer.text


async def the_version() -> str:
    [row] = await rows("SELECT version FROM kb_translation WHERE id = 1")
    return str(row["version"])


async def save(
    page: Browser, markdown: str = MARKDOWN, *, title: str = "How do I pay?", version: str = "", **more: str
):
    typed = {"title": title, "format": "markdown", "markdown": markdown, "version": version or await the_version()}
    return await page.post(EDITOR, typed | more)


async def test_an_article_is_written_looked_at_published_and_put_away(browser: NewBrowser) -> None:
    ben, _ = await at_work(browser, "ben")
    assert "No articles yet" in (await ben.get(HOME)).text
    await begin(ben)
    editor = await ben.get(EDITOR)
    assert editor.status_code == 200 and "Ask for publication" in editor.text and 'value="publish"' not in editor.text
    asked = await save(ben, does="review")
    assert asked.headers["location"] == f"{EDITOR}?said=review"
    assert (await save(ben, MARKDOWN + "\nMore.", does="publish")).status_code == 403
    mani, _ = await at_work(browser, "mani")
    assert "1 article waits to be looked at" in (await mani.get(HOME)).text
    published = await save(mani, MARKDOWN, does="publish")
    assert published.headers["location"] == f"{EDITOR}?said=published"
    assert "Readers see the newest words" in (await mani.get(EDITOR)).text
    await save(ben, MARKDOWN + "\nNot to be seen yet.")
    [there] = await rows("SELECT state, newest, published FROM kb_translation")
    assert there == {"state": "draft", "newest": 2, "published": 1}
    shown = await mani.get(f"{EDITOR}/versions/2?against=published")
    assert "<ins>Not to be seen yet.</ins>" in shown.text
    assert (await ben.post(f"{EDITOR}/state", {"to": "archived"})).status_code == 403
    await mani.post(f"{EDITOR}/state", {"to": "archived"})
    assert "In the archive" in (await mani.get(HOME, params={"stage": "archived"}, htmx=True)).text
    kinds = [row["kind"] for row in await rows("SELECT kind FROM hd_audit WHERE about_kind = 'article' ORDER BY id")]
    assert kinds == ["article_published", "article_archived"]
    assert len(await rows("SELECT FROM kb_change")) == 2


async def test_when_two_write_at_once_both_texts_are_kept(browser: NewBrowser) -> None:
    ben, _ = await at_work(browser, "ben")
    mani, _ = await at_work(browser, "mani")
    await begin(ben)
    began_with = await the_version()
    await save(ben, "By Ben.", version=began_with)
    typed = {"title": "How do I pay?", "format": "markdown", "markdown": "By Mani.", "version": began_with}
    for _again in range(2):
        beside = await mani.post(f"{EDITOR}/draft", typed)
        assert beside.status_code == 409 and beside.json()["beside"] == f"{EDITOR}/versions/2"
    late = await mani.post(EDITOR, typed)
    assert late.headers["location"] == f"{EDITOR}/versions/2?said=beside"
    both = await mani.get(f"{EDITOR}/versions/2")
    assert "Ben Weber saved this article" in both.text and "By Ben." not in (await mani.get(f"{EDITOR}?version=2")).text
    restored = await mani.post(f"{EDITOR}/versions/2/restoration", {"version": await the_version()})
    assert restored.headers["location"] == f"{EDITOR}?said=restored"
    words = await rows("SELECT number, text FROM kb_revision ORDER BY number")
    assert [row["text"] for row in words] == ["By Ben.", "By Mani.", "By Mani."]


async def test_what_is_exported_comes_in_again_as_it_was(browser: NewBrowser) -> None:
    mani, _ = await at_work(browser, "mani")
    orders = await save_category(None, Category(names={"en": "Orders"}), at=now())
    refunds = await save_category(None, Category(names={"en": "Refunds"}, parent=orders), at=now())
    article = await an_article(
        text="Look: ![a picture](/help/files/1)", category=refunds, tags=["refund"], review_on=date(2027, 3, 20)
    )
    await translated(article, "بازگرداندن سفارش", "تا ۳۰ روز.")
    await filing.add_file(article, "a.png", "image/png", b"image", is_inline=True, by=None, at=now())
    await filing.add_file(article, "label.pdf", "application/pdf", b"label", is_inline=False, by=None, at=now())
    zipped = (await mani.post(f"{HOME}/transfer/articles.zip", {})).content
    names = zipfile.ZipFile(io.BytesIO(zipped)).namelist()
    assert names == ["en/send-an-order-back.md", "fa/بازگرداندن-سفارش.md", "files/1-a.png", "files/2-label.pdf"]
    sent = {"file": ("articles.zip", zipped, "application/zip")}
    assert "As they were: 2" in (await mani.post(f"{HOME}/transfer", files=sent)).text
    await articles.delete_article(article, at=now())
    await rows("DELETE FROM kb_category WHERE parent IS NOT NULL")
    assert "New drafts: 2" in (await mani.post(f"{HOME}/transfer", files=sent)).text
    again = await articles.find_article(2)
    assert (
        sorted(again.translations) == ["en", "fa"] and again.tags == ["refund"] and again.review_on == date(2027, 3, 20)
    )
    assert again.translations["fa"].slug == "بازگرداندن-سفارش" and again.translations["en"].state == "draft"
    [words] = await rows(
        "SELECT html FROM kb_revision r JOIN kb_translation t ON t.id = r.translation WHERE t.language = 'en' AND t.article = 2"
    )
    assert words["html"] == '<p>Look: <img src="/help/files/3" alt="a picture"></p>'
    assert [(one.name, one.is_inline) for one in await filing.list_files(2)] == [("a.png", True), ("label.pdf", False)]
    broken = {"file": ("x.md", b"\xff\xfe", "text/markdown")}
    assert "This is not readable text" in (await mani.post(f"{HOME}/transfer", files=broken)).text
    damaged = {"file": ("x.md", b"---\ntitle: [broken\n---\nx", "text/markdown")}
    told = (await mani.post(f"{HOME}/transfer", files=damaged)).text
    assert "New drafts: 1" in told and "line 2" in told and "title: [broken" in told and "is not closed" in told


async def test_what_is_wrong_is_told_and_what_was_typed_stays(browser: NewBrowser) -> None:
    mani, _ = await at_work(browser, "mani")
    assert (await mani.post(f"{HOME}/new", {"title": " ", "language": "en", "audience": "public"})).status_code == 422
    await begin(mani)
    wrong = await save(mani, "Kept **words**", title=" ")
    assert (
        wrong.status_code == 422
        and "Give a title of at most 200 characters" in wrong.text
        and "Kept **words**" in wrong.text
    )
    empty = await save(mani, "", does="publish")
    assert empty.status_code == 422 and "There is nothing to read yet" in empty.text
    other = await an_article("Another one")
    settings = {
        "article_version": "1",
        "category": "",
        "audience": "signed_in",
        "tags": "a, b c",
        "slug": "pay",
        "position": "2",
        "review_on": "1405/12/29",
        "related_new": "another one",
    }
    for name, typed, told in (
        ("review_on", "tomorrow", "Write the day like"),
        ("slug", "???", "Use letters and digits"),
        ("related_new", "zebra", "There is no such article:"),
        ("position", "99999", "Give a number"),
        ("slug", "another-one", "Another article has this address"),
    ):
        refused = await mani.post(f"{EDITOR}/settings", settings | {name: typed})
        assert refused.status_code == 422 and told in refused.text and 'value="a, b c"' in refused.text, name
    assert (await mani.post(f"{EDITOR}/settings", settings)).status_code == 303
    found = await articles.find_article(1)
    assert (found.audience, found.tags, found.review_on, found.related) == (
        "signed_in",
        ["a", "b-c"],
        date(2027, 3, 20),
        [other],
    )
    late = await mani.post(f"{EDITOR}/settings", settings | {"tags": "late"})
    assert late.status_code == 409 and "Somebody else changed this meanwhile" in late.text
    assert (
        "Another one"
        in (
            await mani.get(
                HOME, params={"q": "ANOTHER", "stage": "published", "language": "en", "category": "none"}, htmx=True
            )
        ).text
    )
    assert "No such article" in (await mani.get(HOME, params={"due": "1"}, htmx=True)).text


async def test_what_led_to_an_article_is_shown_as_far_as_one_sees_it_and_can_be_taken_away(browser: NewBrowser) -> None:
    ben, _ = await at_work(browser, "ben")
    lia, _ = await at_work(browser, "lia")
    await an_article()
    seen = await a_ticket("Shoes", text="They do not fit.")
    team = await make_team("Private", is_private=True)
    hidden = await a_ticket("Secret", text="Nobody knows.", team=team.id)
    for ticket in (seen, hidden):
        await note_evidence(Kind.SOLVED, article=1, language="en", text=f"{ticket.subject} {ticket.number}", ticket=ticket.id, customer=None, at=now())  # fmt: skip
    await note_evidence(Kind.HELPFUL, article=1, language="en", text="Typed and not sent", ticket=None, customer=None, at=now())  # fmt: skip
    mani, _ = await at_work(browser, "mani")
    assert "Typed and not sent" in (await mani.get(EDITOR)).text
    page = (await ben.get(EDITOR)).text
    assert "Typed and not sent" not in page and (await ben.post(f"{EDITOR}/questions/3/removal")).status_code == 404
    assert "Shoes 1001" in page and "Secret" not in page and f"{EDITOR}/questions/1/removal" in page
    assert (await ben.post(f"{EDITOR}/questions/2/removal")).status_code == 404
    assert (await lia.post(f"{EDITOR}/questions/1/removal")).status_code == 403
    assert (await ben.post(f"{EDITOR}/questions/1/removal")).status_code == 303
    assert "Shoes 1001" not in (await ben.get(EDITOR)).text
    await note_evidence(
        Kind.SOLVED, article=1, language="en", text="Shoes again", ticket=seen.id, customer=None, at=now()
    )
    assert "Shoes again" not in (await ben.get(EDITOR)).text, "what was taken away is not learned again"
    assert {"kind": "article_unlearned"} in await rows("SELECT kind FROM hd_audit")


async def test_the_list_is_searched_by_titles_and_by_what_articles_say(browser: NewBrowser) -> None:
    ben, _ = await at_work(browser, "ben")
    await an_article("Send an order back", "The courier fetches parcels.")
    await an_article("Ideas", "A courier again.", is_published=False)
    await indexed()
    found = {
        q: {title for title in ("Send an order back", "Ideas") if title in (await ben.get(HOME, params={"q": q}, htmx=True)).text}
        for q in ("couriers", "parc", "idea", "zebra")
    }  # fmt: skip
    assert found == {
        "couriers": {"Send an order back"},
        "parc": {"Send an order back"},
        "idea": {"Ideas"},
        "zebra": set(),
    }
    await an_article("Couriers of ours", "A number.")
    await an_article("Orders", "By courier.")
    await indexed()
    shown = (await ben.get(HOME, params={"q": "courier"}, htmx=True)).text
    assert shown.index("Couriers of ours") < shown.index("Orders"), "what fits best comes first"
    indexing.forget()
    assert "Send an order back" in (await ben.get(HOME, params={"q": "order"}, htmx=True)).text
