"""Tags: which are in use, renaming, merging and deleting them everywhere."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.text import normalise
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.promises.renaming_tags import rename_tag
from helpdesk.tickets.retagging import count_of, recent_changes, retag
from helpdesk.tickets.tagging import RECENT, tags_in_use

MOST = 300


class TagsController(Controller):
    path = "/console/settings/tags"

    @get("/")
    async def show(self, request: Request, agent: Me, q: Text = "", said: Text = "") -> Template:
        """Tags of the last tickets, the most used first; while one types, the list alone."""
        demand(agent, "manage_tags")
        wanted = normalise(q)
        found = [(tag, count) for tag, count in await tags_in_use(seen_by=agent) if wanted in normalise(tag)]
        shown = {"tags": found[:MOST], "has_more": len(found) > MOST, "q": q.strip(), "recent": RECENT}
        if wants_fragment(request):
            return render("settings/_tags.html", **shown)
        return render("settings/tags.html", **await frame(agent), **shown, said=said, changes=await recent_changes())

    @get("/progress", part_of="/console/settings/tags")
    async def progress(self, agent: Me) -> Template:
        """How far the last changes are; it asks again by itself while one is under way."""
        demand(agent, "manage_tags")
        return render("settings/_tag_changes.html", changes=await recent_changes())

    @get("/change")
    async def edit(self, agent: Me, tag: Text = "") -> Template:
        return await _form(agent, tag)

    @post("/change", status_code=200)
    async def change(self, agent: Me, form: Typed) -> Response:
        """Give the tag another name; one that exists takes its tickets."""
        tag = form.line("tag")
        try:
            await rename_tag(tag, form.line("becomes"), by=agent, at=now())
        except Invalid as error:
            return await _form(agent, tag, becomes=form.line("becomes"), errors=error.fields, status=422)
        return see_other("/console/settings/tags?said=changed")

    @post("/deletion", status_code=200)
    async def delete(self, agent: Me, form: Typed) -> Response:
        await retag(form.line("tag"), None, by=agent, at=now())
        return see_other("/console/settings/tags?said=changed")


async def _form(agent: SignedIn, tag: str, *, becomes: str | None = None, **more: Any) -> Template:
    demand(agent, "manage_tags")
    shown = {"errors": {}, "becomes": tag if becomes is None else becomes, "tag": tag} | more
    return render(
        "settings/tag.html", **await frame(agent), count=await count_of(tag), known=await tags_in_use(seen_by=agent), **shown
    )  # fmt: skip
