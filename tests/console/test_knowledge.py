"""The knowledge base in the console: articles are written, looked at, published, compared and filed."""

from collections.abc import Callable

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from tests.cast import hire
from tests.console.browsing import Browser

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
    assert there == {"state": "draft", "newest": 4, "published": 3}
    shown = await mani.get(f"{EDITOR}/versions/4?against=published")
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
