"""What the knowledge base lacks, for who publishes it, with the beginning of an article one click away."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk import actors
from helpdesk.articles import gaps
from helpdesk.articles.changing import PUBLISH
from helpdesk.articles.gap_writing import begin_from_requests, begin_from_search
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.knowledge import words
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import N_, _
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand

PERIODS = {"7": N_("Last 7 days"), "28": N_("Last 28 days"), "90": N_("Last 90 days")}
USUAL = "28"


class GapsController(Controller):
    path = "/console/knowledge/gaps"

    @get("/")
    async def show(
        self, agent: Me, days: Text = "", said: Text = "", aside: Text = "", language: Text = ""
    ) -> Template:
        """`aside` is what was just set aside: the number of a group, or words of a `language`, to be brought back."""
        demand(agent, PUBLISH)
        days = days if days in PERIODS else USUAL
        since = now() - timedelta(days=int(days))
        shown: dict[str, Any] = {
            "groups": await gaps.groups_of_requests(seen_by=agent), "look": await gaps.last_look(),
            "searches": await gaps.searches_in_vain(since=since), "unhelpful": await gaps.unhelpful_articles(since=since),
            "unused": await gaps.unused_articles(at=now()),
        }  # fmt: skip
        return render(
            "knowledge/gaps.html",
            **await frame(agent),
            **shown,
            days=days,
            periods=PERIODS,
            said=said,
            aside=aside[:200],
            aside_language=language[:8],
            **words(),
        )

    @post("/look", status_code=200)
    async def look(self, agent: Me) -> Response[Any]:
        """Have the requests compared now."""
        demand(agent, PUBLISH)
        actors.look_for_gaps.send()
        return see_other("/console/knowledge/gaps?said=looking#requests")

    @post("/requests/{group_id:int}/article", status_code=200)
    async def write_from_requests(self, agent: Me, group_id: Id) -> Response[Any]:
        article, language = await begin_from_requests(group_id, by=agent, at=now())
        return see_other(f"/console/knowledge/articles/{article}/{language}?said=masked")

    @post("/requests/{group_id:int}/aside", status_code=200)
    async def set_requests_aside(self, agent: Me, group_id: Id) -> Response[Any]:
        demand(agent, PUBLISH)
        await gaps.find_group(group_id, seen_by=agent)
        await gaps.settle(group_id, by=agent, at=now())
        return see_other(f"/console/knowledge/gaps?aside={group_id}")

    @post("/requests/{group_id:int}/back", status_code=200)
    async def bring_requests_back(self, agent: Me, group_id: Id) -> Response[Any]:
        await gaps.unsettle(group_id, by=agent)
        return see_other("/console/knowledge/gaps#requests")

    @post("/searches/article", status_code=200)
    async def write_from_search(self, agent: Me, form: Typed) -> Response[Any]:
        demand(agent, PUBLISH)
        asked, language = form.line("words"), form.line("language")
        if not asked:
            raise Invalid(words=_("Say what was searched for."))
        article, language = await begin_from_search(asked[:200], language, by=agent, at=now())
        return see_other(f"/console/knowledge/articles/{article}/{language}?said=begun")

    @post("/searches/aside", status_code=200)
    async def set_searches_aside(self, agent: Me, form: Typed) -> Response[Any]:
        asked, language = form.line("words")[:200], form.line("language")
        await gaps.set_words_aside(asked, language, by=agent, at=now())
        return see_other(f"/console/knowledge/gaps?{urlencode({'aside': asked, 'language': language})}")

    @post("/searches/back", status_code=200)
    async def bring_searches_back(self, agent: Me, form: Typed) -> Response[Any]:
        await gaps.bring_words_back(form.line("words")[:200], form.line("language"), by=agent)
        return see_other("/console/knowledge/gaps#searches")
