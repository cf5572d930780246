"""The help centre: its first page, categories and articles. It needs no script and no sign-in."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Redirect, Template

from helpdesk.articles.seeing import visible_to
from helpdesk.channels.branding.brand import the_brand
from helpdesk.console.asked import Cursor, Name, Text
from helpdesk.console.forms import read_whole
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import LANGUAGES, Reader, _, reader, set_reader
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.portal.help_addresses import address, article_path, category_path, where_to_write
from helpdesk.portal.help_shelves import count_articles, often_read, shelves
from helpdesk.portal.reading_along import note_opened, note_view
from helpdesk.portal.visitors import Guest, page
from knowledge_base import reading
from knowledge_base.categories import Category, list_categories, with_children
from knowledge_base.filing import list_files, sizes_of
from knowledge_base.reading import Gone, Line, Page
from knowledge_base.slugs import slug_of
from knowledge_base.words import presented

NEWEST, IN_A_CATEGORY, BELOW = 6, 50, 8
"""Articles that are listed: new ones on the first page; of a category on its page; of one below another on that one's."""
SAID = ("helped", "unhelpful", "told")


class HelpController(Controller):
    path = "/help"

    @get("/")
    async def lead(self) -> Redirect:
        """To the reader's language."""
        return Redirect(f"/help/{reader().language}", status_code=302)

    @get("/{language:str}")
    async def show(self, request: Request, visitor: Guest, language: Name) -> Template:
        speak(language)
        audiences = visible_to(person_of(request, visitor))
        newest = await reading.list_newest(language=language, audiences=audiences, most=NEWEST)
        categories = await shelves(language, audiences)
        loose = await reading.list_in_category(None, language=language, audiences=audiences, most=BELOW + 1)
        addresses = {code: f"/help/{code}" for code in LANGUAGES}
        return await help_page("help/home.html", request, visitor, addresses=addresses, newest=newest, categories=categories, loose=loose, most_loose=BELOW, often=await often_read(language, audiences, at=now()))  # fmt: skip

    @get("/{language:str}/categories/{place:str}")
    async def show_category(
        self, request: Request, visitor: Guest, language: Name, place: Name, after: Cursor = None
    ) -> Response[Any] | Template:
        """Its articles, and below them those of each category below it."""
        speak(language)
        audiences = visible_to(person_of(request, visitor))
        known = await list_categories()
        found = next((one for one in known if str(one.id) == place.partition("-")[0]), None)
        if found is None or not await reading.is_known(with_children(found.id, known), audiences=audiences):
            return await show_missing(request, visitor, _("There is no such category."))
        path = category_path(found, language)
        if path != f"/help/{language}/categories/{place}":
            return Redirect(address(path), status_code=301)
        own, following = await _some_of(found.id, after, language=language, audiences=audiences)
        addresses = {code: category_path(found, code) for code in LANGUAGES}
        return await help_page(
            "help/category.html", request, visitor, addresses=addresses, is_first=_place(after) is None, heading=found.name(language), about=found.description(language),
            parent=_parent(found, known), own=own, next=following,
            below=[] if _place(after) else await _below([one for one in known if one.parent == found.id], language, audiences),
        )  # fmt: skip

    @get("/{language:str}/more")
    async def show_loose(self, request: Request, visitor: Guest, language: Name, after: Cursor = None) -> Template:
        """What stands in no category."""
        speak(language)
        own, following = await _some_of(
            None, after, language=language, audiences=visible_to(person_of(request, visitor))
        )
        addresses = {code: f"/help/{code}/more" for code in LANGUAGES}
        return await help_page(
            "help/category.html", request, visitor, addresses=addresses, is_first=_place(after) is None, heading=_("More answers"), about="", parent=None, own=own,
            next=following, below=[],
        )  # fmt: skip

    @get("/{language:str}/articles/{slug:str}")
    async def show_article(
        self, request: Request, visitor: Guest, language: Name, slug: Name, said: Text = "", search: Text = ""
    ) -> Response[Any] | Template:
        """`search` is the trail of a result that was opened: it is followed, and leaves the address."""
        speak(language)
        person = person_of(request, visitor)
        audiences = visible_to(person)
        try:
            found = await reading.find_page(language, slug, audiences=audiences)
        except Gone as error:
            return await show_missing(request, visitor, str(error), status=410)
        except NotFound as error:
            if meant := await _meant(language, slug, audiences):
                return Redirect(address(article_path(language, meant)), status_code=301)
            return await show_missing(request, visitor, str(error))
        if search:
            return await note_opened(request, search, found)
        if not said:
            await note_view(request, person, found)
        return await show_page(request, visitor, found, said=said)


async def show_page(
    request: Request, visitor: Visitor | None, found: Page, *, said: str = "", typed: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Template:  # fmt: skip
    """An article as its readers see it."""
    person, language = person_of(request, visitor), found.language
    audiences, known, files = visible_to(person), await list_categories(), await list_files(found.article)
    category = next((one for one in known if one.id == found.category), None)
    return await help_page(
        "help/article.html", request, visitor, asked_about=found, addresses={code: article_path(code, slug) for code, slug in found.languages.items()}, status=status,
        found=found, shown=presented(found.html, sizes_of(files)), category=category, parent=_parent(category, known), said=said if said in SAID else "", typed=typed,
        errors=errors or {}, is_agent=isinstance(person, SignedIn),
        files=[one for one in files if not one.is_inline],
        related=await reading.list_related(found.article, language=language, audiences=audiences),
    )  # fmt: skip


async def help_page(
    template: str, request: Request, visitor: Visitor | None, /, *, addresses: dict[str, str], status: int = 200,
    asked_about: Page | None = None, **context: Any
) -> Template:  # fmt: skip
    """With the addresses of the same page in other languages, for machines and people; and where one writes to us from it."""
    brand = await the_brand()
    shown = {
        "q": "",
        "brand": brand,
        "write_to": await where_to_write(brand, reader().language, about=asked_about),
        "addresses": {code: address(path) for code, path in addresses.items()},
        "words_of": category_path,
        "site": settings().base_url,
        "default_language": settings().default_language,
    }
    if isinstance(person_of(request, visitor), SignedIn):
        shown["has_help"] = True
    return await page(template, visitor, status=status, **(shown | context))


async def show_missing(request: Request, visitor: Visitor | None, told: str, *, status: int = 404) -> Template:
    """What is not there, or no longer, with a way on."""
    return await help_page("help/gone.html", request, visitor, addresses={}, told=told, status=status)


def speak(language: str) -> None:
    """The address says the language, whatever else is known of the reader; raises NotFound."""
    if language not in LANGUAGES:
        raise NotFound(_("There is nothing here."))
    set_reader(Reader(language, reader().time_zone))


def person_of(request: Request, visitor: Visitor | None) -> SignedIn | Visitor | None:
    """An agent reads here as well, whatever customer the same browser is."""
    agent: SignedIn | None = request.scope["state"].get("agent")
    return agent or visitor


async def _meant(language: str, slug: str, audiences: frozenset[str]) -> str | None:
    """The slug that an old one leads to, or one typed with capitals or on another keyboard."""
    if leads_to := await reading.leads_to(language, slug, audiences=audiences):
        return leads_to
    typed = slug_of(slug)
    if not typed or typed == slug:
        return None
    try:
        return (await reading.find_page(language, typed, audiences=audiences)).slug
    except NotFound:
        return await reading.leads_to(language, typed, audiences=audiences)


async def _some_of(
    category: int | None, after: str | None, *, language: str, audiences: frozenset[str]
) -> tuple[list[Line], str]:
    """A page of a category's articles, and where the next one begins; "" for nowhere."""
    found = await reading.list_in_category(
        category, language=language, audiences=audiences, most=IN_A_CATEGORY + 1, after=_place(after)
    )
    shown = found[:IN_A_CATEGORY]
    return shown, _cursor(shown[-1]) if len(found) > len(shown) else ""


async def _below(
    categories: list[Category], language: str, audiences: frozenset[str]
) -> list[tuple[Category, int, list[Line]]]:
    """Those with something to read: each with how many articles, and the first of them."""
    counts = await count_articles(language, audiences)
    lines = await reading.list_first_in(
        [one.id for one in categories], language=language, audiences=audiences, most=BELOW
    )
    return [(one, counts.get(one.id, 0), lines[one.id]) for one in categories if one.id in lines]


def _parent(category: Category | None, known: list[Category]) -> Category | None:
    return next((one for one in known if category and one.id == category.parent), None)


def _cursor(last: Line) -> str:
    return f"{last.position}-{last.translation}-{last.key}"


def _place(after: str | None) -> tuple[int, str, int] | None:
    """The place that a link names; the beginning when it names none."""
    position, translation, key = [*(after or "").split("-", 2), "", "", ""][:3]
    at, one = read_whole(position), read_whole(translation)
    return (at, key, one) if at is not None and one is not None and max(at, one) < 2**31 else None
