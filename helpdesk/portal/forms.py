"""Public web forms: shown, filled in, thanked for. Nobody is signed in here, and nothing that was sent is shown to anybody."""

from typing import Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from helpdesk.articles.seeing import visible_to
from helpdesk.channels.web_form import proving
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.channels.web_form.proving import Slip
from helpdesk.channels.web_form.reading import Post, names_of, read_post
from helpdesk.console.forms import Form, read_form, read_whole
from helpdesk.customers.visiting import Visitor
from helpdesk.intake.limits import admit_post
from helpdesk.intake.taking_posts import find_taken, take_post
from helpdesk.kernel.errors import Invalid, NotFound, TooMany
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.portal.colours import accent_css
from helpdesk.portal.files import keep_file, take_files, too_many
from helpdesk.portal.offers import Came, offer_first
from helpdesk.portal.showing import (
    HONEYPOT,
    Flag,
    KeptFile,
    Language,
    Look,
    Text,
    found_form,
    kept_file,
    show_closed,
    show_form,
    show_thanks,
)
from helpdesk.portal.visitors import Guest
from helpdesk.promises.answering import answer_by
from helpdesk.tickets.tables import Attachment
from helpdesk.web.static import FOLDER, static
from knowledge_base.reading import list_named


class FormsController(Controller):
    path = "/forms"

    @get("/{slug:str}")
    async def show(
        self, visitor: Guest, slug: FromPath[str], lang: Language = None, embed: Flag = False, theme: Text = "", about: Text = ""
    ) -> Template:  # fmt: skip
        """`about` is the article that left a question open: its title is written down already."""
        form, look = await found_form(slug, lang, embed, theme)
        if not form.is_active:
            return await show_closed(form, look)
        return await show_form(form, look, typed=await _begun(form, about, visitor))

    @post("/{slug:str}", status_code=200)
    async def send(
        self,
        request: Request,
        visitor: Guest,
        slug: FromPath[str],
        lang: Language = None,
        embed: Flag = False,
        theme: Text = "",
    ) -> Response[Any] | Template:
        """Take what was sent once it is committed; whatever is wrong, the form comes back with everything typed."""
        form, look = await found_form(slug, lang, embed, theme)
        if not form.is_active:
            return await show_closed(form, look)
        sent = await read_form(request)
        slip = proving.read(sent.line("slip"), form.id) or proving.issue(form.id, at=now())
        typed = {name: sent.text(name) for name in names_of(form)}
        kept, errors = [], {}
        if form.takes_files:
            kept, errors = await take_files(sent, slip, address=_address(request), by=visitor)
        handles = [kept_file(slip, one) for one in kept]
        again = {"slip": slip, "typed": typed, "kept": handles, "is_offered": sent.is_checked("offered")}
        try:
            read = read_post(form, look.language, typed)
        except Invalid as error:
            return await show_form(form, look, **again, errors=errors | error.fields, status=422)
        if errors:
            return await show_form(form, look, **again, errors=errors, status=422)
        if _is_doubtful(sent, slip):
            told = _("Nothing is lost. Please send it once more.")
            if slip.is_too_young(now()):
                told = _("That was very quick, as from a program. Nothing is lost: please send it once more.")
            return await show_form(form, look, **again, status=422, notice=told)
        came = Came(form, look, sent, slip, visitor, _address(request))
        if asked := await offer_first(came, kept=[one.handle for one in handles]):
            return asked
        try:
            return await _take(request, form, look, read, kept, slip, work=sent.line("work"))
        except Invalid as error:
            return await show_form(form, look, **again, errors=error.fields, status=422)
        except TooMany as error:
            wait = error.retry_after
            return await show_form(form, look, **again, status=429, notice=too_many(wait), retry_after=wait)

    @post("/{slug:str}/files", status_code=201)
    async def upload_file(
        self, request: Request, visitor: Guest, slug: FromPath[str], lang: Language = None
    ) -> Response[KeptFile]:
        """A file that the page's script sends ahead; the answer's handle goes with the form."""
        form, _look = await found_form(slug, lang, is_embedded=False, theme="")
        sent = await read_form(request)
        slip = proving.read(sent.line("slip"), form.id)
        if slip is None or slip.is_too_old(now()) or not (form.is_active and form.takes_files):
            raise Invalid(file=_("This page was open for too long. Load it again."))
        for file in sent.files("file"):
            return Response(
                kept_file(slip, await keep_file(file, address=_address(request), by=visitor)), status_code=201
            )
        raise Invalid(file=_("This file is empty."))

    @get("/{slug:str}/thanks")
    async def thank(
        self, slug: FromPath[str], sent: Text, lang: Language = None, embed: Flag = False, theme: Text = ""
    ) -> Template:
        """The number of the request; `sent` is known to the one who sent it."""
        form, look = await found_form(slug, lang, embed, theme)
        ticket = await find_taken(f"form:{sent[:64]}")
        if ticket is None or ticket.channel != form.channel:
            raise NotFound(_("There is nothing here."))
        promised = await answer_by(ticket, look.language, at=now())
        return await show_thanks(form, look, number=ticket.number, answer_by=promised)

    @get("/embed.js", sync_to_thread=False)
    def embed_script(self) -> Response[bytes]:
        """The script that another site includes: its address never changes, so it is asked for anew each hour."""
        content = (FOLDER / static("embed.js").removeprefix("/static/")).read_bytes()
        headers = {"cache-control": "public, max-age=3600", "cross-origin-resource-policy": "cross-origin"}
        return Response(content, media_type="text/javascript; charset=utf-8", headers=headers)

    @get("/colours.css", sync_to_thread=False)
    def colours(self, accent: Text) -> Response[str]:
        """The accent of a form as tokens; the address says it all, so it is kept for ever."""
        css = accent_css(accent.lower())
        if css is None:
            raise NotFound(_("There is nothing here."))
        return Response(css, media_type=MediaType.CSS, headers={"cache-control": "public, max-age=31536000, immutable"})


async def _begun(form: FormDefinition, about: str, visitor: Visitor | None) -> dict[str, str]:
    """What stands in the form for who comes from an article, as far as they may read it."""
    translation = read_whole(about) or 0
    lines = await list_named([translation], audiences=visible_to(visitor)) if 0 < translation < 2**31 else []
    if not lines:
        return {}
    return {"subject": lines[0].title} if form.asks_subject != "no" else {"message": f"{lines[0].title}\n\n"}


async def _take(
    request: Request, form: FormDefinition, look: Look, read: Post, kept: list[Attachment], slip: Slip, *, work: str
) -> Redirect:  # fmt: skip
    """Raises TooMany, and Invalid when the address is ours."""
    at, is_worked = now(), proving.is_worked(slip, work)
    await admit_post(read.email, address=_address(request), page=slip.nonce, is_worked=is_worked, at=at)
    message = await take_post(form, read, uploads=kept, page=slip.nonce, at=at)
    sent = str(message.once).removeprefix("form:")
    return Redirect(f"/forms/{form.slug}/thanks{look.query}&sent={sent}", status_code=303)


def _is_doubtful(sent: Form, slip: Slip) -> bool:
    """Whether no person seems to have sent it; one who did sends it once more."""
    at = now()
    return bool(sent.line(HONEYPOT)) or slip.is_too_young(at) or slip.is_too_old(at)


def _address(request: Request) -> str:
    return request.scope["state"]["address"]
