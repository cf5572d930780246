"""Naming colleagues in a note: they are told, and follow the ticket.

Who may not see the ticket hears nothing of it, unless who writes may let them in; then they follow it, which is what lets
them see it. Of a named team the members are told, and follow only when it is that which lets them in.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.kernel import redis
from helpdesk.kernel.database import after_commit, rows
from helpdesk.kernel.text import normalise, words_of
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may
from helpdesk.tickets.changing import change
from helpdesk.tickets.naming import agents_and_teams, names, said_in
from helpdesk.tickets.tables import Message, Ticket

_REACH = """
SELECT a.id, a.role IN ('admin', 'manager') OR NOT EXISTS (SELECT FROM hd_team WHERE id = {} AND is_private)
    OR EXISTS (SELECT FROM hd_membership WHERE team = {} AND agent = a.id) OR a.id = {}
    OR EXISTS (SELECT FROM hd_follower WHERE ticket = {} AND agent = a.id) AS sees
FROM hd_agent a WHERE a.deactivated_at IS NULL AND (a.id = ANY({}) OR {})
"""
"""Who is named, or everybody, and whether they see the ticket (rulings 4); the same in SQL as `queries.visible_to`."""


async def mention(ticket: Ticket, message: Message, *, by: SignedIn, at: datetime) -> None:
    """Write down whom the note names, and tell them; in the transaction that wrote it, which holds the ticket."""
    if "@" not in message.body_text:
        return
    said = said_in(message.body_text, await names())
    wanted = await _meant([one.named.team for one in said if one.named.team])
    lines: dict[tuple[str, int | None], int | None] = {}
    by_name: set[int] = set()
    for one in said:
        team, name = one.named.team, message.body_text[one.start + 1 : one.end]
        by_name.update(one.named.agents)
        for agent in (wanted.get(team, []) if team else one.named.agents) or [None]:
            lines[name, agent] = team
    if not lines:
        return
    sees = await who_sees(ticket, among={agent for _name, agent in lines if agent})
    reached = {agent for agent, is_seeing in sees.items() if is_seeing or may(by, "let_in")}
    kept = {(name, agent if agent in reached else None): team for (name, agent), team in lines.items()}
    await _write(message.id, kept, by=by, at=at)
    if told := reached - {by.id}:
        following = await _follow(ticket.id, {one for one in told if one in by_name or not sees[one]})
        await change(
            ticket, "mentioned", by=by, at=at, message=message.id, always=True,
            told={"mentioned": (None, sorted(told)), "following": (None, following)},
        )  # fmt: skip


async def unmention(message_id: int, *, at: datetime) -> None:
    """The note is taken back, in the caller's transaction: whom it let in is out again, and nobody is told any more.

    Whoever is just writing the notices of it (`concerning`) is waited for: they go, too. As read ones that no list shows, so
    that bells hear of it.
    """
    await rows("SELECT FROM hd_message WHERE id = {} FOR NO KEY UPDATE", message_id)
    await rows("DELETE FROM hd_mention WHERE message = {}", message_id)
    await rows(
        """DELETE FROM hd_follower f USING hd_event e, jsonb_array_elements(e.changes::jsonb -> 'following' -> 1) AS followed
        WHERE e.message = {} AND e.kind = 'mentioned' AND f.ticket = e.ticket AND f.agent = followed::int""",
        message_id,
    )
    gone = await rows(
        """UPDATE hd_notice SET read_at = coalesce(read_at, {}), due_at = NULL, in_centre = false, commit_order = pg_current_xact_id()::text::bigint
        WHERE id IN (SELECT n.id FROM hd_notice n JOIN hd_event e ON e.id = n.event
            WHERE e.message = {} AND e.kind = 'mentioned' ORDER BY n.id FOR UPDATE OF n) RETURNING id""",
        at, message_id,
    )  # fmt: skip
    if gone:
        after_commit(redis.ring)


async def who_sees(ticket: Ticket, *, among: Collection[int] | None = None) -> dict[int, bool]:
    """Of these agents, or of all, those who are still here, and whether they see the ticket."""
    found = await rows(
        _REACH, ticket.team, ticket.team, ticket.assignee, ticket.id, sorted(among or []), among is None
    )  # fmt: skip
    return {row["id"]: bool(row["sees"]) for row in found}


class Mentionable(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to choose from: `said` is what stands behind the @; who does not `sees` the ticket may have to be let in."""

    id: int
    name: str
    said: str
    is_team: bool = False
    sees: bool = True


async def mentionable(q: str, *, ticket: Ticket, by: SignedIn) -> list[Mentionable]:
    """Colleagues and teams with a word that begins with each of those typed; who does not see the ticket last."""
    agents, teams = await agents_and_teams()
    sees, wanted = await who_sees(ticket), words_of(q)
    called = Counter(normalise(one["name"]) for one in agents)
    found = [
        Mentionable(
            id=one["id"], name=one["name"], said=one["name"] if called[normalise(one["name"])] == 1 else one["email"],
            sees=sees.get(one["id"], False),
        )
        for one in agents if one["id"] != by.id and _fits(f"{one['name']} {one['email'].partition('@')[0]}", wanted)
    ]  # fmt: skip
    found += [Mentionable(id=one["id"], name=one["name"], said=one["name"], is_team=True) for one in teams if _fits(one["name"], wanted)]  # fmt: skip
    return sorted(found, key=lambda one: not one.sees)


def _fits(name: str, wanted: list[str]) -> bool:
    words = words_of(name)
    return all(any(word.startswith(beginning) for word in words) for beginning in wanted)


async def mark_seen(ticket: Ticket, *, by: SignedIn, upto: int, at: datetime) -> None:
    """The agent has had the notes that name them before them, as far as the message `upto`."""
    await rows(
        """UPDATE hd_mention x SET seen_at = {} FROM hd_message m
        WHERE x.agent = {} AND x.seen_at IS NULL AND m.id = x.message AND m.ticket = {} AND m.id <= {}""",
        at, by.id, ticket.id, upto,
    )  # fmt: skip


async def _meant(teams: list[int]) -> dict[int | None, list[int]]:
    """The members of each team."""
    if not teams:
        return {}
    found = await rows(
        """SELECT m.team, array_agg(m.agent ORDER BY m.agent) AS agents FROM hd_membership m JOIN hd_agent a ON a.id = m.agent
        WHERE m.team = ANY({}) AND a.deactivated_at IS NULL GROUP BY m.team""",
        sorted(set(teams)),
    )  # fmt: skip
    return {row["team"]: row["agents"] for row in found}


async def _write(message_id: int, lines: dict[tuple[str, int | None], Any], *, by: SignedIn, at: datetime) -> None:
    """Who writes has seen it."""
    said, agents, teams = zip(*((name, agent, team) for (name, agent), team in lines.items()), strict=True)
    await rows(
        """INSERT INTO hd_mention (message, agent, team, said, at, seen_at)
        SELECT {}, agent, team, said, {}, CASE WHEN agent = {} THEN {}::timestamptz END FROM unnest({}::text[], {}::int[], {}::int[]) AS lines (said, agent, team)
        ON CONFLICT DO NOTHING""",
        message_id, at, by.id, at, list(said), list(agents), list(teams),
    )  # fmt: skip


async def _follow(ticket_id: int, agents: Collection[int]) -> list[int]:
    """Those who did not follow it before."""
    made = await rows(
        "INSERT INTO hd_follower (ticket, agent) SELECT {}, unnest({}::int[]) ON CONFLICT DO NOTHING RETURNING agent",
        ticket_id,
        sorted(agents),
    )
    return sorted(row["agent"] for row in made)
