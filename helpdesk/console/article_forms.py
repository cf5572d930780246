"""What was typed on an article's page, as the knowledge base takes it, and as it is shown again."""

from typing import Any

from helpdesk.console.forms import Form
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.typed_days import read_day, typed_day
from knowledge_base import markdown
from knowledge_base.articles import Article, Common, Translation, find_named
from knowledge_base.aside import aside
from knowledge_base.cleaning import Cleaned, cleaned, with_its_images
from knowledge_base.revisions import Revision, find_revision
from knowledge_base.writing import Words

LINES = ("category", "audience", "tags", "slug", "position", "review_on", "related_new")


async def read_words(form: Form) -> Words:
    """As they are saved, which makes them safe. Raises Invalid at `html`."""
    html = form.text("html") if _is_html(form) else await read_html(form)
    return Words(title=form.line("title"), html=html, note=form.line("note"))


async def read_html(form: Form) -> str:
    """Safe. The editor sends HTML and says so; without it the Markdown is what counts. Raises Invalid at `html`, also for images
    that are not ours."""
    return with_its_images(await _read(form))


async def read_markdown(form: Form) -> str:
    """The same as Markdown, whatever is wrong with it."""
    return form.text("markdown") if not _is_html(form) else await aside(markdown.from_html, await _readable(form, ""))


async def typed_words(there: Translation, form: Form) -> Revision:
    """What was sent, as far as it can be shown again, over the newest revision."""
    before = await find_revision(there.id, there.newest)
    return Revision(
        number=before.number, title=form.line("title"), html=await _readable(form, before.html), author=before.author, note=form.line("note"),
        based_on=None, begun_at=before.begun_at, saved_at=before.saved_at,
    )  # fmt: skip


async def _readable(form: Form, otherwise: str) -> str:
    try:
        return (await _read(form)).html
    except Invalid:
        return otherwise


async def _read(form: Form) -> Cleaned:
    if _is_html(form):
        return await aside(cleaned, form.text("html"))
    return await aside(markdown.read, form.text("markdown"))


def _is_html(form: Form) -> bool:
    return form.line("format") == "html"


async def read_common(form: Form) -> Common:
    """Raises Invalid at the field."""
    day, added = form.line("review_on"), form.line("related_new")
    try:
        review_on = read_day(day) if day else None
    except ValueError as error:
        raise Invalid(review_on=_("Write the day like 2026-12-24 or 1405-10-03.")) from error
    related = form.wholes("related")
    if added:
        related.append(await find_named(added))
    return Common(
        category=form.whole("category"), audience=form.line("audience"), tags=form.text("tags").replace("،", ",").split(","),
        position=form.whole("position") or 0, review_on=review_on, related=related,
    )  # fmt: skip


def settings_of(article: Article, there: Translation) -> dict[str, Any]:
    """As the fields show them."""
    return {
        "category": str(article.category or ""), "audience": article.audience, "tags": _(", ").join(article.tags), "slug": there.slug,
        "position": str(article.position), "review_on": typed_day(article.review_on) if article.review_on else "", "related": article.related,
        "related_new": "",
    }  # fmt: skip


def typed_settings(form: Form) -> dict[str, Any]:
    return {name: form.line(name) for name in LINES} | {"related": form.wholes("related")}
