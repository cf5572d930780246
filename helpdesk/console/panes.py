"""Arranging the console: split or table, views shown or put away, rows far or close, and widths."""

from urllib.parse import urlencode

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import FromQuery

from helpdesk.console.asked import Me, Typed
from helpdesk.console.inbox import NO_CONTENT
from helpdesk.console.rendering import see_other, wants_fragment
from helpdesk.people.panes import NARROWEST, arrange, within_limits

Width = FromQuery[int]
FOR_EVER = "private, max-age=31536000, immutable"
_SWITCHES = {"is_table", "hides_views", "hides_person", "is_compact"}


class PanesController(Controller):
    path = "/console/panes"

    @post("/", status_code=200)
    async def arrange(self, request: Request, agent: Me, form: Typed) -> Response:
        """Remember what the form names: `is_table`, `hides_views`, `hides_person`, `is_compact`, widths; then back to the list, as it was."""
        switches = {name: form.line(name) == "1" for name in _SWITCHES if form.has(name)}
        widths = {name: form.whole(name) or 0 for name in NARROWEST if form.has(name)}
        if switches or widths:
            await arrange(agent, **switches, **widths)
        if wants_fragment(request):
            return Response(b"", status_code=NO_CONTENT)
        ticket = f"/tickets/{number}" if (number := form.whole("number")) else ""
        shown = urlencode({name: form.line(name) for name in ("view", "sort") if form.line(name)})
        return see_other(f"/console{ticket}?{shown}")

    @get("/style.css", media_type=MediaType.CSS)
    async def style(self, views_width: Width = 0, list_width: Width = 0, person_width: Width = 0) -> Response[str]:
        """The widths as a style sheet, so that the page is right before any script runs and no style stands in it.

        The address says it all, so a browser keeps it for ever.
        """
        asked = {"views_width": views_width, "list_width": list_width, "person_width": person_width}
        widths = {name: within_limits(name, width) for name, width in asked.items()}
        said = "".join(f"--{name.replace('_', '-')}:{width}px;" for name, width in widths.items() if width)
        return Response(f":root{{{said}}}", media_type=MediaType.CSS, headers={"cache-control": FOR_EVER})
