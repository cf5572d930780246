"""An article in one language: its words are saved, and what becomes of them is said; what all languages share is changed."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.articles import changing
from helpdesk.articles.changing import PUBLISH, WRITE
from helpdesk.articles.seeing import find_article, find_translation
from helpdesk.console.article_editor import Typed as Again
from helpdesk.console.article_editor import beginning, editor
from helpdesk.console.article_forms import (
    read_common,
    read_html,
    read_markdown,
    read_words,
    typed_settings,
    typed_words,
)
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.knowledge import new_article, path_of
from helpdesk.console.rendering import see_other
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Conflict, Invalid, NotFound, Refused
from helpdesk.kernel.language import LANGUAGES, _, moment
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may
from knowledge_base import markdown
from knowledge_base.articles import Article, Common, Translation
from knowledge_base.aside import aside
from knowledge_base.revisions import find_revision
from knowledge_base.words import presented
from knowledge_base.writing import Saved, Words

LARGEST_SAVE = 4 * 1024 * 1024
DONE = {"publish": "published", "review": "review"}


class ArticlesController(Controller):
    path = "/console/knowledge/articles/{article_id:int}"

    @get("/{language:str}")
    async def edit(self, agent: Me, article_id: Id, language: Name, said: Text = "", version: Text = "") -> Template:
        """The newest words, or those of another `version`, to be written on; a language without a translation is begun here."""
        article = await _spoken(agent, article_id, language)
        there = article.translations.get(language)
        if there is None:
            return await beginning(agent, article, language)
        number = int(version) if version.isdecimal() and len(version) < 10 else None
        return await editor(agent, article, there, version=number, said=said)

    @post("/{language:str}", status_code=200, request_max_body_size=LARGEST_SAVE)
    async def save(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response | Template:
        """Save the words, then do what the button says: `review`, `publish`, or nothing more. What cannot be taken is shown again."""
        demand(agent, WRITE)
        try:
            _article, there = await find_translation(article_id, language, seen_by=agent)
            saved = await _save(there, form, by=agent)
        except Invalid as error:
            return await _again(agent, article_id, language, form, error.fields, status=422)
        except Refused as error:
            return await _again(agent, article_id, language, form, {"refused": str(error)}, status=403)
        except NotFound:
            if language not in LANGUAGES:
                raise
            return await _elsewhere(agent, language, form)
        if saved.is_beside:
            return see_other(f"{path_of(there)}/versions/{saved.number}?said=beside")
        return see_other(f"{path_of(there)}?said={DONE.get(form.line('does'), 'saved')}")

    @post("/{language:str}/draft", status_code=200, request_max_body_size=LARGEST_SAVE)
    async def autosave(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response[dict[str, Any]]:
        """Save what is typed so far; the answer says by which version to save next, or where the words stand beside others'."""
        _article, there = await find_translation(article_id, language, seen_by=agent)
        at = now()
        saved = await changing.save(
            article_id, language, await read_words(form), version=form.whole("version"), sitting=form.line("sitting"), by=agent, at=at
        )  # fmt: skip
        return Response(_told(there, saved) | {"at": moment(at, "time")}, status_code=409 if saved.is_beside else 200)

    @post("/{language:str}/beginning", status_code=200)
    async def begin(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response:
        """A draft in a further language, with the words of another one to be translated when asked for."""
        article = await _spoken(agent, article_id, language)
        of, title = article.translations.get(form.line("of")), form.line("title")
        html = (await find_revision(of.id, of.newest)).html if of else ""
        try:
            drafted = Words(title=title, html=html)
            await changing.begin_translation(article_id, drafted, language=language, by=agent, at=now())
        except Invalid as error:
            return await beginning(agent, article, language, title=title, errors=error.fields)
        return see_other(f"/console/knowledge/articles/{article_id}/{language}?said=begun")

    @post("/{language:str}/state", status_code=200)
    async def set_state(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response:
        """Without touching the words: `draft`, with a remark perhaps, `archived`, or `back` from the archive."""
        demand(agent, WRITE)
        _article, there = await find_translation(article_id, language, seen_by=agent)
        match to := form.line("to"):
            case "draft":
                await changing.back_to_draft(article_id, language, remark=form.text("remark"), by=agent, at=now())
            case "archived":
                await changing.archive(article_id, language, by=agent, at=now())
            case "back":
                await changing.bring_back(article_id, language, by=agent, at=now())
            case _:
                raise Invalid(to=_("Choose one of the list."))
        return see_other(f"{path_of(there)}?said={to}")

    @post("/{language:str}/settings", status_code=200)
    async def change(self, agent: Me, article_id: Id, language: Name, form: Typed) -> Response | Template:
        """What is common to all languages, and this one's address."""
        article, there = await find_translation(article_id, language, seen_by=agent)
        try:
            common, at = _within_reach(agent, article, await read_common(form)), now()
            async with transaction():
                await changing.change_common(article_id, common, version=form.whole("article_version"), by=agent, at=at)
                if form.has("slug") and form.line("slug") != there.slug:
                    await changing.change_slug(article_id, language, form.line("slug"), by=agent, at=at)
        except Conflict:
            article, there = await find_translation(article_id, language, seen_by=agent)
            fault = {"settings": _("Somebody else changed this meanwhile. Here is how it is now.")}
            return await editor(agent, article, there, again=Again(errors=fault), status=409)
        except Invalid as error:
            again = Again(errors=error.fields, settings=typed_settings(form))
            return await editor(agent, article, there, again=again, status=422)
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
    html = await read_html(form)
    shown = await aside(presented, html)
    return Response({"html": html, "markdown": await aside(markdown.from_html, html), "shown": shown.html})


async def _spoken(agent: SignedIn, article_id: int, language: str) -> Article:
    """The article, to be written on in a language that is spoken here; raises NotFound."""
    demand(agent, WRITE)
    article = await find_article(article_id, seen_by=agent)
    if language not in LANGUAGES:
        raise NotFound(_("There is nothing here."))
    return article


async def _save(there: Translation, form: Form, *, by: SignedIn) -> Saved:
    """The words, and what the button says of them, both or neither. Raises Invalid at the field, NotFound, Refused."""
    article, language, at = there.article, there.language, now()
    words, does = await read_words(form), form.line("does")
    async with transaction():
        saved = await changing.save(
            article, language, words, version=form.whole("version"), sitting=form.line("sitting"), by=by, at=at
        )
        if does == "publish" and not saved.is_beside:
            seen = form.whole("article_version")
            await changing.publish(article, language, version=saved.version, article_version=seen, by=by, at=at)
        elif does == "review" and not saved.is_beside:
            await changing.ask_for_review(article, language, remark=form.text("remark"), by=by, at=at)
    return saved


async def _again(
    agent: SignedIn, article_id: int, language: str, form: Form, errors: dict[str, str], *, status: int
) -> Template:
    """What was typed, beside what the article is by now."""
    article, there = await find_translation(article_id, language, seen_by=agent)
    typed = await typed_words(there, form)
    again = Again(errors=errors, words=typed, version=form.whole("version"), remark=form.text("remark"))
    return await editor(agent, article, there, again=again, status=status)


async def _elsewhere(agent: SignedIn, language: str, form: Form) -> Template:
    """What was typed, to be begun anew: somebody has deleted the article meanwhile."""
    typed = {"title": form.line("title"), "language": language, "markdown": await read_markdown(form)}
    fault = {"gone": _("Somebody has deleted this article meanwhile. Begin a new one with what you typed.")}
    return await new_article(agent, typed, errors=fault, status=404)


def _within_reach(agent: SignedIn, article: Article, wanted: Common) -> Common:
    """Who does not publish says of an article that is read only when it is to be looked at again."""
    if not article.is_read or may(agent, PUBLISH):
        return wanted
    return Common(
        category=article.category, audience=article.audience, tags=article.tags, position=article.position,
        related=article.related, review_on=wanted.review_on,
    )  # fmt: skip


def _told(there: Translation, saved: Saved) -> dict[str, Any]:
    beside = f"{path_of(there)}/versions/{saved.number}" if saved.is_beside else ""
    return {"version": saved.version, "beside": beside}
