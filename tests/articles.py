"""Articles for tests, in one line."""

from typing import Any

from helpdesk.articles import indexing
from helpdesk.kernel.time import now
from knowledge_base import publishing, writing
from knowledge_base.articles import Common
from knowledge_base.markdown import to_html
from knowledge_base.writing import Words


async def an_article(
    title: str = "Send an order back", text: str = "Within **30 days**.", *, language: str = "en", is_published: bool = True, **common: Any
) -> int:  # fmt: skip
    """Its id."""
    words = Words(title=title, html=to_html(text))
    article = await writing.begin_article(words, language=language, common=Common(**common), by=None, at=now())
    if is_published:
        await publishing.publish(article, language, at=now())
    return article


async def translated(article: int, title: str, text: str, *, language: str = "fa") -> None:
    """Published in one more language."""
    words = Words(title=title, html=to_html(text))
    await writing.begin_translation(article, words, language=language, by=None, at=now())
    await publishing.publish(article, language, at=now())


async def indexed() -> None:
    """The index has what there is, and nothing of other tests."""
    indexing.forget()
    await indexing.keep_up()
