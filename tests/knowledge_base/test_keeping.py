"""What texts hold stays theirs, and safe: images that came from another article, words that an older cleaner let through."""

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from knowledge_base import filing, writing
from knowledge_base.cleaning import CLEANER
from knowledge_base.cleaning_again import clean_outdated
from knowledge_base.writing import Words
from tests.articles import an_article


async def _image(article: int, content: bytes = b"GIF89a") -> filing.File:
    return await filing.add_file(article, "a.gif", "image/gif", content, is_inline=True, by=None, at=now())


async def test_images_of_another_article_become_files_of_the_one_that_shows_them(database: None) -> None:
    theirs, ours = await an_article("Theirs"), await an_article("Ours")
    image, own = await _image(theirs), await _image(ours, b"GIF89a, another")
    shown = f'<p><img src="{image.path}" alt="x"> <img src="{image.path}"> <img src="{own.path}"></p>'
    for _again in range(2):
        await writing.save(ours, "en", Words(title="Ours", html=shown), version=None, by=None, at=now())
    kept = await filing.list_files(ours)
    assert [one.blob for one in kept] == [own.blob, image.blob]
    [row] = await rows("SELECT html FROM kb_revision WHERE html LIKE '%alt=\"x\"%'")
    assert row["html"] == shown.replace(image.path, kept[1].path)


async def test_what_an_older_cleaner_let_through_is_cleaned_again_and_found_anew(database: None) -> None:
    await an_article()
    before = await rows("SELECT id FROM kb_change")
    await rows("UPDATE kb_revision SET html = '<p onclick=\"x\">Now <b>bold</b></p>', text = '', cleaner = 1")
    assert await clean_outdated(at=now()) == 1 and await clean_outdated(at=now()) == 0
    [row] = await rows("SELECT html, text, cleaner FROM kb_revision")
    assert row == {"html": "<p>Now <strong>bold</strong></p>", "text": "Now bold", "cleaner": CLEANER}
    assert len(await rows("SELECT id FROM kb_change")) == len(before) + 1


async def test_images_that_no_text_shows_are_known(database: None) -> None:
    article = await an_article()
    shown, idle = await _image(article), await _image(article, b"GIF89a, idle")
    words = Words(title="Ours", html=f'<p>a <img src="{shown.path}"></p>')
    await writing.save(article, "en", words, version=None, by=None, at=now())
    assert [one.id for one in await filing.list_idle_images(article)] == [idle.id]
