"""An article in a dialog, and as what an answer takes of it: the link to it, or its words."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect, Template
from markupsafe import Markup

from helpdesk.articles.beside_tickets import suggestions_for
from helpdesk.articles.finding import Found, SearchAway, search_articles
from helpdesk.articles.seeing import visible_to
from helpdesk.console.article_words import AUDIENCES
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.forms import Form, read_whole
from helpdesk.console.inbox import NO_CONTENT
from helpdesk.console.rendering import direction_of, render, wants_fragment
from helpdesk.kernel import blobs
from helpdesk.kernel.language import LANGUAGES, _, pgettext, speaking
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.portal.help_addresses import address, whole
from helpdesk.tickets.canned_filling import language_for
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.tables import Ticket
from helpdesk.tickets.uploading import upload
from knowledge_base.filing import SHOWN_IN_PLACE, list_files, sizes_of
from knowledge_base.mailing import as_mail
from knowledge_base.reading import Page, find_page, find_page_of
from knowledge_base.suggesting import LIKELY
from knowledge_base.tables import Audience
from knowledge_base.usage import Place, Use, count_use, follow, note_search
from knowledge_base.words import files_in, presented, text_of

MOST = 8
VERY_LIKELY = 0.8
"""The confidence from which on hardly a suggestion was wrong: `docs/knowledge.md`."""
MOST_IMAGES, LARGEST_IMAGES = 10, 8 * 1024 * 1024
"""What goes along with a mail; of the others the words are left."""
CONFLICT = 409


class Put(msgspec.Struct, frozen=True):
    """What is put into the text; `html` is safe."""

    text: str
    html: str
    said: str = ""


class ArticlesInTextController(Controller):
    path = "/console/articles"

    @get("/options", part_of="/console/knowledge")
    async def offer(self, agent: Me, q: Text = "", ticket: Text = "") -> Template:
        """What fits the words, as options of a list; to none what is suggested for the ticket."""
        demand(agent, "note")
        about = await _ticket(ticket, agent)
        language, found, is_away = language_for(about, agent), list[Found](), False
        try:
            if q.strip():
                found += (await search_articles(q, asked_by=agent, language=language, is_typing=True, limit=MOST)).items
            elif about:
                found += await suggestions_for(about, seen_by=agent)
        except SearchAway:
            is_away = True
        return render(
            "inbox/_article_options.html", found=found, q=q, language=language, is_away=is_away, **article_words()
        )

    @post("/searches", status_code=200)
    async def note_missing(self, agent: Me, form: Typed) -> Response:
        """No article has the words `q`, and the list that says so has stood for a while."""
        demand(agent, "note")
        if form.line("q"):
            await note_search(Place.CONSOLE, form.line("q"), language=form.line("language")[:8], found=0, at=now())
        return Response(b"", status_code=NO_CONTENT)

    @get("/{article_id:int}/{language:str}")
    async def read(
        self, request: Request, agent: Me, article_id: Id, language: Name, search: Text = ""
    ) -> Template | Redirect:
        """The article in a dialog over the page; who has only its address reads it in the help centre. `search` is the trail of
        the search that found it."""
        found = await find_page_of(article_id, language, audiences=visible_to(agent))
        await _follow(search, found)
        if not wants_fragment(request):
            return Redirect(address(found.path), status_code=302)
        files = await list_files(article_id)
        shown, below = presented(found.html, sizes_of(files)), [one for one in files if not one.is_inline]
        return render(
            "inbox/_article_reader.html", agent=agent, found=found, shown=shown, files=below, **article_words()
        )

    @post("/{article_id:int}/{language:str}/use", status_code=200)
    async def use(self, agent: Me, article_id: Id, language: Name, form: Typed, search: Text = "") -> Response:
        """What to put into the text, as JSON: the link, or with `as=text` the article's words; the use is counted.

        `written` is the language of the answer: a translation into it is preferred. What customers may not read goes to them
        (no `internal`) only when the agent is `sure`: until then the answer is 409 with a `question`.
        """
        demand(agent, "note")
        chosen = await find_page_of(article_id, language, audiences=visible_to(agent))
        found = await _translated(chosen, form, agent)
        is_text, at = form.line("as") == "text", now()
        goes_out = not form.is_checked("internal")
        if goes_out and found.audience == Audience.AGENTS and not form.is_checked("sure"):
            return Response(_question(is_text=is_text), status_code=CONFLICT)
        await _follow(search, chosen)
        put = await _words_of(found, agent) if is_text else _link_to(found)
        await count_use(Use.INSERTED if is_text else Use.LINKED, article=found.article, language=found.language, at=at)
        if goes_out and found.audience == Audience.SIGNED_IN:
            put = msgspec.structs.replace(
                put, said=_("The customer has to sign in to the help centre to open the link.")
            )
        return Response(msgspec.structs.asdict(put))


def article_words() -> dict[str, Any]:
    """What lists of articles and the dialog name."""
    return {"audiences": AUDIENCES, "direction_of": direction_of, "very_likely": VERY_LIKELY, "likely": LIKELY}


async def _follow(search: str, found: Page) -> None:
    if search:
        await follow(search, article=found.article, language=found.language, translation=found.translation, at=now())


async def _ticket(typed: str, agent: SignedIn) -> Ticket | None:
    return await find_ticket(read_whole(typed) or 0, seen_by=agent) if typed else None


async def _translated(found: Page, form: Form, agent: SignedIn) -> Page:
    """In the language of the answer where it is there, else as it was found."""
    written = form.line("written")
    if written == found.language or written not in found.languages or written not in LANGUAGES:
        return found
    return await find_page(written, found.languages[written], audiences=visible_to(agent))


def _question(*, is_text: bool) -> dict[str, str]:
    return {
        "question": _("This article is for agents only. Put its words into an answer to the customer?") if is_text
            else _("This article is for agents only: the customer could not open the link. Put it in all the same?"),
        "yes": _("Put it in"),
        "no": _("Cancel"),
    }  # fmt: skip


def _link_to(found: Page) -> Put:
    url = whole(found.path)
    html = Markup('<a href="{}">{}</a>').format(url, found.title)
    return Put(f"{found.title}: {url}", str(html))


async def _words_of(found: Page, agent: SignedIn) -> Put:
    """With the link below, so that the customer finds it again; of what only agents read there is none."""
    link = None if found.audience == Audience.AGENTS else _link_to(found)
    with speaking(found.language):
        boxes = {
            "note": pgettext("box", "Note"), "tip": pgettext("box", "Tip"), "warning": pgettext("box", "Warning"),
            "danger": pgettext("box", "Danger"),
        }  # fmt: skip
    html = as_mail(found.html, page=whole(found.path), images=await _images_of(found, agent), boxes=boxes)
    text = text_of(found.html)
    if link is None:
        return Put(text, html)
    return Put(f"{text}\n\n{link.text}", f"{html}<p>{link.html}</p>")


async def _images_of(found: Page, agent: SignedIn) -> dict[int, str]:
    """Copies of the text's images, to go along with the answer: Content-IDs by file. Those of answers never sent are forgotten like any upload."""
    wanted = files_in(found.html)
    images, room = {}, LARGEST_IMAGES
    for file in await list_files(found.article):
        if (
            file.id not in wanted
            or file.content_type not in SHOWN_IN_PLACE
            or file.size > room
            or len(images) == MOST_IMAGES
        ):
            continue
        try:
            content = await blobs.read(file.blob)
        except FileNotFoundError:
            continue
        kept = await upload(file.name, file.content_type, content, by=agent, at=now(), is_inline=True)
        if kept.content_id:
            images[file.id], room = kept.content_id, room - file.size
    return images
