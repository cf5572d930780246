"""Names of colleagues and teams behind an @, as they stand in notes.

A mention is `@` and the full name of an agent or a team, an agent's e-mail address, or the part of it before its own @;
folded as the search folds, the longest that fits. A name that several have means all of them, the part of an address
only when one has it. So a note reads the same everywhere: in the editor, in a mail, in the API.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import normalise

_ALL = """
SELECT (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'email', email) ORDER BY name, id), '[]')
        FROM hd_agent WHERE deactivated_at IS NULL) AS agents,
    (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY name, id), '[]') FROM hd_team) AS teams
"""
_AT = re.compile(r"(?<![\w@.+-])@(?=[\w\u200c])")
_END = re.compile(r"(?<=\w)(?![\w\u0300-\u036f\u064b-\u065f])")
_MOST = 200
"""Signs of a note that are looked at."""
_LONGEST = 320


class Named(msgspec.Struct, frozen=True):
    """Whom a name means: ids of agents, or of a team's."""

    agents: tuple[int, ...] = ()
    team: int | None = None


class Said(msgspec.Struct, frozen=True):
    """A name in a text: `text[start:end]` with its sign."""

    start: int
    end: int
    named: Named


async def agents_and_teams() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Everybody who works here, with `id`, `name` and `email`, and every team, with `id` and `name`, by name."""
    [found] = await rows(_ALL)
    return msgspec.json.decode(found["agents"]), msgspec.json.decode(found["teams"])


async def names() -> dict[str, Named]:
    """Whom each name means, folded."""
    return names_of(*await agents_and_teams())


def names_of(agents: Iterable[Mapping[str, Any]], teams: Iterable[Mapping[str, Any]]) -> dict[str, Named]:
    """Agents win over a team of the same name."""
    made: dict[str, Named] = {normalise(one["name"]): Named(team=one["id"]) for one in teams}
    called: dict[str, tuple[int, ...]] = {}
    parts: dict[str, list[int]] = {}
    for one in agents:
        for key in {normalise(one["name"]), normalise(one["email"])}:
            called[key] = (*called.get(key, ()), one["id"])
        parts.setdefault(normalise(one["email"].partition("@")[0]), []).append(one["id"])
    made |= {key: Named(agents=(ids[0],)) for key, ids in parts.items() if len(ids) == 1 and key not in made}
    made |= {key: Named(agents=ids) for key, ids in called.items()}
    made.pop("", None)
    return made


def said_in(text: str, known: Mapping[str, Named]) -> list[Said]:
    """The names in the text, in order; none overlaps another."""
    longest = min(max(map(len, known), default=0) + 20, _LONGEST)
    found: list[Said] = []
    for sign in list(_AT.finditer(text))[:_MOST]:
        if found and sign.start() < found[-1].end:
            continue
        line = text[sign.end() : sign.end() + longest].split("\n", 1)[0]
        for end in sorted(_ends(line), reverse=True):
            if named := known.get(normalise(line[:end])):
                found.append(Said(sign.start(), sign.end() + end, named))
                break
    return found


def _ends(line: str) -> Iterator[int]:
    return (one.start() for one in _END.finditer(line))
