"""What the command palette offers: actions with their keys, tickets, people, views and pages."""

import asyncio
from functools import cache
from typing import Any, TypeVar

import msgspec
from litestar import get
from piccolo.columns.combination import WhereRaw

from helpdesk.articles.finding import SearchAway, search_articles
from helpdesk.console import settings_home, words
from helpdesk.console.actions import CHOSEN, TABLE, Action, pressed, shown
from helpdesk.console.asked import Me, Text
from helpdesk.console.forms import read_whole
from helpdesk.console.views import name_of, teams_of
from helpdesk.customers.completing import customers_like
from helpdesk.kernel.language import LANGUAGES, N_, _, digits, speaking
from helpdesk.kernel.text import words_of
from helpdesk.kernel.time import now
from helpdesk.kernel.transliterating import sounds_of
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory, directory
from helpdesk.people.permissions import may
from helpdesk.tickets.queries import VIEWS, page_of
from helpdesk.tickets.searching.finding import find
from helpdesk.tickets.searching.meaning import understand

T = TypeVar("T", settings_home.Entry, Action)
KINDS = {"actions", "articles", "tickets", "people", "views", "pages"}
MOST = 6
"""Of each kind."""
SHORTEST_SOUND = 2
LONGEST = 100

PAGES = [
    settings_home.Entry("/console/organisations", "building-2", N_("Organisations"), ""),
    settings_home.Entry("/console/bulk", "history", N_("Done with many tickets"), "", "change"),
    settings_home.Entry("/console/settings", "settings", N_("Settings"), ""),
    *(page for _title, pages in settings_home.SECTIONS for page in pages),
]
"""Those of the settings, and a few more."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Either `url` says where it leads, or `does` what the page does; `key` is what is pressed for it, a label for each stroke."""

    title: str
    detail: str = ""
    url: str = ""
    icon: str = ""
    does: str = ""
    key: list[str] = []


class Group(msgspec.Struct, frozen=True):
    kind: str
    name: str
    items: list[Entry]


class Offer(msgspec.Struct, frozen=True):
    groups: list[Group]


@get("/console/palette")
async def offer(agent: Me, q: Text = "", recent: Text = "", of: Text = "") -> Offer:
    """JSON: what fits, in groups; empty ones are left out. `#` asks for tickets alone, `?` for articles, `@` for people, `>` for actions, views and pages.

    To nothing the answer is every action, the tickets of `recent` (numbers with commas between them) and the views. Which of
    the actions can be done on the page is for the page to say. With `of=names` the answer is colleagues and teams alone.
    """
    typed, only = q.strip()[:LONGEST], q.strip()[:1]
    if of == "names":
        return _as_offer([Group("names", "", await _names_like(typed))])
    if not typed:
        return _as_offer(await _everything(agent, recent))
    rest = typed[1:].strip() if only in ("@", ">", "?", "؟") else typed
    wanted = {"#": {"tickets"}, "?": {"articles"}, "؟": {"articles"}, "@": {"people"}, ">": {"actions", "views", "pages"}}.get(only, KINDS)  # fmt: skip
    (
        people,
        tickets,
        articles,
        customers,
    ) = await asyncio.gather(  # outside of any transaction, each on a connection of its own
        directory(),
        _tickets(rest, agent) if "tickets" in wanted and rest else _none(),
        _articles(rest, agent) if "articles" in wanted and rest else _none(),
        _customers(rest) if "people" in wanted and rest else _none(),
    )
    actions = [one for one in CHOSEN.values() if may(agent, one.verb)]
    pages = [page for page in PAGES if may(agent, page.verb)]
    return _as_offer([
        Group("actions", _("Commands"), [_of_action(one, agent) for one in fitting(rest, actions)] if "actions" in wanted else []),
        Group("tickets", _("Tickets"), tickets), Group("articles", _("Articles"), articles), Group("people", _("Customers"), customers),
        Group("views", _("Views"), _of_pages(fitting(rest, _views(agent, people))) if "views" in wanted else []),
        Group("pages", _("Pages"), _of_pages(fitting(rest, pages)) if "pages" in wanted else []),
    ])  # fmt: skip


async def _names_like(typed: str) -> list[Entry]:
    """For who chooses one of them: the page looks for the letters itself, and asks here for what sounds so."""
    people = await directory()
    named = [settings_home.Entry("", "", one.name, "") for one in (*people.agents.values(), *people.teams.values())]
    return [Entry(one.title) for one in fitting(typed, named)]


def _as_offer(groups: list[Group]) -> Offer:
    return Offer([group for group in groups if group.items])


async def _everything(agent: SignedIn, recent: str) -> list[Group]:
    numbers = [number for one in recent.split(",")[:MOST] if (number := read_whole(one))]
    people, opened = await asyncio.gather(directory(), _by_number(numbers, agent))
    of_ticket, *others = [
        Group(
            kind, _(title), [_of_action(one, agent) for one in actions if one.name in CHOSEN and may(agent, one.verb)]
        )
        for kind, (title, actions) in zip(("ticket", "writing", "moving", "going"), TABLE, strict=True)
    ]
    return [
        of_ticket, Group("recent", _("Opened last"), opened), Group("views", _("Views"), _of_pages(_views(agent, people))), *others
    ]  # fmt: skip


def _views(agent: SignedIn, people: Directory) -> list[settings_home.Entry]:
    teams = {key: name_of(key, people) for key in teams_of(agent, people)}
    return [settings_home.Entry(f"/console?view={key}", "inbox", name, "") for key, name in (VIEWS | teams).items()]


def _of_action(action: Action, agent: SignedIn) -> Entry:
    key = shown(pressed(action.name, agent))
    return Entry(_(action.title), url=action.path, icon=action.icon, does="" if action.path else action.name, key=key)


def _of_pages(pages: list[settings_home.Entry]) -> list[Entry]:
    return [Entry(_(page.title), _(page.about) if page.about else "", page.path, page.icon) for page in pages[:MOST]]


async def _none() -> list[Entry]:
    return []


async def _tickets(typed: str, agent: SignedIn) -> list[Entry]:
    found = await find(await understand(typed, by=agent, at=now()), seen_by=agent, limit=MOST)
    return _of_tickets(found.rows)


async def _articles(typed: str, agent: SignedIn) -> list[Entry]:
    """None while there is no index: the rest of the palette goes on."""
    try:
        found = await search_articles(typed, asked_by=agent, language=agent.language, is_typing=True, limit=MOST)
    except SearchAway:
        return []
    return [Entry(one.title, one.snippet, f"/console/articles/{one.article}/{one.language}", "book-open") for one in found.items]  # fmt: skip


async def _by_number(numbers: list[int], agent: SignedIn) -> list[Entry]:
    if not numbers:
        return []
    page = await page_of(WhereRaw("hd_ticket.number = ANY({})", numbers), seen_by=agent, limit=MOST)
    return _of_tickets(sorted(page.rows, key=lambda row: numbers.index(row["number"])))


def _of_tickets(found: list[dict[str, Any]]) -> list[Entry]:
    return [
        Entry(
            row["subject"] or _("(no subject)"), f"#{digits(row['number'])} · {row['customer_name']} · {_(words.STATUSES[row['status']])}",
            f"/console/tickets/{row['number']}", words.CHANNEL_ICONS.get(row["channel_kind"], "mail"),
        )
        for row in found
    ]  # fmt: skip


async def _customers(typed: str) -> list[Entry]:
    found = await customers_like(typed, most=MOST)
    return [
        Entry(row["name"] or row["handle"] or "", row["handle"] or "", f"/console/customers/{row['id']}", "user")
        for row in found
    ]


def fitting(typed: str, named: list[T]) -> list[T]:
    """What is named with words that begin with each of those typed, in any of our languages; when there are none, those that sound so."""
    beginnings, heard = words_of(typed), [sound for sound in sounds_of(typed) if len(sound) >= SHORTEST_SOUND]
    written = [one for one in named if _begin(_spellings(one.title, one.words)[0], beginnings)]
    return written or [one for one in named if heard and _begin(_spellings(one.title, "")[1], heard)]


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
