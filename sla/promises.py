"""What is promised, as clocks need it: versions of policies, read once in a process, since a version never changes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from helpdesk.kernel.conditions import Conditions
from helpdesk.kernel.database import rows
from sla.targets import Metric, Target, target_of

_VERSION = """
SELECT v.id, v.policy, v.number, p.name, p.is_internal, v.conditions, v.targets FROM sla_policy_version v JOIN sla_policy p ON p.id = v.policy
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
    conditions: Conditions
    targets: list[Target]


async def current(edition: int) -> list[Promise]:
    """The newest versions of all policies in use, in their order; `edition` is that of the settings, just read."""
    global _current, _edition
    if edition != _edition:
        _kept.clear()  # a version never changes, the name of its policy may
        found = await rows(
            f"{_VERSION} WHERE v.number = p.version AND p.is_active AND p.deleted_at IS NULL ORDER BY p.position, p.id"
        )
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
    promises: list[Promise], matches: Callable[[Conditions], bool], began: Mapping[int, Promise] = MappingProxyType({})
) -> list[Promise]:
    """Those that hold for something: the first of the customers' that matches, then all internal ones that do.

    `began` has by policy the version that holds already: it goes on, as long as it matches, whatever the newest says.
    """
    found = [one for newest in promises if (one := _matching(newest, began.get(newest.policy), matches))]
    customers = [one for one in found if not one.is_internal]
    return [*customers[:1], *(one for one in found if one.is_internal)]


def _matching(newest: Promise, began: Promise | None, matches: Callable[[Conditions], bool]) -> Promise | None:
    return next((one for one in (began, newest) if one and matches(one.conditions)), None)


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
