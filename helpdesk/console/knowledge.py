"""The knowledge base: its articles as a list, and the beginning of new ones."""

from datetime import date, datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.articles.changing import PUBLISH, WRITE, begin_article
from helpdesk.articles.finding import SearchAway, search_articles
from helpdesk.articles.seeing import visible_to
from helpdesk.console.article_words import AUDIENCES, STATE_COLOURS, STATES, audience_choices, category_choices
from helpdesk.console.asked import Cursor, Flag, Me, Text, Typed
from helpdesk.console.rendering import direction_of, frame, render, see_other, wants_fragment
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, known, reader, zone
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand, may
from knowledge_base import markdown
from knowledge_base.articles import Asked, Common, Listed, Translation, counts_by_state, list_articles
from knowledge_base.aside import aside
from knowledge_base.categories import list_categories, with_children
from knowledge_base.cleaning import with_its_images
from knowledge_base.writing import Words

MOST = 50
LARGEST_NEW = 4 * 1024 * 1024
"""With the words of an article that was deleted while they were written."""


class KnowledgeController(Controller):
    path = "/console/knowledge"

    @get("/")
    async def show(
        self, request: Request, agent: Me, q: Text = "", category: Text = "", stage: Text = "", language: Text = "", tag: Text = "",
        due: Flag = False, after: Cursor = None, said: Text = "",
    ) -> Template:  # fmt: skip
        """What was changed last first, or what fits best when all that fits is on a page; who does not write articles sees
        what is published."""
        categories = await list_categories()
        typed = {"q": q.strip()[:200], "category": category, "stage": stage if stage in STATES else "", "language": language if language in LANGUAGES else "", "tag": tag[:50], "due": due}  # fmt: skip
        likely = await _found(typed["q"], agent)
        asked = Asked(
            categories=_chosen(category, categories), state=typed["stage"], language=typed["language"], q=typed["q"], tag=typed["tag"],
            found=likely,
            due_by=today() if due else None, audiences=None if may(agent, WRITE) else visible_to(agent),
        )  # fmt: skip
        found = await list_articles(asked, after=_place(after), most=MOST + 1)
        if likely and not after and len(found) <= MOST:
            places = {translation: place for place, translation in enumerate(likely)}
            found.sort(key=lambda one: places.get(one.id, len(places)))
        shown: dict[str, Any] = {
            "found": found[:MOST], "next": _cursor(found[MOST - 1]) if len(found) > MOST else "", "typed": typed, "people": await directory(),
            "categories": {one.id: one.name(reader().language) for one in categories}, "today": today(), "is_asked": any(typed.values()),
        } | words()  # fmt: skip
        if wants_fragment(request):
            return render("knowledge/_articles.html", agent=agent, **shown)
        counts = await counts_by_state(due_by=today()) if may(agent, WRITE) else {}
        choices = category_choices(categories, reader().language)
        return render(
            "knowledge/articles.html", **await frame(agent), **shown, said=said, counts=counts, choices=choices
        )

    @get("/new")
    async def new(self, agent: Me, title: Text = "", category: Text = "", language: Text = "") -> Template:
        demand(agent, WRITE)
        typed = {"title": title[:200], "category": category, "language": known(language or reader().language)}
        return await new_article(agent, typed)

    @post("/new", status_code=200, request_max_body_size=LARGEST_NEW)
    async def create(self, agent: Me, form: Typed) -> Response:
        """A draft with a title, which goes on in the editor."""
        typed = {name: form.line(name) for name in ("title", "category", "language", "audience")}
        typed["markdown"] = form.text("markdown")
        try:
            common = Common(category=form.whole("category"), audience=typed["audience"])
            drafted = Words(title=typed["title"], html=with_its_images(await aside(markdown.read, typed["markdown"])))
            article = await begin_article(drafted, language=typed["language"], common=common, by=agent, at=now())
        except Invalid as error:
            return await new_article(agent, typed, errors=error.fields, status=422)
        return see_other(f"/console/knowledge/articles/{article}/{typed['language']}?said=begun")


def words() -> dict[str, Any]:
    """What every page about articles names."""
    return {"states": STATES, "state_colours": STATE_COLOURS, "audiences": AUDIENCES, "direction_of": direction_of, "PUBLISH": PUBLISH, "WRITE": WRITE}  # fmt: skip


def path_of(there: Translation) -> str:
    """Of its editor."""
    return f"/console/knowledge/articles/{there.article}/{there.language}"


async def _found(words: str, agent: SignedIn) -> list[int]:
    """Translations that hold the words, whatever their titles, the best first; without an index titles alone are searched."""
    if not words:
        return []
    try:
        return [
            one.translation for one in (await search_articles(words, asked_by=agent, is_typing=True, limit=MOST)).items
        ]
    except SearchAway:
        return []


def today() -> date:
    """Where the reader is."""
    return now().astimezone(zone(reader().time_zone)).date()


async def new_article(
    agent: SignedIn, typed: dict[str, str], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    """The form that begins one, with what is typed so far; with `markdown` the words of one that is no more."""
    blank = {"title": "", "category": "", "audience": "public", "markdown": ""}
    return render(
        "knowledge/new.html", status=status, **await frame(agent), typed=blank | typed, errors=errors or {}, audiences=audience_choices(),
        choices=category_choices(await list_categories(), reader().language), languages_spoken=list(LANGUAGES.items()),
    )  # fmt: skip


def _chosen(category: str, categories: list[Any]) -> list[int] | None:
    """Ids of the category and of those below it; none of "none", None for any."""
    if category == "none":
        return []
    return with_children(int(category), categories) or [0] if category.isdecimal() and len(category) < 10 else None


def _cursor(last: Listed) -> str:
    return f"{last.changed_at.timestamp():.6f}-{last.id}"


def _place(after: str | None) -> tuple[datetime, int] | None:
    """The place that a link names; the beginning when it names none."""
    at, _dash, number = (after or "").partition("-")
    try:
        return datetime.fromtimestamp(float(at), zone("UTC")), int(number)
    except (ValueError, OverflowError, OSError):
        return None
