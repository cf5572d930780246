"""Articles that a web form offers before something is sent: while somebody types, or on a page of its own after *Send*.

That page comes once, and only when the visitor has not seen an offer already. Whatever happens, what was typed goes along.
"""

import re
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from helpdesk.articles.offering import articles_for, find_offered, note_answered, offered_in
from helpdesk.articles.seeing import visible_to
from helpdesk.channels.web_form import proving
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.channels.web_form.proving import Slip
from helpdesk.channels.web_form.reading import names_of
from helpdesk.console.forms import Form, read_form
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_offer, may_teach
from helpdesk.kernel.errors import NotFound, TooMany
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.teams import is_private
from helpdesk.portal.showing import HONEYPOT, Flag, Language, Look, Text, form_page, found_form, show_closed
from helpdesk.portal.visitors import Guest
from knowledge_base import offering
from knowledge_base.filing import list_files, sizes_of
from knowledge_base.reading import Line, find_page
from knowledge_base.words import presented

_ANCHOR = re.compile(r'(<h[2-4]) id="[^"]*"')


class Came(msgspec.Struct, frozen=True):
    """What came from a page of the form, and from whom."""

    form: FormDefinition
    look: Look
    sent: Form
    slip: Slip
    visitor: Visitor | None
    address: str

    @property
    def typed(self) -> dict[str, str]:
        return {name: self.sent.text(name) for name in names_of(self.form)}


class OffersController(Controller):
    path = "/forms/{slug:str}"

    @get(["/offers", "/reading", "/answer"], status_code=303)
    async def show_form(
        self, slug: FromPath[str], lang: Language = None, embed: Flag = False, theme: Text = ""
    ) -> Redirect:
        """Their addresses asked for on their own, as by a reload in another tab."""
        form, look = await found_form(slug, lang, embed, theme)
        return Redirect(f"/forms/{form.slug}{look.query}", status_code=303)

    @post("/offers", status_code=200)
    async def offer(
        self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None, embed: Flag = False, theme: Text = ""
    ) -> Template:  # fmt: skip
        """While somebody types: a part of the page with what answers what stands there so far, or an empty one."""
        came = await _came(request, visitor, slug, lang, embed, theme)
        return Template("portal/_likely.html", context={"form": came.form, "look": came.look, "found": await _look_for(came)})  # fmt: skip

    @post("/reading", status_code=200)
    async def read(
        self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None, embed: Flag = False, theme: Text = ""
    ) -> Template:  # fmt: skip
        """One of them to be read without leaving the form."""
        came = await _came(request, visitor, slug, lang, embed, theme)
        line = await find_offered(came.sent.whole("article") or 0, read_by=visitor)
        if line is None:
            raise NotFound(_("There is no such article."))
        html = await _read(came, line)
        return Template("portal/_reading.html", context={"form": came.form, "look": came.look, "one": line, "html": html})  # fmt: skip

    @post("/answer", status_code=200)
    async def answer(
        self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None, embed: Flag = False, theme: Text = ""
    ) -> Template:  # fmt: skip
        """ "Yes, this answers it": nothing is sent, and what was typed is in the page, to be sent after all."""
        came = await _came(request, visitor, slug, lang, embed, theme)
        if not came.form.is_active:
            return await show_closed(came.form, came.look)
        line = await find_offered(came.sent.whole("article") or 0, read_by=visitor)
        if line is None or came.sent.line(HONEYPOT):
            return await _carry_on(came, "portal/offered.html", found=[], read=None, html="")
        is_learnt = False
        with suppress(TooMany):  # what is not counted is answered all the same
            await admit_offer(address=came.address, page=came.slip.nonce, at=now())
            is_learnt = not await is_private(came.form.team) and await may_teach(
                line.translation, address=came.address, at=now()
            )
            typed = came.typed
            await note_answered(
                came.slip.nonce, line.translation, subject=typed.get("subject", ""), text=typed["message"], email=typed["email"], is_learnt=is_learnt,
                said_by=visitor, at=now(),
            )  # fmt: skip
        return await _carry_on(came, "portal/answered.html", one=line, is_learnt=is_learnt)


async def offer_first(came: Came, *, kept: list[str]) -> Template | None:
    """The page between *Send* and the ticket, when an article probably answers and none was seen; None: send it."""
    if came.sent.is_checked("offered"):
        return None
    read, html = came.sent.whole("read"), ""
    if read is not None:
        found = await offered_in(came.slip.nonce, read_by=came.visitor)
        for line in [one for one in found if one.translation == read]:
            try:
                html = await _read(came, line)
            except NotFound:  # put away a moment ago
                found.remove(line)
    elif await offering.was_asked(came.slip.nonce) or not (found := await _look_for(came, is_asked=True)):
        return None
    return await _carry_on(came, "portal/offered.html", kept=kept, found=found, read=read, html=html)


async def _came(
    request: Request, visitor: Visitor | None, slug: str, language: str | None, is_embedded: bool, theme: str
) -> Came:
    """A page without a slip of ours is a new one: nothing was offered there, and nothing is."""
    form, look = await found_form(slug, language, is_embedded, theme)
    sent = await read_form(request)
    slip = proving.read(sent.line("slip"), form.id) or proving.issue(form.id, at=now())
    return Came(form, look, sent, slip, visitor, request.scope["state"]["address"])


async def _carry_on(came: Came, template: str, *, kept: list[str] | None = None, **shown: Any) -> Template:
    """A page that has everything to be sent on: what was typed, the files, and the work that was done."""
    return await form_page(
        template, came.form, came.look, slip=came.slip.text, work=came.sent.line("work"), typed=came.typed,
        kept=came.sent.texts("kept") if kept is None else kept, **shown,
    )  # fmt: skip


async def _look_for(came: Came, *, is_asked: bool = False) -> list[Line]:
    """None for who is no person, for who asks too often, and when the form offers none."""
    is_ours = came.sent.line("slip") == came.slip.text
    if not (is_ours and came.form.offers_articles and came.form.is_active) or came.sent.line(HONEYPOT):
        return []
    try:
        await admit_offer(address=came.address, page=came.slip.nonce, at=now())
    except TooMany:
        return []
    return await articles_for(
        came.typed.get("subject", ""), came.typed["message"], page=came.slip.nonce, channel=came.form.channel, language=came.look.language,
        is_asked=is_asked, asked_by=came.visitor, at=now(),
    )  # fmt: skip


async def _read(came: Came, line: Line) -> str:
    """All of the article, noted as opened; its links lead into a tab of their own, away from the form. Raises NotFound."""
    page = await find_page(line.language, line.slug, audiences=visible_to(came.visitor))
    await offering.note_opened(came.slip.nonce, line.translation, at=now())
    shown = presented(page.html, sizes_of(await list_files(page.article)))
    return _ANCHOR.sub(r"\1", shown.html).replace("<a ", '<a target="_blank" ')
