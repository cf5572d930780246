"""Policies as they are kept: each change is a new version, which never changes again."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any

import msgspec

from helpdesk.kernel.conditions import Conditions
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from sla.promises import newest_for_all
from sla.targets import Target

MOST = 200
MOST_COUNTED = 1_000

_LIST = f"""
SELECT p.id, p.name, p.position, p.is_internal, p.is_active, p.version AS number, p.created_at, v.id AS version, v.conditions, v.targets,
    v.made_at, v.applied_to IS NOT NULL AS is_being_applied,
    (SELECT count(*) FROM (SELECT FROM sla_clock WHERE state IN ('running', 'paused') AND policy_version = ANY(
        ARRAY(SELECT id FROM sla_policy_version WHERE policy = p.id)) LIMIT {MOST_COUNTED}) AS clocks) AS open_clocks
FROM sla_policy p JOIN sla_policy_version v ON v.policy = p.id AND v.number = p.version
WHERE p.deleted_at IS NULL
"""
_LIVE = f"""
SELECT v.number, v.conditions, v.targets, v.since FROM sla_policy_version v WHERE v.policy = {{}} AND v.number >= {newest_for_all("{}")} ORDER BY v.number
"""
_EVER = datetime.min.replace(tzinfo=UTC)
"""Of a version for all tickets that takes nothing away from any."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says that a policy is."""

    name: str = ""
    is_internal: bool = False
    conditions: Conditions = msgspec.field(default_factory=Conditions)
    targets: list[Target] = []


class Policy(Written, frozen=True, kw_only=True):
    id: int
    position: int
    is_active: bool
    number: int
    """Of its newest version."""
    version: int
    """Its newest version's id."""
    created_at: datetime
    made_at: datetime
    """When its newest version was."""
    is_being_applied: bool
    """Its newest version is still on its way to open tickets."""
    open_clocks: int
    """Of any of its versions, counted up to MOST_COUNTED."""

    @property
    def written(self) -> Written:
        return Written(name=self.name, is_internal=self.is_internal, conditions=self.conditions, targets=self.targets)


async def list_policies() -> list[Policy]:
    """All that are not deleted, in their order."""
    return [_policy(row) for row in await rows(f"{_LIST} ORDER BY p.position, p.id")]


async def find_policy(policy_id: int) -> Policy:
    """One that is not deleted; raises NotFound."""
    found = await rows(f"{_LIST} AND p.id = {{}}", policy_id)
    if not found:
        raise NotFound(_("There is no such policy."))
    return _policy(found[0])


async def calendar_names() -> dict[int, str]:
    """Calendars in use, by name."""
    found = await rows("SELECT id, name FROM sla_calendar WHERE deactivated_at IS NULL ORDER BY name, id")
    return {row["id"]: row["name"] for row in found}


async def has_default_calendar() -> bool:
    """Whether business time is any other than all hours, where no target says more."""
    return bool(await rows("SELECT FROM sla_settings WHERE default_calendar IS NOT NULL"))


async def create(written: Written, *, by: int | None, at: datetime, for_open: bool) -> int:
    """Add a policy behind the others; its id. `for_open`: tickets that are open now have it at once."""
    async with changing():
        [found] = await rows("SELECT count(*) AS count, coalesce(max(position), 0) AS last FROM sla_policy WHERE deleted_at IS NULL")  # fmt: skip
        if found["count"] >= MOST:
            raise Invalid(name=_("There are too many policies. Delete one first."))
        [made] = await rows(
            "INSERT INTO sla_policy (name, position, is_internal, created_at) VALUES ({}, {}, {}, {}) RETURNING id",
            written.name, found["last"] + 1, written.is_internal, at,
        )  # fmt: skip
        await _add_version(made["id"], 1, written, by=by, at=at, since=None if for_open else at)
        if for_open:
            await _sweep(made["id"])
    return made["id"]


async def change(policy_id: int, written: Written, *, by: int | None, at: datetime, for_open: bool) -> None:
    """What it says from now on; raises NotFound. Conditions and targets that differ are a new version."""
    async with changing():
        before = await find_policy(policy_id)
        if (before.conditions, before.targets) != (written.conditions, written.targets):
            since = None if for_open else at
            await _add_version(policy_id, before.number + 1, written, by=by, at=at, since=since)
        elif for_open:
            await rows("UPDATE sla_policy_version SET since = NULL WHERE id = {}", before.version)
        if for_open:
            await _sweep(policy_id)
        await rows(
            "UPDATE sla_policy SET name = {}, is_internal = {} WHERE id = {}",
            written.name, written.is_internal, policy_id,
        )  # fmt: skip


async def rewrite(policy_id: int, again: Callable[[Conditions], Conditions], *, by: int | None, at: datetime) -> bool:
    """Ask `again` for the same tickets, in other words: of every version that tickets may have there is another one, beside
    it. False when nothing differs; raises NotFound.

    Of versions for the same tickets the last is theirs. What does not differ is left as it is, unless another one would
    come to stand before it.
    """
    async with changing():
        number = (await find_policy(policy_id)).number
        last = {row["since"] or _EVER: row for row in await rows(_LIVE, policy_id, policy_id)}
        found = [(_written(row), since) for since, row in sorted(last.items(), key=lambda item: int(item[1]["number"]))]
        differing = dropwhile(lambda item: again(item[0].conditions) == item[0].conditions, found)
        added = number
        for added, (one, since) in enumerate(differing, start=number + 1):
            written = msgspec.structs.replace(one, conditions=again(one.conditions))
            await _add_version(policy_id, added, written, by=by, at=at, since=since)
        return added > number


async def reorder(ids: list[int]) -> None:
    """Put all policies into this order; raises Invalid at `ids` when these are not all of them, each once."""
    async with changing():
        found = {row["id"] for row in await rows("SELECT id FROM sla_policy WHERE deleted_at IS NULL")}
        if len(ids) != len(found) or set(ids) != found:
            raise Invalid(ids=_("Name every policy once: some were added or deleted meanwhile."))
        await rows(
            """UPDATE sla_policy SET position = given.position
            FROM unnest({}::int[]) WITH ORDINALITY AS given (id, position) WHERE sla_policy.id = given.id""",
            ids,
        )


async def set_active(policy_id: int, is_active: bool) -> None:
    """Switch it on or off; raises NotFound. Off, it promises nothing any more: its open clocks end. On, it holds for open
    tickets as if it had never been off."""
    async with changing():
        found = await rows(
            "UPDATE sla_policy SET is_active = {} WHERE id = {} AND deleted_at IS NULL RETURNING id",
            is_active,
            policy_id,
        )
        if not found:
            raise NotFound(_("There is no such policy."))
        await _sweep(policy_id)


async def delete(policy_id: int, *, at: datetime) -> None:
    """Forget it, but for reports; a second call changes nothing. Its open clocks end."""
    async with changing():
        await rows("UPDATE sla_policy SET deleted_at = {} WHERE id = {} AND deleted_at IS NULL", at, policy_id)
        await _sweep(policy_id)


@asynccontextmanager
async def changing() -> AsyncIterator[None]:
    """A change of policies: one at a time, with a new edition, by which every process learns of it."""
    async with transaction():
        await lock("sla policies")
        yield
        await rows("UPDATE sla_settings SET edition = edition + 1")


async def _sweep(policy_id: int) -> None:
    """Open tickets are brought to it, or away from it when it promises nothing any more."""
    await rows(
        """UPDATE sla_policy_version v SET applied_to = CASE WHEN v.number = p.version THEN 0 END
        FROM sla_policy p WHERE p.id = {} AND v.policy = p.id""",
        policy_id,
    )


async def _add_version(
    policy_id: int, number: int, written: Written, *, by: int | None, at: datetime, since: datetime | None
) -> None:
    conditions, targets = (msgspec.json.encode(one).decode() for one in (written.conditions, written.targets))
    await rows(
        """INSERT INTO sla_policy_version (policy, number, conditions, targets, made_by, made_at, since)
        VALUES ({}, {}, {}, {}, {}, {}, {})""",
        policy_id, number, conditions, targets, by, at, since,
    )  # fmt: skip
    await rows("UPDATE sla_policy SET version = {} WHERE id = {}", number, policy_id)


def _policy(row: dict[str, Any]) -> Policy:
    return msgspec.convert(row | _read(row), Policy)


def _written(row: dict[str, Any]) -> Written:
    return msgspec.convert(_read(row), Written)


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {name: msgspec.json.decode(row[name]) for name in ("conditions", "targets")}
