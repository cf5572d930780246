"""What the command palette offers while somebody types: tickets, people, views and pages."""

import asyncio
from functools import cache

import msgspec
from litestar import get

from helpdesk.console import settings_home, words
from helpdesk.console.asked import Me, Text
from helpdesk.console.views import name_of, teams_of
from helpdesk.customers.completing import customers_like
from helpdesk.kernel.language import LANGUAGES, N_, _, digits, speaking
from helpdesk.kernel.text import words_of
from helpdesk.kernel.time import now
from helpdesk.kernel.transliterating import sounds_of
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import may
from helpdesk.tickets.queries import VIEWS
from helpdesk.tickets.searching.finding import find
from helpdesk.tickets.searching.meaning import understand

MOST = 6
"""Of each kind."""
SHORTEST_SOUND = 2
LONGEST = 100

PAGES = [
    settings_home.Entry("/console", "inbox", N_("Inbox"), ""),
    settings_home.Entry("/console/customers", "users", N_("Customers"), ""),
    settings_home.Entry("/console/organisations", "building-2", N_("Organisations"), ""),
    settings_home.Entry("/console/tickets/new", "plus", N_("New ticket"), "", "open"),
    settings_home.Entry("/console/settings", "settings", N_("Settings"), ""),
    *(page for _title, pages in settings_home.SECTIONS for page in pages),
]
"""Those of the settings, and a few more."""


class Entry(msgspec.Struct, frozen=True):
    title: str
    detail: str
    url: str
    icon: str


class Group(msgspec.Struct, frozen=True):
    kind: str
    name: str
    items: list[Entry]


class Offer(msgspec.Struct, frozen=True):
    groups: list[Group]


@get("/console/palette")
async def offer(agent: Me, q: Text = "") -> Offer:
    """JSON: what fits, in groups; empty ones are left out. `#` asks for tickets alone, `@` for people, `>` for pages."""
    typed, only = q.strip()[:LONGEST], q.strip()[:1]
    rest = typed[1:].strip() if only in ("@", ">") else typed
    wanted = {"#": ("tickets",), "@": ("people",), ">": ("views", "pages")}.get(
        only, ("tickets", "people", "views", "pages")
    )
    people, tickets, customers = await asyncio.gather(  # outside of any transaction, each on a connection of its own
        directory(),
        _tickets(rest, agent) if "tickets" in wanted and rest else _none(),
        _customers(rest) if "people" in wanted and rest else _none(),
    )
    teams = {key: name_of(key, people) for key in teams_of(agent, people)}
    views = [settings_home.Entry(f"/console?view={key}", "inbox", name, "") for key, name in (VIEWS | teams).items()]
    pages = [page for page in PAGES if may(agent, page.verb)]
    groups = [
        Group("tickets", _("Tickets"), tickets), Group("people", _("Customers"), customers),
        Group("views", _("Views"), _fitting(rest, views) if "views" in wanted else []),
        Group("pages", _("Pages"), _fitting(rest, pages) if "pages" in wanted else []),
    ]  # fmt: skip
    return Offer([group for group in groups if group.items])


async def _none() -> list[Entry]:
    return []


async def _tickets(typed: str, agent: SignedIn) -> list[Entry]:
    found = await find(await understand(typed, by=agent, at=now()), seen_by=agent, limit=MOST)
    return [
        Entry(
            row["subject"] or _("(no subject)"), f"#{digits(row['number'])} · {row['customer_name']} · {_(words.STATUSES[row['status']])}",
            f"/console/tickets/{row['number']}", words.CHANNEL_ICONS.get(row["channel_kind"], "mail"),
        )
        for row in found.rows
    ]  # fmt: skip


async def _customers(typed: str) -> list[Entry]:
    found = await customers_like(typed, most=MOST)
    return [
        Entry(row["name"] or row["handle"] or "", row["handle"] or "", f"/console/customers/{row['id']}", "user")
        for row in found
    ]


def _fitting(typed: str, pages: list[settings_home.Entry]) -> list[Entry]:
    """Pages whose names begin with each of the words in any of our languages; when there are none, those that sound so."""
    beginnings, heard = words_of(typed), [sound for sound in sounds_of(typed) if len(sound) >= SHORTEST_SOUND]
    written = [page for page in pages if _begin(_spellings(page.title, page.words)[0], beginnings)]
    fitting = written or [page for page in pages if heard and _begin(_spellings(page.title, "")[1], heard)]
    return [Entry(_(page.title), _(page.about) if page.about else "", page.path, page.icon) for page in fitting[:MOST]]


def _begin(words: list[str], beginnings: list[str]) -> bool:
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


@cache
def _spellings(*texts: str) -> tuple[list[str], list[str]]:
    """The words of the texts in each of our languages, and their sounds."""
    names = []
    for language in LANGUAGES:
        with speaking(language):
            names += [_(text) for text in texts if text]
    return [word for one in names for word in words_of(one)], [sound for one in names for sound in sounds_of(one)]
