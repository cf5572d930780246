"""Files of articles: added by form, or by the editor for an image that was pasted or dropped."""

from typing import Any

from litestar import Controller, Request, Response, post

from helpdesk.articles import changing
from helpdesk.articles.changing import WRITE
from helpdesk.articles.seeing import find_translation
from helpdesk.console.asked import Id, Me, Name, Typed
from helpdesk.console.forms import Form
from helpdesk.console.knowledge import path_of
from helpdesk.console.rendering import see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from knowledge_base.filing import LARGEST, File

LARGEST_UPLOAD = LARGEST + 64 * 1024


class ArticleFilesController(Controller):
    path = "/console/knowledge/articles/{article_id:int}/{language:str}"

    @post("/files", status_code=201, request_max_body_size=LARGEST_UPLOAD)
    async def add(self, request: Request, agent: Me, article_id: Id, language: Name, form: Typed) -> Response[Any]:
        """A file below the article; with `inline` an image of the text, whose address is the answer."""
        demand(agent, WRITE)
        _article, there = await find_translation(article_id, language, seen_by=agent)
        is_inline = form.is_checked("inline")
        made = await _add(article_id, form, is_inline=is_inline, by=agent)
        if is_inline:
            return Response({"src": made.path, "name": made.name}, status_code=201)
        return see_other(f"{path_of(there)}?said=file#files")

    @post("/files/{file_id:int}/deletion", status_code=200)
    async def remove(self, agent: Me, article_id: Id, language: Name, file_id: Id) -> Response:
        demand(agent, WRITE)
        _article, there = await find_translation(article_id, language, seen_by=agent)
        await changing.remove_file(article_id, file_id, by=agent)
        return see_other(f"{path_of(there)}?said=removed#files")


async def _add(article_id: int, form: Form, *, is_inline: bool, by: SignedIn) -> File:
    """Raises Invalid at `file`."""
    for file in form.files("file"):
        content = await file.read(LARGEST + 1)
        return await changing.add_file(
            article_id, file.filename, file.content_type, content, is_inline=is_inline, by=by, at=now()
        )
    raise Invalid(file=_("Choose a file first."))
