"""The page of an article in one language: its text to be written on, and beside it what else belongs to it."""

from datetime import date, timedelta
from typing import Any

import msgspec
from litestar.response import Template

from helpdesk.articles.learned import questions_that_led
from helpdesk.console.article_forms import settings_of
from helpdesk.console.article_usage import FIGURES
from helpdesk.console.article_words import LED, SAID, audience_choices, category_choices
from helpdesk.console.forms import new_once
from helpdesk.console.knowledge import words
from helpdesk.console.rendering import frame, render
from helpdesk.kernel.language import reader
from helpdesk.kernel.time import now
from helpdesk.kernel.typed_days import typed_day
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from knowledge_base import markdown
from knowledge_base.articles import Article, Translation, tags_in_use, titles_of
from knowledge_base.aside import aside
from knowledge_base.categories import list_categories
from knowledge_base.feedback import comments_of, votes_of
from knowledge_base.figures import used_one
from knowledge_base.filing import LARGEST, list_files, list_idle_images
from knowledge_base.revisions import Revision, find_revision, latest_beside

MOST_COMMENTS, MOST_QUESTIONS = 50, 10
USED_DAYS = (28, 90)
RECENTLY = timedelta(minutes=10)
"""So long after somebody else has saved they are taken to be writing still."""


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken: it is shown again, with what is wrong of it by field. None is what there is."""

    errors: dict[str, str]
    words: Revision | None = None
    version: int | None = None
    """The one that the words were written over."""
    remark: str = ""
    settings: dict[str, Any] | None = None


async def editor(
    agent: SignedIn, article: Article, there: Translation, *, version: int | None = None, said: str = "", again: Typed | None = None, status: int = 200
) -> Template:  # fmt: skip
    """With the newest words, those of another `version`, or those that are shown `again`. Raises NotFound."""
    again = again or Typed(errors={})
    shown = again.words or await find_revision(there.id, version or there.newest)
    return render(
        "knowledge/article.html", status=status, **await frame(agent), article=article, there=there, said=SAID.get(said, ""), errors=again.errors,
        people=await directory(), **words(), **await _of_text(agent, there, shown, again),
        **await _of_settings(article, again.settings or settings_of(article, there)), **await _of_readers(there),
        used=await used_one(article.id, there.language, there.id, days=USED_DAYS, at=now()), used_days=USED_DAYS, figures=FIGURES,
        questions=await questions_that_led(there, seen_by=agent, at=now(), most=MOST_QUESTIONS), led_words=LED,
    )  # fmt: skip


async def beginning(
    agent: SignedIn, article: Article, language: str, *, title: str = "", errors: dict[str, str] | None = None
) -> Template:
    """Of a language that the article does not have yet."""
    return render(
        "knowledge/translation.html", status=422 if errors else 200, **await frame(agent), article=article, language=language, title=title,
        errors=errors or {}, **words(),
    )  # fmt: skip


async def _of_text(agent: SignedIn, there: Translation, shown: Revision, again: Typed) -> dict[str, Any]:
    """`sitting` is this page's own: what is saved from it goes into one revision."""
    return {
        "shown": shown, "source": await aside(markdown.from_html, shown.html), "version": again.version or there.version, "sitting": new_once(),
        "is_unsaved": again.words is not None, "remark": again.remark, "beside": await latest_beside(there.id, agent.id or 0), "recently": RECENTLY, "largest_file": LARGEST,
    }  # fmt: skip


async def _of_settings(article: Article, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "settings": settings, "choices": category_choices(await list_categories(), reader().language), "audience_choices": audience_choices(),
        "related": await titles_of(settings["related"]), "tags": await tags_in_use(), "files": await list_files(article.id),
        "idle_images": await list_idle_images(article.id),
        "example_day": f"\u2066{typed_day(date(2027, 3, 20))}\u2069",
    }  # fmt: skip


async def _of_readers(there: Translation) -> dict[str, Any]:
    return {"votes": await votes_of(there.id), "comments": await comments_of(there.id, most=MOST_COMMENTS)}
