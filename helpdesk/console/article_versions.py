"""Versions of an article's words: their list, what differs between two, and the way back."""

import asyncio

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.articles import changing
from helpdesk.articles.changing import WRITE
from helpdesk.articles.seeing import find_translation
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.knowledge import path_of, words
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.language import _, digits
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from knowledge_base import revisions
from knowledge_base.articles import Article, Translation
from knowledge_base.diffing import compare
from knowledge_base.revisions import find_revision, list_revisions

MOST = 50


class VersionsController(Controller):
    path = "/console/knowledge/articles/{article_id:int}/{language:str}/versions"

    @get("/")
    async def show(self, agent: Me, article_id: Id, language: Name, before: Text = "") -> Template:
        article, there = await _found(agent, article_id, language)
        found = await list_revisions(there.id, before=_number(before), most=MOST + 1)
        return render(
            "knowledge/versions.html", **await frame(agent), article=article, there=there, found=found[:MOST], has_more=len(found) > MOST,
            people=await directory(), **words(),
        )  # fmt: skip

    @get("/{version:int}")
    async def compare_two(
        self, agent: Me, article_id: Id, language: Name, version: Id, against: Text = "", said: Text = ""
    ) -> Template:
        """This version beside another one: the one that readers see, the newest, or the one before it."""
        article, there = await _found(agent, article_id, language)
        shown = await find_revision(there.id, version)
        is_beside = shown.based_on is not None
        other = await revisions.before(there.id, version)
        if is_beside or against == "newest":
            other = await find_revision(there.id, there.newest)
        elif against == "published" and there.published:
            other = await find_revision(there.id, there.published)
        blocks = await asyncio.to_thread(compare, other.html if other else "", shown.html)
        return render(
            "knowledge/version.html", **await frame(agent), article=article, there=there, shown=shown, other=other, blocks=blocks, said=said,
            people=await directory(), against=against, **words(),
        )  # fmt: skip

    @post("/{version:int}/restoration", status_code=200)
    async def restore(self, agent: Me, article_id: Id, language: Name, version: Id, form: Typed) -> Response:
        """Its words are the newest ones from now on; those of now stay as a version."""
        _article, there = await _found(agent, article_id, language)
        note = _("Version %(n)s again") % {"n": digits(version)}
        seen = form.whole("version")
        saved = await changing.restore(article_id, language, version, version=seen, note=note, by=agent, at=now())
        if saved.is_beside:
            return see_other(f"{path_of(there)}/versions/{saved.number}?said=beside")
        return see_other(f"{path_of(there)}?said=restored")


async def _found(agent: SignedIn, article_id: int, language: str) -> tuple[Article, Translation]:
    demand(agent, WRITE)
    return await find_translation(article_id, language, seen_by=agent)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
