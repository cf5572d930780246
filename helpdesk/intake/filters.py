"""The filters that are kept: their order, their changes, and which of the last mails one would match."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from helpdesk.channels.email.parsing import parse
from helpdesk.intake.filtering import OF_NUMBERS, TESTS, Actions, Condition, Rule, matches
from helpdesk.intake.judging import facts_of
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import latin_digits
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Agent, Team
from helpdesk.tickets.tables import Priority
from helpdesk.tickets.tagging import clean_tags

MOST_CONDITIONS, MOST_FILTERS = 20, 200
LONGEST_VALUE = 500
TRIED = 100
LARGEST_TRIED = 1024 * 1024
"""Bytes of a mail that trying out looks at."""

_LIST = "SELECT id, name, position, is_active, rule FROM hd_mail_filter"
_WITHOUT_VALUE = ("exists", "absent")
_NUMBER = re.compile(r"-?[0-9]{1,8}(?:\.[0-9]{1,3})?")


async def list_filters() -> list[dict[str, Any]]:
    """All filters in their order, `rule` as Rule."""
    return [_decoded(row) for row in await rows(_LIST + " ORDER BY position, id")]


async def find_filter(filter_id: int) -> dict[str, Any]:
    """One filter; raises NotFound."""
    found = await rows(_LIST + " WHERE id = {}", filter_id)
    if not found:
        raise NotFound(_("There is no such filter."))
    return _decoded(found[0])


async def save_filter(filter_id: int | None, *, name: str, rule: Rule, by: SignedIn, at: datetime) -> int:
    """Change a filter, or add one behind the others; its id. Raises Invalid at the field, NotFound."""
    demand(by, "manage_filters")
    name = " ".join(name.split())
    if not name or len(name) > 100:
        raise Invalid(name=_("Give it a name of at most 100 characters."))
    encoded = msgspec.json.encode(await checked(rule)).decode()
    async with _changing():
        if filter_id is not None:
            saved = await rows(
                "UPDATE hd_mail_filter SET name = {}, rule = {} WHERE id = {} RETURNING id", name, encoded, filter_id
            )
        else:
            [found] = await rows("SELECT count(*) AS count, coalesce(max(position), 0) AS last FROM hd_mail_filter")
            if found["count"] >= MOST_FILTERS:
                raise Invalid(name=_("There are too many filters. Remove one first."))
            saved = await rows(
                "INSERT INTO hd_mail_filter (name, position, rule, created_at) VALUES ({}, {}, {}, {}) RETURNING id",
                name, found["last"] + 1, encoded, at,
            )  # fmt: skip
        if not saved:
            raise NotFound(_("There is no such filter."))
        changes = {"rule": (None, msgspec.json.decode(encoded))}
        await record("filter_changed", by=by, at=at, about=About("filter", saved[0]["id"], name), changes=changes)
        return saved[0]["id"]


async def set_active(filter_id: int, is_active: bool, *, by: SignedIn) -> None:
    """Switch the filter on or off."""
    demand(by, "manage_filters")
    async with _changing():
        await rows("UPDATE hd_mail_filter SET is_active = {} WHERE id = {}", is_active, filter_id)
        await record(
            "filter_changed", by=by, about=About("filter", filter_id), changes={"is_active": (None, is_active)}
        )


async def move_up(filter_id: int, *, by: SignedIn) -> None:
    """Ask it before the one that is asked before it now."""
    demand(by, "manage_filters")
    async with _changing():
        ids = [one["id"] for one in await list_filters()]
        place = ids.index(filter_id) if filter_id in ids else 0
        if place:
            ids[place - 1], ids[place] = ids[place], ids[place - 1]
        for position, one in enumerate(ids, 1):
            await rows("UPDATE hd_mail_filter SET position = {} WHERE id = {}", position, one)
        if place:
            await record(
                "filter_changed", by=by, about=About("filter", filter_id), changes={"position": (place + 1, place)}
            )


async def remove_filter(filter_id: int, *, by: SignedIn) -> None:
    """Forget the filter; a second call changes nothing."""
    demand(by, "manage_filters")
    async with _changing():
        for gone in await rows("DELETE FROM hd_mail_filter WHERE id = {} RETURNING name", filter_id):
            about = About("filter", filter_id, gone["name"])
            await record("filter_changed", by=by, about=about, changes={"name": (gone["name"], None)})


async def try_out(rule: Rule, *, by: SignedIn) -> tuple[int, list[dict[str, Any]]]:
    """How many of the last mails were asked, and those that match; of large mails only the beginning is read."""
    demand(by, "manage_filters")
    rule = await checked(rule)
    found = await rows(
        """SELECT r.id, r.received_at, r.sender, r.envelope_from, r.subject, r.size, c.address
        FROM hd_raw_message r JOIN hd_channel c ON c.id = r.channel
        WHERE r.forgotten_at IS NULL AND r.taken_in_at IS NOT NULL AND r.fate NOT IN ('quarantined', 'duplicate')
        ORDER BY r.received_at DESC, r.id DESC LIMIT {}""",
        TRIED,
    )  # fmt: skip
    return len(found), [one for one in found if await _is_matched(rule, one)]


async def checked(rule: Rule) -> Rule:
    """The rule as it is kept; raises Invalid at `conditions`, or at the action that will not do."""
    if not rule.conditions or len(rule.conditions) > MOST_CONDITIONS:
        raise Invalid(conditions=_("Give at least one condition, and at most 20."))
    if rule.actions == Actions():
        raise Invalid(actions=_("Choose at least one thing to do."))
    conditions = [_checked_condition(one) for one in rule.conditions]
    return msgspec.structs.replace(rule, conditions=conditions, actions=await _checked_actions(rule.actions))


def _checked_condition(condition: Condition) -> Condition:
    value, header = " ".join(condition.value.split()), condition.header.strip().rstrip(":").lower()
    if condition.test not in TESTS.get(condition.field, ()):
        raise Invalid(conditions=_("A condition asks something that its field does not have."))
    if condition.field == "header" and not header:
        raise Invalid(conditions=_("Name the header, or * for any."))
    if condition.test in OF_NUMBERS:
        value = latin_digits(value).replace("٫", ".")
        if not _NUMBER.fullmatch(value):
            raise Invalid(conditions=_("A condition needs a number."))
    elif condition.test in _WITHOUT_VALUE:
        value = ""
    elif not value or len(value) > LONGEST_VALUE or len(header) > 100:
        raise Invalid(conditions=_("A condition needs a text of at most 500 characters."))
    return Condition(condition.field, condition.test, value, header if condition.field == "header" else "")


async def _checked_actions(actions: Actions) -> Actions:
    if actions.team is not None and not await Team.exists().where(Team.id == actions.team):
        raise Invalid(team=_("There is no such team."))
    if actions.assignee is not None and not await Agent.exists().where(
        Agent.id == actions.assignee, Agent.deactivated_at.is_null()
    ):
        raise Invalid(assignee=_("There is no such agent, or they cannot answer tickets."))
    if actions.priority is not None and actions.priority not in set(Priority):
        raise Invalid(priority=_("There is no such priority."))
    if actions.language is not None and actions.language not in LANGUAGES:
        raise Invalid(language=_("Choose one of the list."))
    return msgspec.structs.replace(actions, tags=clean_tags(actions.tags))


@asynccontextmanager
async def _changing() -> AsyncIterator[None]:
    """A change of the filters: one at a time, with a new version, by which every worker learns of it."""
    async with transaction():
        await lock("mail filters")
        yield
        await rows("UPDATE hd_installation SET mail_filters_version = mail_filters_version + 1")


async def _is_matched(rule: Rule, mail: dict[str, Any]) -> bool:
    """Read one by one: a hundred mails at once are a hundred megabytes."""
    [kept] = await rows(
        "SELECT substr(content, 1, {}) AS content FROM hd_raw_message WHERE id = {}", LARGEST_TRIED, mail["id"]
    )

    def is_matched() -> bool:
        return matches(facts_of(parse(kept["content"]), mailbox=mail["address"] or "", size=mail["size"]), rule)

    return await asyncio.to_thread(is_matched)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"rule": msgspec.json.decode(row["rule"], type=Rule)}
