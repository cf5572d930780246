"""Articles that a web form offers before something is sent: while somebody types, or on a page of its own after *Send*.

That page comes once, and only when the visitor has not seen an offer already. Whatever happens, what was typed goes along.
"""

import re

import msgspec
from litestar import Controller, Request, post
from litestar.params import FromPath
from litestar.response import Template

from helpdesk.articles.offering import articles_for, find_offered, note_answered
from helpdesk.articles.seeing import visible_to
from helpdesk.channels.web_form import proving
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.channels.web_form.proving import Slip
from helpdesk.channels.web_form.reading import names_of
from helpdesk.console.forms import Form, read_form
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_offer
from helpdesk.kernel.errors import NotFound, TooMany
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.portal.showing import HONEYPOT, Flag, Language, Look, Text, form_page, found_form, show_closed, show_form
from helpdesk.portal.visitors import Guest
from knowledge_base import offering
from knowledge_base.reading import Line, find_page, list_named
from knowledge_base.words import presented

_ANCHOR = re.compile(r'(<h[2-4]) id="[^"]*"')


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """An article as the form names it; `html` is all of it, when it is being read."""

    translation: int
    language: str
    title: str
    path: str
    snippet: str
    html: str = ""


class OffersController(Controller):
    path = "/forms/{slug:str}"

    @post("/offers", status_code=200)
    async def offer(
        self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None, embed: Flag = False
    ) -> Template:
        """While somebody types: a part of the page with what answers what stands there so far, or an empty one."""
        form, look, sent, slip = await _came(request, slug, lang, embed, "")
        found = await _look_for(request, form, look, sent, slip, visitor) if form.is_active else []
        return Template("portal/_likely.html", context={"form": form, "look": look, "found": found})

    @post("/reading", status_code=200)
    async def read(self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None) -> Template:
        """One of them to be read without leaving the form."""
        form, look, sent, slip = await _came(request, slug, lang, False, "")
        line = await find_offered(sent.whole("article") or 0, read_by=visitor)
        if line is None:
            raise NotFound(_("There is no such article."))
        await offering.note_opened(slip.nonce, line.translation, at=now())
        return Template(
            "portal/_reading.html", context={"form": form, "look": look, "one": await _whole(line, visitor)}
        )

    @post("/answer", status_code=200)
    async def answer(
        self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None, embed: Flag = False, theme: Text = ""
    ) -> Template:  # fmt: skip
        """ "Yes, this answers it": nothing is sent, and what was typed is in the page, to be sent after all."""
        form, look, sent, slip = await _came(request, slug, lang, embed, theme)
        if not form.is_active:
            return await show_closed(form, look)
        typed = {name: sent.text(name) for name in names_of(form)}
        line = await find_offered(sent.whole("article") or 0, read_by=visitor)
        if line is None or sent.line(HONEYPOT):
            told = _("This article is not here any more. Nothing is lost: your request can be sent.")
            return await show_form(form, look, slip=slip, typed=typed, is_offered=True, status=422, notice=told)
        try:
            await admit_offer(address=request.scope["state"]["address"], page=slip.nonce, at=now())
            await note_answered(
                slip.nonce, line.translation, subject=typed.get("subject", ""), text=typed["message"], email=typed["email"], said_by=visitor, at=now()
            )  # fmt: skip
        except TooMany:
            pass  # what is not counted may be read all the same
        return await form_page(
            "portal/answered.html", form, look, one=line, slip=slip.text, work=sent.line("work"), typed=typed, kept=sent.texts("kept")
        )  # fmt: skip


async def offer_first(
    request: Request,
    form: FormDefinition,
    look: Look,
    sent: Form,
    slip: Slip,
    visitor: Visitor | None,
    *,
    kept: list[str],
) -> Template | None:
    """The page between *Send* and the ticket, when an article probably answers and none was seen; None: send it."""
    if sent.is_checked("offered"):
        return None
    read = sent.whole("read")
    if read is None:
        if await offering.was_asked(slip.nonce):
            return None
        found = await _look_for(request, form, look, sent, slip, visitor, is_asked=True)
    else:
        found = await _looked_for(slip, read, visitor)
    if not found:
        return None
    typed = {name: sent.text(name) for name in names_of(form)}
    return await form_page(
        "portal/offered.html", form, look, found=found, slip=slip.text, work=sent.line("work"), typed=typed, kept=kept
    )


async def _came(
    request: Request, slug: str, language: str | None, is_embedded: bool, theme: str
) -> tuple[FormDefinition, Look, Form, Slip]:
    """A page without a slip of ours is a new one: nothing was offered there."""
    form, look = await found_form(slug, language, is_embedded, theme)
    sent = await read_form(request)
    return form, look, sent, proving.read(sent.line("slip"), form.id) or proving.issue(form.id, at=now())


async def _look_for(
    request: Request, form: FormDefinition, look: Look, sent: Form, slip: Slip, visitor: Visitor | None, *, is_asked: bool = False
) -> list[Offered]:  # fmt: skip
    """None for who is no person, for who asks too often, and when the form offers none."""
    if not form.offers_articles or sent.line(HONEYPOT):
        return []
    try:
        await admit_offer(address=request.scope["state"]["address"], page=slip.nonce, at=now())
    except TooMany:
        return []
    subject = sent.line("subject") if form.asks_subject != "no" else ""
    found = await articles_for(
        subject, sent.text("message"), page=slip.nonce, channel=form.channel, language=look.language, is_asked=is_asked, asked_by=visitor, at=now()
    )  # fmt: skip
    return [
        Offered(translation=one.translation, language=one.language, title=one.title, path=one.path, snippet=one.snippet)
        for one in found
    ]


async def _looked_for(slip: Slip, read: int, visitor: Visitor | None) -> list[Offered]:
    """What was offered in this page, one of it to be read."""
    lines = await list_named(await offering.offered_in(slip.nonce), audiences=visible_to(visitor))
    if any(one.translation == read for one in lines):
        await offering.note_opened(slip.nonce, read, at=now())
    return [await _whole(one, visitor) if one.translation == read else _as_offered(one) for one in lines]


async def _whole(line: Line, visitor: Visitor | None) -> Offered:
    """With all of its words; its links lead away from the form, into a tab of their own. Raises NotFound."""
    page = await find_page(line.language, line.slug, audiences=visible_to(visitor))
    html = _ANCHOR.sub(r"\1", presented(page.html).html).replace("<a ", '<a target="_blank" ')
    return msgspec.structs.replace(_as_offered(line), html=html)


def _as_offered(line: Line) -> Offered:
    return Offered(
        translation=line.translation, language=line.language, title=line.title, path=line.path, snippet=line.beginning
    )
