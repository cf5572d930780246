"""What strangers sent: files, the HTML of mails in a frame of its own, and originals. Nothing in here may run."""

import re
from collections.abc import Callable
from urllib.parse import quote

from litestar import Controller, MediaType, Response, get
from litestar.response import Template

from helpdesk.channels.email.html_text import is_right_to_left
from helpdesk.channels.email.link_targets import show_targets
from helpdesk.channels.email.sanitising import present
from helpdesk.console.asked import Flag, Id, Me
from helpdesk.console.marking import marked, tickets_named
from helpdesk.console.rendering import frame, render
from helpdesk.console.timeline import images_by_cid, is_shown_in_place
from helpdesk.intake.fates import raw_of_message
from helpdesk.kernel import blobs
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.permissions import demand
from helpdesk.tickets.attachments import find_attachment, find_ticket_of
from helpdesk.tickets.conversation import messages_named

_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_MAY_RUN = re.compile(r"html|xml|svg|script|pdf|flash|java", re.IGNORECASE)

FRAME_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:{images}; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
FRAME = """<!doctype html>
<html lang="{language}" dir="{direction}"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><link rel="icon" href="data:,"><title></title><style>
:root {{ color-scheme: light; }}
body {{ margin: 8px; font: 14px/1.55 system-ui, "Segoe UI", "Noto Sans Arabic", Tahoma, sans-serif; color: #1c2230; background: #fff; overflow-wrap: anywhere; }}
img {{ max-width: 100%; height: auto; }} table {{ max-width: 100%; }} a {{ color: #1763c6; }} pre {{ white-space: pre-wrap; }}
.real-target {{ font: 600 12px/1.4 ui-monospace, monospace; color: #8a3b00; background: #fff1e0; border-radius: 4px; padding: 1px 5px; }}
.mention {{ padding: 0 .25em; border-radius: 4px; background: #e6eefc; color: #174ea6; font-weight: 600; }} .mention.me {{ background: #fff0c2; color: #6b4a00; }} .mention.untold {{ background: #eee; color: #666; }}
p:first-child {{ margin-top: 0; }} p:last-child {{ margin-bottom: 0; }}
</style></head><body dir="auto">{body}</body></html>
"""


class FilesController(Controller):
    path = "/console"

    @get("/attachments/{attachment_id:int}")
    async def download(self, agent: Me, attachment_id: Id) -> Response[bytes]:
        """The file, to be saved; images of the usual kinds may be shown in place."""
        found = await find_attachment(attachment_id, seen_by=agent)
        try:
            content = await blobs.read(found.blob)
        except FileNotFoundError as error:
            raise NotFound(
                _("The content of this file is missing. An administrator can look into the backup.")
            ) from error
        is_image = is_shown_in_place(found.content_type)
        return Response(content, media_type=served_type(found.content_type), headers={
            "content-disposition": disposition(found.name, is_inline=is_image),
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "cache-control": "private, max-age=600",
        })  # fmt: skip

    @get("/messages/{message_id:int}/frame")
    async def show_html(self, agent: Me, message_id: Id, images: Flag = False) -> Response[str]:
        """The HTML of a mail under a policy of its own; with `images` it may load those of other servers."""
        ticket = await find_ticket_of(message_id, seen_by=agent)
        [message] = await messages_named(ticket.id, [message_id])
        if not message["body_html"]:
            raise NotFound(_("This message has no HTML."))
        body = show_targets(
            present(message["body_html"], image_url=_images_of(message["attachments"]), allow_remote=images)
        )
        if message["author_kind"] == "agent":
            links = await tickets_named([message["body_text"]], seen_by=agent)
            body = marked(body, message["mentions"], links, agent.id, elsewhere=True)
        language = message["language"]
        page = FRAME.format(language=language, direction="rtl" if is_right_to_left(language) else "ltr", body=body)
        return Response(page, media_type=MediaType.HTML, headers={
            "content-security-policy": FRAME_POLICY.format(images=" https: http:" if images else ""),
            "x-frame-options": "SAMEORIGIN", "referrer-policy": "no-referrer",
        })  # fmt: skip

    @get("/messages/{message_id:int}/original")
    async def original(self, agent: Me, message_id: Id) -> Template:
        """The mail as it came: headers and source."""
        demand(agent, "see_raw_mail")
        ticket = await find_ticket_of(message_id, seen_by=agent)
        raw = await raw_of_message(message_id)
        if raw is None:
            raise NotFound(_("This message did not come by mail."))
        return render(
            "settings/original.html", **await frame(agent), ticket=ticket, raw=raw, source=as_text(raw["content"])
        )


def served_type(content_type: str) -> str:
    """The type that we say: what a browser could run is only bytes."""
    lowered = content_type.lower()
    if is_shown_in_place(lowered):
        return lowered
    return lowered if _CONTENT_TYPE.fullmatch(lowered) and not _MAY_RUN.search(lowered) else "application/octet-stream"


def disposition(name: str, *, is_inline: bool = False) -> str:
    """RFC 6266: a plain name for old programs and the exact one."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%;]', "_", name) or "file"
    exact = quote(name, safe="")
    return f"{'inline' if is_inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{exact}"


def as_text(content: bytes) -> str:
    """The first half megabyte of a mail, readable."""
    return content[: 512 * 1024].decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "\ufffd")


def _images_of(attachments: list[dict]) -> Callable[[str], str | None]:
    """From a Content-ID to the address of its file, where we have one that browsers show."""
    by_cid = images_by_cid(attachments)

    def image_url(cid: str) -> str | None:
        return f"/console/attachments/{by_cid[cid]}" if cid in by_cid else None

    return image_url
