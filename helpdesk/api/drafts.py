"""What a client writes: text, or HTML made safe and its text derived."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from helpdesk.api.requests import WITHOUT_NUL, Id
from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.sanitising import cids_shown, sanitise
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.placeholders import left_in
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.attachments import uploads_shown
from helpdesk.tickets.replying import Draft

BodyText = Annotated[str, Meta(max_length=200_000, pattern=WITHOUT_NUL)]
BodyHtml = Annotated[str, Meta(max_length=500_000, pattern=WITHOUT_NUL)]
Uploads = Annotated[list[Id], Meta(max_length=100)]


class Written(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Give `body_text` or `body_html`; with both, the text is the mail's plain part. `attachments` are ids of uploads."""

    body_text: BodyText = ""
    body_html: BodyHtml | None = None
    attachments: Uploads = []


async def draft_of(written: Written, *, by: SignedIn, keep_placeholders: bool = False) -> Draft:
    """The draft for the domain's verbs, with the images that its HTML shows; raises Invalid when it says nothing."""
    text, html = written.body_text, None
    uploads = written.attachments
    if written.body_html is not None:
        html, derived = await asyncio.to_thread(_made_safe, written.body_html)
        text = text if text.strip() else derived[:200_000]
        uploads = list(dict.fromkeys([*uploads, *await uploads_shown(cids_shown(html), of=by)]))
    if not text.strip() and not uploads:
        raise Invalid(body_text=_("Write something before you send it."))
    return Draft(
        body_text=text.strip(),
        body_html=html,
        uploads=uploads,
        unfilled=frozenset(left_in(text) if keep_placeholders else ()),
    )


def _made_safe(html: str) -> tuple[str, str]:
    safe = sanitise(html).html
    return safe, html_to_text(safe, in_full=True)
