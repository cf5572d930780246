"""The company's face for its customers: name, logo, colour and the words of the portal, with a preview."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.channels.branding.brand import Face, Words, save_brand, the_brand
from helpdesk.channels.branding.images import LARGEST
from helpdesk.channels.web_form.editing import list_forms
from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, Reader, known, reader, set_reader
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.portal.home import show_home
from helpdesk.web.headers import PAGE_POLICY

_PATH = "/console/settings/brand"


class BrandController(Controller):
    path = _PATH
    request_max_body_size = LARGEST + 256 * 1024

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _page(agent, await the_brand(), said=said)

    @post("/", status_code=200)
    async def save(self, agent: Me, form: Typed) -> Response:
        demand(agent, "manage_channels")
        before = await the_brand()
        typed = _read(form, before)
        pictures = [await one.read(LARGEST + 1) for one in form.files("logo")]
        try:
            await save_brand(
                typed, new_logo=pictures[0] if pictures else None, drop_logo=form.is_checked("drop_logo"), by=agent
            )
        except Invalid as error:
            return await _page(agent, typed, errors=error.fields, status=422)
        return see_other(f"{_PATH}?said=saved")

    @post("/preview", status_code=200)
    async def preview(self, agent: Me, form: Typed) -> Template:
        """The portal's first page as visitors would see it, before it is saved; shown in a frame beside the settings."""
        demand(agent, "manage_channels")
        typed = _read(form, await the_brand())
        set_reader(Reader(known(form.line("preview_language")), reader().time_zone, reader().theme))
        headers = {
            "content-security-policy": PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
            "x-frame-options": "SAMEORIGIN",
        }
        return await show_home(None, typed, headers=headers)


def _read(form: Form, before: Face) -> Face:
    """What was typed; the domain says what will not do."""
    texts = {
        code: Words(
            title=form.line(f"title-{code}"), introduction=form.text(f"introduction-{code}").strip(),
            hours=form.line(f"hours-{code}"), footer=form.text(f"footer-{code}").strip(),
        )
        for code in LANGUAGES
    }  # fmt: skip
    accent = form.line("accent").lower() if form.is_checked("has_accent") else ""
    return Face(name=form.line("name"), accent=accent, logo_mark=before.logo_mark, texts=texts, form=form.whole("form"))


async def _page(agent: SignedIn, brand: Face, *, status: int = 200, **more: Any) -> Template:
    demand(agent, "manage_channels")
    shown = {"errors": {}, "said": "", "forms": [one for one in await list_forms() if one.is_active]} | more
    return render("settings/brand.html", status=status, **await frame(agent), brand=brand, **shown)
