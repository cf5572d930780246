"""What a client writes: text, or HTML made safe and its text derived."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from helpdesk.api.requests import WITHOUT_NUL, Id
from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.sanitising import sanitise
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.placeholders import left_in
from helpdesk.tickets.replying import Draft

BodyText = Annotated[str, Meta(max_length=200_000, pattern=WITHOUT_NUL)]
BodyHtml = Annotated[str, Meta(max_length=500_000, pattern=WITHOUT_NUL)]
Uploads = Annotated[list[Id], Meta(max_length=100)]


class Written(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Give `body_text` or `body_html`; with both, the text is the mail's plain part. `attachments` are ids of uploads."""

    body_text: BodyText = ""
    body_html: BodyHtml | None = None
    attachments: Uploads = []


async def draft_of(written: Written, *, keep_placeholders: bool = False) -> Draft:
    """The draft for the domain's verbs; raises Invalid when it says nothing."""
    text, html = written.body_text, None
    if written.body_html is not None:
        html, derived = await asyncio.to_thread(_made_safe, written.body_html)
        text = text if text.strip() else derived[:200_000]
    if not text.strip() and not written.attachments:
        raise Invalid(body_text=_("Write something before you send it."))
    return Draft(
        body_text=text.strip(),
        body_html=html,
        uploads=written.attachments,
        unfilled=frozenset(left_in(text) if keep_placeholders else ()),
    )


def _made_safe(html: str) -> tuple[str, str]:
    safe = sanitise(html).html
    return safe, html_to_text(safe, in_full=True)
