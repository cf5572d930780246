"""Canned texts: what is written often, kept once in each language, to be put into an answer (`tickets.canned_filling`).

One belongs to everybody, to a team or to a single agent. Deleting one keeps it, so that it can be brought back.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import UniqueViolationError

from helpdesk.channels.email.written import read_written
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.placeholders import fault_of
from helpdesk.kernel.text import normalise, sort_key, words_of
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand, may
from helpdesk.people.tables import Team
from helpdesk.tickets.canned_filling import PLACEHOLDERS
from helpdesk.tickets.tables import CannedText

LONGEST_NAME, LONGEST_SHORTCUT, LONGEST_TEXT, LONGEST_HTML = 120, 40, 20_000, 100_000
_SHORTCUT = re.compile(r"[\w-]+")
_SELECT = """SELECT c.id, c.name, c.shortcut, c.team, c.agent, c.versions, c.uses, c.used_at, c.changed_at, c.deactivated_at, t.name AS team_name,
    EXISTS (SELECT FROM hd_membership WHERE team = c.team AND agent = {} AND is_lead) AS is_lead
FROM hd_canned_text c LEFT JOIN hd_team t ON t.id = c.team """
_USABLE = "(c.agent = {} OR (c.agent IS NULL AND (c.team IS NULL OR c.team = ANY({}))))"
_FOUND = "NOT EXISTS (SELECT FROM unnest({}::text[]) AS wanted WHERE strpos(c.words, wanted) = 0)"


class Version(msgspec.Struct, frozen=True):
    """A text in one language; `html` is None when the text says it all, else the text is made of it. Stored HTML is safe."""

    text: str
    html: str | None = None


class Canned(msgspec.Struct, frozen=True, kw_only=True):
    """`team` and `agent` say whose it is: with neither, everybody's."""

    id: int
    name: str
    shortcut: str
    team: int | None
    team_name: str | None
    agent: int | None
    versions: dict[str, Version]
    uses: int
    used_at: datetime | None
    changed_at: datetime
    is_active: bool
    is_mine_to_change: bool

    def version_for(self, language: str) -> tuple[str, Version]:
        """The version in this language, else the first there is."""
        found = language if language in self.versions else next(iter(self.versions))
        return found, self.versions[found]


class NewCanned(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed; versions without a text are left out. `is_personal` wins over a team."""

    name: str
    shortcut: str = ""
    team: int | None = None
    is_personal: bool = False
    versions: dict[str, Version] = {}


async def offered(q: str, *, to: SignedIn, most: int) -> list[Canned]:
    """What the agent may put in and fits what they type: shortcut first, then name, then what is used most."""
    asked = normalise(q)
    return await _read(
        f"""WHERE c.deactivated_at IS NULL AND {_USABLE} AND {_FOUND}
        ORDER BY CASE WHEN {{}} = '' THEN 2 WHEN c.shortcut = {{}} THEN 0 WHEN starts_with(c.shortcut, {{}}) THEN 1 WHEN starts_with(c.sort_key, {{}}) THEN 2 ELSE 3 END,
            c.agent IS NULL, c.uses DESC, c.sort_key, c.id LIMIT {{}}""",
        to.id, sorted(to.team_ids), _beginnings(q), asked, asked, asked, sort_key(q), most, by=to,
    )  # fmt: skip


async def list_canned(
    *, by: SignedIn, whose: str = "usable", q: str = "", is_active: bool = True, after: tuple[str, int] | None = None, most: int
) -> list[Canned]:  # fmt: skip
    """By name: what the agent may put in (`usable`), what is their `own`, or what is `shared`: everybody's and those of
    all teams, for who manages them."""
    if whose == "shared":
        demand(by, "manage_canned_texts")
    theirs = {
        "usable": (_USABLE, (by.id, sorted(by.team_ids))), "own": ("c.agent = {}", (by.id,)), "shared": ("c.agent IS NULL", ()),
    }[whose]  # fmt: skip
    state = "IS NULL" if is_active else "IS NOT NULL"
    behind = ("AND (c.sort_key, c.id) > ({}, {})", after) if after else ("", ())
    return await _read(
        f"WHERE c.deactivated_at {state} AND {theirs[0]} AND {_FOUND} {behind[0]} ORDER BY c.sort_key, c.id LIMIT {{}}",
        *theirs[1], _beginnings(q), *behind[1], most, by=by,
    )  # fmt: skip


async def find_canned(text_id: int, *, by: SignedIn) -> Canned:
    """One that the agent may put in or change, deleted ones included; raises NotFound."""
    reach = "c.agent IS NULL" if may(by, "manage_canned_texts") else "c.team IS NULL AND c.agent IS NULL"
    found = await _read(
        f"WHERE c.id = {{}} AND ({_USABLE} OR {reach})", text_id, by.id, sorted(by.team_ids), by=by
    )  # fmt: skip
    if not found:
        raise NotFound(_("There is no such canned text, or it is not yours to use."))
    return found[0]


async def save_canned(text_id: int | None, new: NewCanned, *, by: SignedIn, at: datetime) -> int:
    """Add or change a text and return its id; raises Invalid at the field, Refused, NotFound.

    The texts of everybody and of any team are changed by who manages them, a team's by its leads, too, an agent's own by
    that agent alone.
    """
    name, shortcut = " ".join(new.name.split()), normalise(new.shortcut.strip().lstrip("/"))
    versions, errors = await _checked_versions(new.versions)
    if errors := _faults(name, shortcut) | errors:
        raise Invalid(**errors)
    team = None if new.is_personal else new.team
    values: dict[str, Any] = {
        "name": name, "shortcut": shortcut, "team": team, "agent": by.id if new.is_personal else None,
        "versions": msgspec.json.encode(versions).decode(), "sort_key": sort_key(name), "changed_at": at,
        "words": " " + " ".join(words_of(" ".join([shortcut, name, *(one.text for one in versions.values())]))),
    }  # fmt: skip
    async with transaction():
        before = await _demand_changeable(text_id, by) if text_id else None
        await _demand_own(values, by)
        saved = await CannedText.objects().get(CannedText.id == text_id) if text_id else CannedText()
        assert saved is not None, "it was found before"
        for column, value in values.items():
            setattr(saved, column, value)
        await _unless_taken(saved)
        await _tell(before, await find_canned(saved.id, by=by), by=by, at=at)
    return saved.id


async def delete_canned(text_id: int, *, by: SignedIn, at: datetime) -> None:
    """Offer it no longer; a second call changes nothing."""
    await _switch(text_id, at, by=by, at=at)


async def restore_canned(text_id: int, *, by: SignedIn, at: datetime) -> None:
    """Offer a deleted one again; raises Invalid when its shortcut belongs to another one meanwhile."""
    await _switch(text_id, None, by=by, at=at)


async def _switch(text_id: int, deactivated_at: datetime | None, *, by: SignedIn, at: datetime) -> None:
    async with transaction():
        before = await _demand_changeable(text_id, by)
        if before.is_active == (deactivated_at is None):
            return
        saved = await CannedText.objects().get(CannedText.id == text_id)
        assert saved is not None, "it was found before"
        saved.deactivated_at = deactivated_at
        await _unless_taken(saved)
        await _tell(before, await find_canned(text_id, by=by), by=by, at=at)


def demand_changeable(found: Canned) -> None:
    """Raise Refused when it is not for who found it to change."""
    if not found.is_mine_to_change:
        raise Refused(_("Only who manages these texts can change them. Make one of your own instead."))


async def count_use(text_id: int, *, at: datetime) -> None:
    await rows("UPDATE hd_canned_text SET uses = uses + 1, used_at = {} WHERE id = {}", at, text_id)


async def may_share_with(by: SignedIn) -> list[int] | None:
    """The teams for which the agent may write texts; None for all, and for everybody."""
    if may(by, "manage_canned_texts"):
        return None
    found = await rows("SELECT team FROM hd_membership WHERE agent = {} AND is_lead ORDER BY team", by.id)
    return [row["team"] for row in found] if may(by, "keep_canned_texts") else []


async def _read(rest: str, *values: object, by: SignedIn) -> list[Canned]:
    return [_as_canned(row, by) for row in await rows(_SELECT + rest, by.id, *values)]


def _as_canned(row: dict[str, Any], by: SignedIn) -> Canned:
    is_own = row["agent"] is not None and row["agent"] == by.id
    keeps = may(by, "keep_canned_texts")
    is_shared_of_mine = row["agent"] is None and (may(by, "manage_canned_texts") or (keeps and row["is_lead"]))
    return Canned(
        id=row["id"], name=row["name"], shortcut=row["shortcut"], team=row["team"], team_name=row["team_name"], agent=row["agent"],
        versions=msgspec.json.decode(row["versions"], type=dict[str, Version]), uses=row["uses"], used_at=row["used_at"],
        changed_at=row["changed_at"], is_active=row["deactivated_at"] is None, is_mine_to_change=(is_own and keeps) or is_shared_of_mine,
    )  # fmt: skip


async def _demand_changeable(text_id: int, by: SignedIn) -> Canned:
    await rows("SELECT FROM hd_canned_text WHERE id = {} FOR UPDATE", text_id)
    found = await find_canned(text_id, by=by)
    demand_changeable(found)
    return found


async def _demand_own(values: Mapping[str, Any], by: SignedIn) -> None:
    """What it becomes must be the agent's to write, too."""
    demand(by, "keep_canned_texts")
    if values["agent"] is not None:
        return
    teams = await may_share_with(by)
    if teams is not None and values["team"] not in teams:
        raise Refused(_("Your role does not allow this. Ask an administrator if you need it."))
    if values["team"] is not None and not await Team.exists().where(Team.id == values["team"]):
        raise Invalid(team=_("There is no such team."))


async def _unless_taken(saved: CannedText) -> None:
    try:
        await saved.save()
    except UniqueViolationError as error:
        raise Invalid(shortcut=_("Another text has this shortcut.")) from error


def _beginnings(q: str) -> list[str]:
    """As `words` has them: each behind a blank."""
    return [f" {word}" for word in words_of(q)]


def _faults(name: str, shortcut: str) -> dict[str, str]:
    errors = {}
    if not name or len(name) > LONGEST_NAME:
        errors["name"] = _("Give a name of at most 120 characters.")
    if shortcut and (not _SHORTCUT.fullmatch(shortcut) or len(shortcut) > LONGEST_SHORTCUT):
        errors["shortcut"] = _("Use at most 40 letters, digits and hyphens, without blanks.")
    return errors


async def _checked_versions(versions: Mapping[str, Version]) -> tuple[dict[str, Version], dict[str, str]]:
    """With safe HTML and a text for each, and what is wrong with them, at `text_en` and the like."""
    made: dict[str, Version] = {}
    errors: dict[str, str] = {}
    for language, one in versions.items():
        if language not in LANGUAGES:
            errors["versions"] = _("This language is not spoken here.")
            continue
        if len(one.html or "") > LONGEST_HTML:
            errors[f"text_{language}"] = _("This is too long.")
            continue
        written = await asyncio.to_thread(read_written, one.html) if one.html else None
        text = (written.text if written else one.text).strip()
        if len(text) > LONGEST_TEXT:
            errors[f"text_{language}"] = _("This is too long.")
        elif fault := fault_of(text, PLACEHOLDERS):
            errors[f"text_{language}"] = fault
        elif text:
            made[language] = Version(text, written.html if written else None)
    if not made and not errors:
        errors["versions"] = _("Write the text in at least one language.")
    return {language: made[language] for language in LANGUAGES if language in made}, errors


async def _tell(before: Canned | None, after: Canned, *, by: SignedIn, at: datetime) -> None:
    """Into the audit log, but for what is an agent's own before and after."""
    if after.agent is not None and (before is None or before.agent is not None):
        return
    changes = differences(_as_told(before) if before else {}, _as_told(after))
    if changes:
        about = About("canned_text", after.id, after.name)
        kind = "canned_text_changed" if before else "canned_text_added"
        await record(kind, by=by, at=at, about=about, changes=changes)


def _as_told(one: Canned) -> dict[str, Any]:
    texts = {f"text_{language}": version.html or version.text for language, version in one.versions.items()}
    return {"name": one.name, "shortcut": one.shortcut, "team": one.team_name, "is_active": one.is_active, "is_personal": one.agent is not None} | texts  # fmt: skip
