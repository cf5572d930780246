"""Answers with pages, and with the parts of pages that htmx asks for."""

from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.response import Redirect, Template
from litestar.response.base import ASGIResponse

from helpdesk import sink
from helpdesk.console import words
from helpdesk.console.actions import as_json
from helpdesk.console.marking import marked
from helpdesk.console.troubles import told
from helpdesk.deliveries.undoing import SHOWN
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import _, digits, reader, speaking, zone
from helpdesk.kernel.lengths import short_length
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.live.hub import SETTLED, end_of
from helpdesk.people.actor import SignedIn
from helpdesk.people.panes import Panes
from helpdesk.people.standing import SAID
from helpdesk.tickets.bulk import UNDER_WAY
from helpdesk.tickets.notice_centre import counting_unread
from helpdesk.tickets.notice_kinds import KINDS
from helpdesk.tickets.searching.asking import operators
from helpdesk.tickets.uploading import LARGEST
from sla.words import METRICS, STEPS


def local_time(zone_name: str) -> str:
    """What the clock says there."""
    return digits(now().astimezone(zone(zone_name)).strftime("%H:%M"))


WORDS = {
    "statuses": words.STATUSES, "status_colours": words.STATUS_COLOURS, "priorities": words.PRIORITIES, "roles": words.ROLES,
    "channel_icons": words.CHANNEL_ICONS, "fates": words.FATES, "fate_colours": words.FATE_COLOURS, "availabilities": words.AVAILABILITIES, "assignments": words.ASSIGNMENTS, "notice_kinds": KINDS,
    "now": now, "local_time": local_time, "largest_upload": LARGEST, "undo_seconds": int(SHOWN.total_seconds()), "marked": marked, "ticket_links": {}, "later": False, "images": "", "formatted": "", "plain": "",
    "told": told, "search_operators": operators, "as_time": datetime.fromisoformat, "promise_steps": STEPS, "has_sink": lambda: sink.folder().is_dir(),
    "keys_of": as_json, "metrics": METRICS, "short_length": short_length,
}  # fmt: skip
"""What every template may use besides its own values."""


@cache
def _translated(language: str) -> dict[str, dict[str, str]]:
    """Words that lists show in every row, translated once a language."""
    with speaking(language):
        return {
            "status_words": {key: _(text) for key, text in words.STATUSES.items()},
            "priority_words": {key: _(text) for key, text in words.PRIORITIES.items()},
        }


def direction_of(language: str) -> str:
    """`rtl` or `ltr`, for what is in a language of its own."""
    with speaking(language):
        return reader().direction


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks, so that a part of the page is the answer."""
    return bool(request.headers.get("hx-request"))


class Page(Template):
    """A page, or the part of one. A route that answers with a part says what it is a `part_of`: who asks for it as for a
    page, by its address or an old link, is led there, once the route has found that they may have it."""

    def to_asgi_response(self, app: Any, request: Request, **more: Any) -> ASGIResponse:
        whole = request.route_handler.opt.get("part_of")
        if whole is None or wants_fragment(request) or self.status_code != 200:
            return super().to_asgi_response(app, request, **more)
        query = f"?{request.url.query}" if request.url.query else ""
        return ASGIResponse(headers={"location": whole.format_map(request.path_params) + query}, status_code=302)


def render(template: str, /, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Template:
    return Page(
        template,
        context={**WORDS, **_translated(reader().language), "base_url": settings().base_url, **context},
        status_code=status,
        headers=headers or {},
    )


def see_other(path: str) -> Redirect:
    """After a form was taken: the page to go on with, so that reloading sends nothing twice."""
    return Redirect(path, status_code=303)


def go(request: Request, path: str) -> Any:
    """To another page as a whole, whether the browser asked or htmx."""
    if wants_fragment(request):
        return Template("empty.html", headers={"hx-redirect": path})
    return see_other(path)


async def frame(agent: SignedIn) -> dict[str, Any]:
    """What every page of the console shows around its content.

    Read before the content: live updates go on from `live_cursor`, so nothing falls between.
    """
    [row] = await rows(
        f"""SELECT {SETTLED} AS settled,
            {{}} AS unread,
            (SELECT row_to_json(hd_panes) FROM hd_panes WHERE agent = {{}}) AS panes, {SAID},
            (SELECT max(id) FROM hd_bulk WHERE agent = a.id AND {UNDER_WAY}) AS bulk
        FROM hd_agent a WHERE a.id = {{}}""",
        counting_unread(agent), agent.id, agent.id,
    )  # fmt: skip
    return {
        "agent": agent, "live_cursor": str(end_of(row["settled"])), "unread_notices": row["unread"],
        "panes": msgspec.json.decode(row["panes"], type=Panes) if row["panes"] else Panes(),
        "availability": row, "bulk_under_way": row["bulk"],
    }  # fmt: skip
