"""What became of received mail, what the demo's sink holds, and how the queues are."""

import asyncio
import re
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.response import Template
from redis import RedisError

from helpdesk import sink
from helpdesk.channels.email import fields, mime
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.mail_accounts import troubled_accounts
from helpdesk.channels.mailboxes import list_mailboxes
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.days import read_day, told_of_days, write_day
from helpdesk.console.files import as_text, disposition
from helpdesk.console.forms import LARGEST_ID, LARGEST_SMALL_ID, read_whole
from helpdesk.console.reasons import in_words
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.words import FATES
from helpdesk.health import readiness
from helpdesk.intake.fates import raw_of
from helpdesk.intake.searching import PAGE, Asked, Place, search_log, search_turned_away
from helpdesk.intake.senders import remove_rule
from helpdesk.intake.taking_in_again import take_in_again
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.heartbeats import is_missed, processes
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

MOST_HEADERS = 300
KINDS = ("web", "worker", "scheduler", "mail-server")
"""Every installation has these."""
_FILE = re.compile(r"[\w.-]{1,80}\.eml")


class MailLogController(Controller):
    path = "/console/mail-log"

    @get("/")
    async def show(
        self, agent: Me, q: Text = "", mailbox: Text = "", fate: Text = "", since: Text = "", until: Text = "",
        before: Text = "", said: Text = "",
    ) -> Template:  # fmt: skip
        """Where a mail is: what is asked for, the newest first, each with its fate and why."""
        demand(agent, "see_mail_log")
        typed = {
            "q": q.strip(),
            "mailbox": mailbox,
            "fate": fate if fate in FATES else "",
            "since": since,
            "until": until,
        }
        asked, errors = _asked(typed)
        found, older = ([], "") if errors else await _page(asked, agent, _read_place(before))
        shown = {
            "mails": found,
            "typed": typed,
            "errors": errors,
            "older": urlencode(typed | {"before": older}) if older else "",
        }
        return render(
            "settings/mail_log.html", **await frame(agent), **shown, channels=await list_mailboxes(), today=write_day(now()), told_of_days=told_of_days, said=said,
        )  # fmt: skip

    @post("/{mail_id:int}/take-in", status_code=200)
    async def take_in(self, agent: Me, mail_id: Id, form: Typed) -> Response:
        """Take it in anyway, or run it again; with `unblock` its sender's rule goes, too."""
        demand(agent, "see_mail_log")
        await take_in_again(mail_id, by=agent)
        if rule := form.whole("unblock"):
            await remove_rule(rule, by=agent)
        return see_other(f"/console/mail-log?q={mail_id}&said=taken-in")

    @get("/{mail_id:int}/source")
    async def source(self, agent: Me, mail_id: Id) -> Template:
        """Its headers, readable, and all of it as it came: as text, whatever it is."""
        found = await _raw(agent, mail_id)
        content = bytes(found["content"])
        headers = await asyncio.to_thread(_headers, content)
        return render(
            "settings/mail_source.html", **await frame(agent), mail=found, mail_headers=headers, source=as_text(content)
        )

    @get("/{mail_id:int}/raw")
    async def download(self, agent: Me, mail_id: Id) -> Response[bytes]:
        """The mail's bytes, to be saved."""
        found = await _raw(agent, mail_id)
        headers = {
            "content-disposition": disposition(f"mail-{mail_id}.eml"),
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        }
        return Response(bytes(found["content"]), media_type="application/octet-stream", headers=headers)


async def _raw(agent: SignedIn, mail_id: int) -> dict[str, Any]:
    demand(agent, "see_raw_mail")
    found = await raw_of(mail_id)
    if found is None:
        raise NotFound(_("There is no such mail."))
    if found["forgotten_at"]:
        raise NotFound(_("This mail is not kept any more; the log says what became of it."))
    return found


def _headers(content: bytes) -> list[tuple[str, str]]:
    found, _end, _defects = mime.split_headers(content, 0, len(content))
    return [(name, fields.words(value)) for name, value in found[:MOST_HEADERS]]


def _asked(typed: dict[str, str]) -> tuple[Asked, dict[str, str]]:
    """What is asked for, and an error for each day that is none: "nothing found" would be a wrong answer to it."""
    channel = read_whole(typed["mailbox"])
    since, until = read_day(typed["since"]), read_day(typed["until"], is_last=True)
    asked = Asked(
        text=typed["q"], channel=channel if channel is None else min(channel, LARGEST_SMALL_ID), fate=typed["fate"],
        since=since, until=until,
    )  # fmt: skip
    wrong = [name for name, day in (("since", since), ("until", until)) if typed[name].strip() and day is None]
    return asked, dict.fromkeys(wrong, told_of_days())


async def _page(asked: Asked, agent: SignedIn, before: Place | None) -> tuple[list[dict[str, Any]], str]:
    """Mails that were received and those turned away as one list, and the place of the next page, if any."""
    received = await search_log(asked, seen_by=agent, before=before, most=PAGE + 1)
    away = await search_turned_away(asked, before=before, most=PAGE + 1)
    both = merge(received, away, key=lambda one: (one["received_at"], one["id"]), reverse=True)
    found = list(islice(both, PAGE + 1))
    last = found[PAGE - 1] if len(found) > PAGE else None
    shown = [one | {"why": in_words(one["reason"], one["fate"])} for one in found[:PAGE]]
    return shown, f"{last['received_at'].isoformat()}~{last['id']}" if last else ""


def _read_place(text: str) -> Place | None:
    """The place of a page, or None: then it is the first."""
    at, _tilde, number = text.partition("~")
    try:
        place = datetime.fromisoformat(at), int(number)
    except ValueError:
        return None
    return place if place[0].tzinfo and 0 < place[1] <= LARGEST_ID else None


class SinkController(Controller):
    """Outgoing mail that the demo keeps on this machine: with everybody's one-time links, so for administrators alone."""

    path = "/console/sink"

    @get("/")
    async def show(self, agent: Me) -> Template:
        demand(agent, "see_raw_mail")
        mails = await asyncio.to_thread(_newest)
        return render("settings/sink.html", **await frame(agent), mails=mails, is_running=sink.folder().is_dir())

    @get("/{name:str}")
    async def one(self, agent: Me, name: Name) -> Template:
        demand(agent, "see_raw_mail")
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
    at = now()
    try:
        running = await asyncio.to_thread(processes, at=at)
    except RedisError:  # what is the matter with it stands on the page
        running = []
    missed = [one for one in running if is_missed(one, at=at)]
    there = {one.kind for one in running}
    return render(
        "settings/queues.html", **await frame(agent), found=await readiness(), troubled=await troubled_accounts(), processes=running,
        missed=missed, missing=[kind for kind in KINDS if running and kind not in there], versions=sorted({one.version for one in running}),
    )  # fmt: skip


def _newest(most: int = 100) -> list[dict[str, Any]]:
    """The newest mails of the sink with what a list shows of them."""
    if not sink.folder().is_dir():
        return []
    return [
        {"name": path.name, "mail": parse(path.read_bytes())} for path in reversed(sink.kept(sink.folder())[-most:])
    ]
