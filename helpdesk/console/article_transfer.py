"""Articles out of the knowledge base and into it, as Markdown with a few lines at the top."""

import io
from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Stream, Template

from helpdesk.articles.changing import PUBLISH, import_articles
from helpdesk.console.asked import Me, Typed
from helpdesk.console.knowledge import words
from helpdesk.console.rendering import frame, render
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from knowledge_base.exporting import export, in_chunks
from knowledge_base.importing import LARGEST, Imported

LARGEST_UPLOAD = LARGEST + 64 * 1024


class TransferController(Controller):
    path = "/console/knowledge/transfer"

    @get("/")
    async def show(self, agent: Me) -> Template:
        demand(agent, PUBLISH)
        return await _page(agent)

    @post("/articles.zip", status_code=200)
    async def download(self, agent: Me) -> Stream:
        """Everything, drafts included; no GET, as the export itself is written down."""
        demand(agent, PUBLISH)
        file = await export()
        await record("exported", by=agent, at=now(), about=About(name="articles"))
        headers = {"content-disposition": 'attachment; filename="articles.zip"'}
        return Stream(in_chunks(file), media_type="application/zip", headers=headers)

    @post("/", status_code=200, request_max_body_size=LARGEST_UPLOAD)
    async def upload(self, agent: Me, form: Typed) -> Response[Any] | Template:
        """Each file becomes a draft; what could not be taken is told."""
        demand(agent, PUBLISH)
        files = form.files("file")
        try:
            if not files:
                raise Invalid(file=_("Choose a file first."))
            content = await files[0].read(LARGEST + 1)
            if len(content) > LARGEST:
                raise Invalid(file=_("This file is larger than 25 MB."))
            done = await import_articles(files[0].filename, io.BytesIO(content), by=agent, at=now())
        except Invalid as error:
            return await _page(agent, errors=error.fields, status=422)
        return await _page(agent, done=done)


async def _page(
    agent: SignedIn, *, done: Imported | None = None, errors: dict[str, str] | None = None, status: int = 200
) -> Template:
    return render("knowledge/transfer.html", status=status, **await frame(agent), done=done, errors=errors or {}, **words())  # fmt: skip
