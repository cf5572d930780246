"""What became of received mail, what the demo's sink holds, and how the queues are."""

import asyncio
import re
from typing import Any

from litestar import Controller, Response, get
from litestar.response import Template

from helpdesk import sink
from helpdesk.channels.email.parsing import parse
from helpdesk.console.asked import Id, Me, Name, Text
from helpdesk.console.files import as_text, disposition
from helpdesk.console.forms import read_whole
from helpdesk.console.rendering import frame, render
from helpdesk.console.words import FATES
from helpdesk.health import readiness
from helpdesk.intake.fates import latest_fates, raw_of
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.permissions import demand

PAGE = 50
_FILE = re.compile(r"[\w.-]{1,80}\.eml")


class MailLogController(Controller):
    path = "/console/mail-log"

    @get("/")
    async def show(self, agent: Me, below: Text = "", fate: Text = "") -> Template:
        """The newest mails first, each with its fate and why."""
        demand(agent, "see_mail_log")
        chosen = fate if fate in FATES else ""
        found = await latest_fates(below=read_whole(below), fate=chosen or None, most=PAGE + 1)
        older = found[PAGE - 1]["id"] if len(found) > PAGE else None
        return render("settings/mail_log.html", **await frame(agent), mails=found[:PAGE], older=older, fate=chosen)

    @get("/{mail_id:int}/raw")
    async def download(self, agent: Me, mail_id: Id) -> Response[bytes]:
        """The mail's bytes, to be saved."""
        demand(agent, "see_mail_log")
        found = await raw_of(mail_id)
        if found is None:
            raise NotFound(_("There is no such mail."))
        headers = {
            "content-disposition": disposition(f"mail-{mail_id}.eml"),
            "content-security-policy": "default-src 'none'; sandbox",
        }
        return Response(bytes(found["content"]), media_type="application/octet-stream", headers=headers)


class SinkController(Controller):
    """Outgoing mail that the demo keeps on this machine: with everybody's one-time links, so for administrators alone."""

    path = "/console/sink"

    @get("/")
    async def show(self, agent: Me) -> Template:
        demand(agent, "see_mail_log")
        mails = await asyncio.to_thread(_newest)
        return render("settings/sink.html", **await frame(agent), mails=mails, is_running=sink.folder().is_dir())

    @get("/{name:str}")
    async def one(self, agent: Me, name: Name) -> Template:
        demand(agent, "see_mail_log")
        path = sink.folder() / name
        if not _FILE.fullmatch(name) or not path.is_file():
            raise NotFound(_("There is no such mail."))
        content = await asyncio.to_thread(path.read_bytes)
        mail = await asyncio.to_thread(parse, content)
        return render("settings/sunk.html", **await frame(agent), mail=mail, source=as_text(content))


@get("/console/queues")
async def show_queues(agent: Me) -> Template:
    """Whether everything runs, and what waits."""
    demand(agent, "see_queues")
    return render("settings/queues.html", **await frame(agent), found=await readiness())


def _newest(most: int = 100) -> list[dict[str, Any]]:
    """The newest mails of the sink with what a list shows of them."""
    if not sink.folder().is_dir():
        return []
    return [
        {"name": path.name, "mail": parse(path.read_bytes())} for path in reversed(sink.kept(sink.folder())[-most:])
    ]
