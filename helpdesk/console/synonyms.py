"""Words that mean the same: the lists of each language, and what a search finds with them."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.articles.finding import SearchAway, search_articles
from helpdesk.articles.wording import MANAGE, change_synonyms
from helpdesk.console.asked import Me, Name, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _, known, reader
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from knowledge_base.common_synonyms import common_sets
from knowledge_base.querying import Synonyms
from knowledge_base.search import LONGEST
from knowledge_base.synonyms import Lists, checked, find_lists, line_of

SHOWN = 5


class SynonymsController(Controller):
    path = "/console/settings/synonyms"

    @get("/")
    async def show(self, agent: Me, language: Text = "", said: Text = "") -> Template:
        demand(agent, MANAGE)
        chosen = known(language or reader().language)
        return await _page(agent, chosen, await find_lists(chosen), said=said)

    @post("/{language:str}", status_code=200)
    async def save(self, agent: Me, language: Name, form: Typed) -> Response:
        """Save, or only try what is typed: `try` is the button of that."""
        demand(agent, MANAGE)
        if language not in LANGUAGES:
            raise NotFound(_("There is nothing here."))
        typed = _typed(language, form)
        try:
            if form.has("try"):
                words = form.line("words")[:LONGEST]
                return await _page(agent, language, typed, words=words, tried=await _try(language, typed, words, agent))
            await change_synonyms(language, typed, by=agent, at=now())
        except Invalid as error:
            return await _page(agent, language, typed, errors=error.fields, words=form.line("words"), status=422)
        return see_other(f"/console/settings/synonyms?language={language}&said=saved")


def _typed(language: str, form: Form) -> Lists:
    used = set(form.lines("used"))
    lines = [line_of(words) for words in common_sets(language)]
    return Lists(
        groups=form.text("groups"), off=[line for line in lines if line not in used], version=form.whole("version") or 0
    )


async def _try(language: str, typed: Lists, words: str, agent: SignedIn) -> dict[str, Any]:
    """What a search finds with these lists, and whether there is an index; raises Invalid at `groups`."""
    lists = Lists(groups=checked(typed.groups, language), off=typed.off)
    try:
        found = await search_articles(
            words, asked_by=agent, language=language, limit=SHOWN, tried={language: Synonyms(lists.sets(language), language)}
        )  # fmt: skip
    except SearchAway as error:
        return {"away": str(error)}
    return {"away": "", "found": found.items, "total": found.total}


async def _page(agent: SignedIn, language: str, lists: Lists, *, status: int = 200, **more: Any) -> Template:
    shown: dict[str, Any] = {"errors": {}, "said": "", "words": "", "tried": None} | more
    common = [(line, line not in lists.off) for line in map(line_of, common_sets(language))]
    return render(
        "settings/synonyms.html", status=status, **await frame(agent), language=language, lists=lists, common=common, **shown
    )  # fmt: skip
