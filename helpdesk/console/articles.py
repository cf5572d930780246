"""An article in one language: its editor with what is common to all languages beside it, and what becomes of its words."""

from datetime import date, timedelta
from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.articles import changing
from helpdesk.articles.changing import WRITE
from helpdesk.articles.seeing import find_article, find_translation
from helpdesk.console.article_words import SAID, audience_choices, category_choices
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.knowledge import path_of, today, words
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Conflict, Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _, moment, reader
from helpdesk.kernel.time import now
from helpdesk.kernel.typed_days import read_day, typed_day
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from knowledge_base import markdown
from knowledge_base.articles import Article, Common, Translation, find_named, tags_in_use, titles_of
from knowledge_base.categories import list_categories
from knowledge_base.cleaning import clean
from knowledge_base.feedback import comments_of, votes_of
from knowledge_base.filing import LARGEST, list_files
from knowledge_base.revisions import Revision, find_revision, latest_beside
from knowledge_base.words import presented
from knowledge_base.writing import Saved, Words

LARGEST_SAVE = 4 * 1024 * 1024
MOST_COMMENTS = 50
DONE = {"publish": "published", "review": "review"}
RECENTLY = timedelta(minutes=10)
"""So long after somebody else has saved they are taken to be writing still."""


class ArticlesController(Controller):
    path = "/console/knowledge/articles/{article_id:int}"

    @get("/{language:str}")
    async def edit(self, agent: Me, article_id: Id, language: Name, said: Text = "", version: Text = "") -> Template:
        """The newest words, or those of another `version`, to be written on; a language without a translation is begun here."""
        demand(agent, WRITE)
        article = await find_article(article_id, seen_by=agent)
        if language not in LANGUAGES:
            raise NotFound(_("There is nothing here."))
        there = article.translations.get(language)
        if there is None:
            return await _begin(agent, article, language, {"title": ""})
        number = int(version) if version.isdecimal() and len(version) < 10 else there.newest
        shown = await find_revision(there.id, number)
        return await _editor(agent, article, there, shown, said=said)

    @post("/{language:str}", status_code=200, request_max_body_size=LARGEST_SAVE)
    async def save(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response:
        """Save the words, then do what the button says: `review`, `publish`, or nothing more."""
        demand(agent, WRITE)
        article, there = await find_translation(article_id, language, seen_by=agent)
        at, does = now(), form.line("does")
        try:
            words = read_words(form)
            async with transaction():
                saved = await changing.save(article_id, language, words, version=form.whole("version"), by=agent, at=at)
                if does == "publish" and not saved.is_beside:
                    await changing.publish(article_id, language, version=saved.version, by=agent, at=at)
                elif does == "review" and not saved.is_beside:
                    await changing.ask_for_review(article_id, language, by=agent, at=at)
        except Invalid as error:
            shown = await _typed(there, form)
            return await _editor(agent, article, there, shown, errors=error.fields, status=422)
        if saved.is_beside:
            return see_other(f"{path_of(there)}/versions/{saved.number}?said=beside")
        return see_other(f"{path_of(there)}?said={DONE.get(does, 'saved')}")

    @post("/{language:str}/draft", status_code=200, request_max_body_size=LARGEST_SAVE)
    async def autosave(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response[dict[str, Any]]:
        """Save what is typed so far; the answer says by which version to save next, or where the words stand beside others'."""
        _article, there = await find_translation(article_id, language, seen_by=agent)
        at = now()
        saved = await changing.save(
            article_id, language, read_words(form), version=form.whole("version"), by=agent, at=at
        )
        return Response(_told(there, saved) | {"at": moment(at, "time")}, status_code=409 if saved.is_beside else 200)

    @post("/{language:str}/beginning", status_code=200)
    async def begin(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response:
        """A draft in a further language, with the words of another one to be translated when asked for."""
        demand(agent, WRITE)
        article = await find_article(article_id, seen_by=agent)
        of = article.translations.get(form.line("of"))
        html = (await find_revision(of.id, of.newest)).html if of else ""
        typed = {"title": form.line("title")}
        try:
            drafted = Words(title=typed["title"], html=html)
            await changing.begin_translation(article_id, drafted, language=language, by=agent, at=now())
        except Invalid as error:
            return await _begin(agent, article, language, typed, errors=error.fields, status=422)
        return see_other(f"/console/knowledge/articles/{article_id}/{language}?said=begun")

    @post("/{language:str}/state", status_code=200)
    async def set_state(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response:
        """Without touching the words: `draft`, `archived`, or `back` from the archive."""
        demand(agent, WRITE)
        _article, there = await find_translation(article_id, language, seen_by=agent)
        to = form.line("to")
        verbs = {"draft": changing.back_to_draft, "archived": changing.archive, "back": changing.bring_back}
        if to not in verbs:
            raise Invalid(to=_("Choose one of the list."))
        await verbs[to](article_id, language, by=agent, at=now())
        return see_other(f"{path_of(there)}?said={to}")

    @post("/{language:str}/settings", status_code=200)
    async def change(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response:
        """What is common to all languages, and this one's address."""
        article, there = await find_translation(article_id, language, seen_by=agent)
        try:
            common, at = await _read_common(form), now()
            async with transaction():
                await changing.change_common(article_id, common, version=form.whole("article_version"), by=agent, at=at)
                if form.line("slug") != there.slug:
                    await changing.change_slug(article_id, language, form.line("slug"), by=agent, at=at)
        except Conflict:
            fault = {"settings": _("Somebody else changed this meanwhile. Here is how it is now.")}
            return await _editor(
                agent, await find_article(article_id, seen_by=agent), there, None, errors=fault, status=409
            )
        except Invalid as error:
            return await _editor(
                agent, article, there, None, errors=error.fields, settings=_typed_settings(form), status=422
            )
        return see_other(f"{path_of(there)}?said=settings")

    @post("/{language:str}/deletion", status_code=200)
    async def delete(self, agent: Me, article_id: Id, language: Name) -> Response:
        """The article in all languages, for good."""
        await changing.delete_article(article_id, by=agent, at=now())
        return see_other("/console/knowledge?said=deleted")


@post("/console/knowledge/conversion", status_code=200, request_max_body_size=LARGEST_SAVE)
async def convert(agent: Me, form: Typed) -> Response[dict[str, str]]:
    """What is typed as both: clean HTML and Markdown, and the HTML as readers see it. Nothing is saved."""
    demand(agent, WRITE)
    html = _html_of(form)
    return Response({"html": html, "markdown": markdown.from_html(html), "shown": presented(html).html})


def read_words(form: Form) -> Words:
    """Raises Invalid at `html`."""
    return Words(title=form.line("title"), html=_html_of(form), note=form.line("note"))


def _html_of(form: Form) -> str:
    """The editor sends HTML and says so; without it the Markdown is what counts."""
    return clean(form.text("html")) if form.line("format") == "html" else markdown.to_html(form.text("markdown"))


def _told(there: Translation, saved: Saved) -> dict[str, Any]:
    beside = f"{path_of(there)}/versions/{saved.number}" if saved.is_beside else ""
    return {"version": saved.version, "beside": beside}


async def _typed(there: Translation, form: Form) -> Revision:
    """What was sent, as far as it can be shown again, over the newest revision."""
    before = await find_revision(there.id, there.newest)
    try:
        html = _html_of(form)
    except Invalid:
        html = before.html
    return Revision(
        number=before.number, title=form.line("title"), html=html, author=before.author, note=form.line("note"), based_on=None,
        begun_at=before.begun_at, saved_at=before.saved_at,
    )  # fmt: skip


async def _read_common(form: Form) -> Common:
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


def _settings_of(article: Article, there: Translation) -> dict[str, Any]:
    return {
        "category": str(article.category or ""), "audience": article.audience, "tags": _(", ").join(article.tags), "slug": there.slug,
        "position": str(article.position), "review_on": typed_day(article.review_on) if article.review_on else "", "related": article.related,
        "related_new": "",
    }  # fmt: skip


def _typed_settings(form: Form) -> dict[str, Any]:
    lines = ("category", "audience", "tags", "slug", "position", "review_on", "related_new")
    return {name: form.line(name) for name in lines} | {"related": form.wholes("related")}


async def _begin(
    agent: SignedIn, article: Article, language: str, typed: dict[str, str], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:  # fmt: skip
    return render(
        "knowledge/translation.html", status=status, **await frame(agent), article=article, language=language, typed=typed, errors=errors or {}, **words()
    )  # fmt: skip


async def _editor(
    agent: SignedIn, article: Article, there: Translation, shown: Revision | None, *, said: str = "", errors: dict[str, str] | None = None,
    settings: dict[str, Any] | None = None, status: int = 200,
) -> Template:  # fmt: skip
    shown = shown or await find_revision(there.id, there.newest)
    settings = settings or _settings_of(article, there)
    categories = await list_categories()
    return render(
        "knowledge/article.html", status=status, **await frame(agent), article=article, there=there, shown=shown, said=SAID.get(said, ""),
        errors=errors or {}, settings=settings, source=markdown.from_html(shown.html), people=await directory(), today=today(),
        choices=category_choices(categories, reader().language), audience_choices=audience_choices(), files=await list_files(article.id),
        related=await titles_of(settings["related"]), tags=await tags_in_use(), votes=await votes_of(there.id),
        comments=await comments_of(there.id, most=MOST_COMMENTS), largest_file=LARGEST, recently=RECENTLY, example_day=f"\u2066{typed_day(date(2027, 3, 20))}\u2069", beside=await latest_beside(there.id, agent.id or 0), **words(),
    )  # fmt: skip
