"""A web form as a page: on its own, in a frame of another site, or as a preview."""

from typing import Annotated, Any, Literal

import msgspec
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from helpdesk.channels.branding.brand import the_brand
from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form import proving
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.channels.web_form.editing import find_form_at
from helpdesk.channels.web_form.proving import Slip
from helpdesk.channels.web_form.reading import names_of
from helpdesk.kernel.language import Reader, reader, set_reader
from helpdesk.kernel.time import now
from helpdesk.promises.opening import opening_of
from helpdesk.tickets.tables import Attachment
from helpdesk.web.headers import PAGE_POLICY

LARGEST_FILE, MOST_FILES, LARGEST_TOGETHER = 10_000_000, 10, 20_000_000
THEMES = ("light", "dark")
HONEYPOT = "website"
"""A field that only machines fill."""

Language = Annotated[str | None, QueryParameter(name="lang")]
Flag = FromQuery[bool]
Text = FromQuery[str]


class Look(msgspec.Struct, frozen=True):
    """How a visitor sees the form; kept in the addresses of the page, as a frame has no cookies."""

    language: str
    theme: str = ""
    is_embedded: bool = False

    @property
    def query(self) -> str:
        parts = [
            f"lang={self.language}",
            "embed=1" if self.is_embedded else "",
            f"theme={self.theme}" if self.theme else "",
        ]
        return "?" + "&".join(part for part in parts if part)


class KeptFile(msgspec.Struct, frozen=True):
    """A file that this page uploaded; the handle alone lets it be sent."""

    handle: str
    name: str
    size: int


async def found_form(slug: str, language: str | None, is_embedded: bool, theme: str) -> tuple[FormDefinition, Look]:
    """Raises NotFound."""
    form = await find_form_at(slug[:60])
    return form, look_of(form, language=language, theme=theme, is_embedded=is_embedded)


def look_of(form: FormDefinition, *, language: str | None, theme: str, is_embedded: bool) -> Look:
    """The look that was asked for, as far as the form has it; the visitor is the reader from now on."""
    spoken = form.in_language(language)
    set_reader(Reader(spoken, reader().time_zone, theme if theme in THEMES else "system"))
    return Look(spoken, theme if theme in THEMES else "", is_embedded)


async def show_form(
    form: FormDefinition, look: Look, *, slip: Slip | None = None, typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None, kept: list[KeptFile] | None = None, is_offered: bool = False, status: int = 200,
    notice: str = "", retry_after: int = 0, ancestors: Literal["sites", "self"] = "sites",
) -> Template:  # fmt: skip
    """The form, empty or with what was typed and what is wrong with it."""
    slip = proving.issue(form.id, at=now(), nonce=slip.nonce if slip else "")
    context = {
        "typed": dict.fromkeys(names_of(form), "") | (typed or {}), "errors": errors or {}, "kept": kept or [], "notice_text": notice, "slip": slip.text,
        "work_bits": proving.WORK_BITS, "shortest": proving.SHORTEST.total_seconds(), "is_preview": ancestors == "self",
        "largest_file": LARGEST_FILE, "most_files": MOST_FILES, "is_offered": is_offered,
    }  # fmt: skip
    headers = {"retry-after": str(retry_after)} if retry_after else {}
    return await form_page(
        "portal/form.html", form, look, status=status, ancestors=ancestors, headers=headers, **context
    )


async def show_closed(form: FormDefinition, look: Look) -> Template:
    """What visitors of a form read that is out of use."""
    return await form_page("portal/closed.html", form, look, status=410)


async def show_thanks(form: FormDefinition, look: Look, *, number: int, answer_by: str) -> Template:
    return await form_page("portal/thanks.html", form, look, number=number, answer_by=answer_by)


def kept_file(slip: Slip, upload: Attachment) -> KeptFile:
    return KeptFile(proving.sign_upload(slip, upload.id), upload.name, upload.size)


def policy(form: FormDefinition, ancestors: str) -> dict[str, str]:
    """Headers that let the sites of the form show it in a frame; frame-ancestors wins over X-Frame-Options (CSP 3, 6.4.2.2)."""
    allowed = "'self'" if ancestors == "self" else " ".join(form.origins) or "'none'"
    headers = {
        "content-security-policy": PAGE_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {allowed}"),
        "cross-origin-resource-policy": "cross-origin",
    }
    return headers | ({"x-frame-options": "SAMEORIGIN"} if ancestors == "self" else {})


async def form_page(
    template: str, form: FormDefinition, look: Look, *, status: int = 200, ancestors: str = "sites",
    headers: dict[str, str] | None = None, **context: Any,
) -> Template:  # fmt: skip
    """A page of the form, with the brand and the opening hours around it."""
    at = now()
    channel = await Channel.objects().get(Channel.id == form.channel) if form.channel else None
    opening = await opening_of(channel, at) if channel else None
    return Template(
        template,
        context={
            "form": form, "look": look, "words": form.words(look.language), "brand": await the_brand(),
            "hours": opening.hours if opening and opening.is_limited else "",
            "is_open": opening is None or opening.is_open, "opens": opening.opens if opening else "", **context,
        },
        status_code=status,
        headers=policy(form, ancestors) | (headers or {}),
    )  # fmt: skip
