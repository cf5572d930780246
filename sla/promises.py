"""What is promised, as clocks need it: versions of policies, read once in a process, since a version never changes."""

from collections.abc import Callable, Collection
from datetime import datetime
from itertools import groupby

import msgspec

from helpdesk.kernel.conditions import Conditions
from helpdesk.kernel.database import rows
from sla.targets import Metric, Target, target_of


def newest_for_all(policy: str) -> str:
    """An expression: the number of the policy's newest version for all tickets; those before it are nobody's any more."""
    return f"(SELECT coalesce(max(number), 0) FROM sla_policy_version WHERE policy = {policy} AND since IS NULL)"


_VERSION = """
SELECT v.id, v.policy, v.number, v.since, p.name, p.is_internal, v.conditions, v.targets
FROM sla_policy_version v JOIN sla_policy p ON p.id = v.policy
"""
_IN_USE = f"""{_VERSION} WHERE p.is_active AND p.deleted_at IS NULL AND v.number >= {newest_for_all("p.id")}
ORDER BY p.position, p.id, v.number DESC
"""

_kept: dict[int, "Promise"] = {}
_current: list["Promise"] = []
_edition = -1


class Promise(msgspec.Struct, frozen=True):
    """One version of a policy."""

    id: int
    policy: int
    number: int
    name: str
    is_internal: bool
    since: datetime | None
    """It is for tickets that were opened from then on; None: for all."""
    conditions: Conditions
    targets: list[Target]


async def current(edition: int) -> list[Promise]:
    """All versions of policies in use that tickets may have, by the policies' order, of each the newest first; `edition` is
    that of the settings, just read."""
    global _current, _edition
    if edition != _edition:
        _kept.clear()  # a version never changes, the name of its policy may
        found = await rows(_IN_USE)
        _current, _edition = [_promise(row) for row in found], edition
    return _current


async def promise(version: int) -> Promise:
    """One version, old ones too; raises LookupError when there is none."""
    if version not in _kept:
        found = await rows(f"{_VERSION} WHERE v.id = {{}}", version)
        if not found:
            raise LookupError(f"no version {version} of a policy")
        _kept[version] = _promise(found[0])
    return _kept[version]


def holding(
    promises: list[Promise], matches: Callable[[Conditions], bool], opened_at: datetime, began: Collection[int] = ()
) -> list[Promise]:
    """Those of the current ones that hold for a ticket: the first of the customers' that matches, then all internal ones
    that do.

    Of a policy that version is asked that is for tickets opened then. One of those that it `began` under (ids) goes on as
    long as it matches, unless a newer one is for all tickets.
    """
    policies = [list(versions) for _policy, versions in groupby(promises, key=lambda one: one.policy)]
    found = [one for versions in policies if (one := _matching(versions, matches, opened_at, began))]
    customers = [one for one in found if not one.is_internal]
    return [*customers[:1], *(one for one in found if one.is_internal)]


def _matching(
    versions: list[Promise], matches: Callable[[Conditions], bool], opened_at: datetime, began: Collection[int]
) -> Promise | None:
    kept = [one for one in versions if one.id in began]
    own = [one for one in versions if one.since is None or one.since <= opened_at]
    return next((one for one in (*kept[:1], *own[:1]) if matches(one.conditions)), None)


def promised(promises: list[Promise], metric: Metric, priority: str) -> tuple[Promise, Target] | None:
    """The first target for the metric among what holds."""
    for one in promises:
        if target := target_of(one.targets, metric, priority):
            return one, target
    return None


def _promise(row: dict[str, object]) -> Promise:
    return msgspec.convert(
        row
        | {
            "conditions": msgspec.json.decode(str(row["conditions"])),
            "targets": msgspec.json.decode(str(row["targets"])),
        },
        Promise,
    )


def forget() -> None:
    """All that is remembered: for another database under the same process, as tests have it."""
    global _current, _edition
    _kept.clear()
    _current, _edition = [], -1
