"""What is promised, as clocks need it: versions of policies, read once in a process, since a version never changes."""

from collections.abc import Callable

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
        found = await rows(
            f"{_VERSION} WHERE v.number = p.version AND p.is_active AND p.deleted_at IS NULL ORDER BY p.position, p.id"
        )
        _current, _edition = [_promise(row) for row in found], edition
    return _current


def known() -> tuple[int, list[Promise]]:
    """What `current` has answered last, and of which edition."""
    return _edition, _current


async def promise(version: int) -> Promise:
    """One version, old ones too; raises LookupError when there is none."""
    if version not in _kept:
        found = await rows(f"{_VERSION} WHERE v.id = {{}}", version)
        if not found:
            raise LookupError(f"no version {version} of a policy")
        _kept[version] = _promise(found[0])
    return _kept[version]


def holding(promises: list[Promise], matches: Callable[[Conditions], bool]) -> list[Promise]:
    """Those that hold for something: the first of the customers' that matches, then all internal ones that do."""
    customers = next((one for one in promises if not one.is_internal and matches(one.conditions)), None)
    internal = [one for one in promises if one.is_internal and matches(one.conditions)]
    return [customers, *internal] if customers else internal


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
