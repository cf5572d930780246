"""Who may say what is promised: policies are checked, kept and told of in the audit log."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from helpdesk.kernel.database import transaction
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.tickets.condition_fields import checked_conditions
from sla import policies
from sla.naming import checked_name
from sla.policies import Policy, Written, calendar_names, find_policy
from sla.target_checking import Known, checked_targets
from sla.targets import Metric, Priority, Step, Target, Warning

VERB = "manage_policies"
_HOUR = 3_600


async def list_policies(*, by: SignedIn) -> list[Policy]:
    """All policies in their order."""
    demand(by, VERB)
    return await policies.list_policies()


async def save_policy(
    policy_id: int | None, written: Written, *, by: SignedIn, at: datetime, for_open: bool = False
) -> int:
    """Change a policy, or add one behind the others; its id. Raises Invalid at the field, NotFound.

    `for_open`: open tickets have the new version, too; otherwise they keep the one that they began under.
    """
    demand(by, VERB)
    written = await checked(written)
    async with transaction():
        if policy_id is None:
            saved = await policies.create(written, by=by.id, at=at, for_open=for_open)
            await _tell(by, at, saved, written.name, {"name": (None, written.name)}, kind="policy_added")
            return saved
        before = await find_policy(policy_id)
        await policies.change(policy_id, written, by=by.id, at=at, for_open=for_open)
        after = await find_policy(policy_id)
        changes = differences(_told(before), _told(after)) | ({"for_open": (None, True)} if for_open else {})
        await _tell(by, at, policy_id, written.name, changes)
        return policy_id


async def switch(policy_id: int, is_active: bool, *, by: SignedIn, at: datetime) -> None:
    """Switch it on or off; raises NotFound."""
    demand(by, VERB)
    async with transaction():
        before = await find_policy(policy_id)
        await policies.set_active(policy_id, is_active)
        await _tell(
            by, at, policy_id, before.name, differences({"is_active": before.is_active}, {"is_active": is_active})
        )


async def put_in_order(ids: list[int], *, by: SignedIn, at: datetime) -> None:
    """Ask them in this order; raises Invalid at `ids` unless it names all of them."""
    demand(by, VERB)
    async with transaction():
        before = {one.id: one for one in await policies.list_policies()}
        await policies.reorder(ids)
        if list(before) != ids:
            names = [before[one].name for one in ids]
            await _tell(by, at, None, "", {"order": ([one.name for one in before.values()], names)})


async def move(policy_id: int, places: int, *, by: SignedIn, at: datetime) -> None:
    """Ask it so many places later, or earlier, among its kind; at an end it stays. Raises NotFound."""
    demand(by, VERB)
    async with transaction():
        moved = await find_policy(policy_id)
        found = await policies.list_policies()
        kinds = {
            is_internal: [one.id for one in found if one.is_internal == is_internal] for is_internal in (False, True)
        }
        mine = kinds[moved.is_internal]
        place = max(0, mine.index(policy_id) + places)
        mine.remove(policy_id)
        mine.insert(place, policy_id)
        await put_in_order(kinds[False] + kinds[True], by=by, at=at)


async def delete_policy(policy_id: int, *, by: SignedIn, at: datetime) -> None:
    """Delete it; one that is gone already is no error."""
    demand(by, VERB)
    async with transaction():
        if found := [one for one in await policies.list_policies() if one.id == policy_id]:
            await policies.delete(policy_id, at=at)
            await _tell(by, at, policy_id, found[0].name, {"name": (found[0].name, None)})


async def add_ready_made(*, by: SignedIn, at: datetime) -> int:
    """A first policy for every ticket, to begin with; its id. A day is eight hours of business time here."""
    steps = (Step(do="notify_assignee"), Step(do="notify_lead"))
    targets = [
        Target(
            metric=metric, seconds=hours * _HOUR, priority=priority, warnings=(Warning(percent=75),), steps=steps,
            entered=(hours, "hours"),
        )
        for metric, usual, urgent in ((Metric.FIRST_REPLY, 4, 1), (Metric.FIRST_RESOLUTION, 16, 8))
        for priority, hours in _both(usual, urgent)
    ]  # fmt: skip
    return await save_policy(None, Written(name=_("Standard"), targets=targets), by=by, at=at, for_open=False)


async def checked(written: Written) -> Written:
    """The policy as it is kept; raises Invalid at the field."""
    name = checked_name(written.name)
    people = await directory()
    known = Known(
        calendars=await calendar_names(),
        agents=[one.id for one in people.agents.values() if one.is_active],
        teams=people.teams,
    )
    return msgspec.structs.replace(
        written, name=name, conditions=await checked_conditions(written.conditions), targets=checked_targets(written.targets, known),
    )  # fmt: skip


def _both(usual: int, urgent: int) -> tuple[tuple[Priority | None, int], ...]:
    return (None, usual), ("urgent", urgent)


def _told(policy: Policy) -> dict[str, object]:
    return {"name": policy.name, "is_internal": policy.is_internal, "version": policy.number}


async def _tell(
    by: SignedIn, at: datetime, policy_id: int | None, name: str, changes: Mapping[str, tuple[object, object]], *, kind: str = "policy_changed"
) -> None:  # fmt: skip
    if changes:
        await record(kind, by=by, at=at, about=About("policy", policy_id, name), changes=changes)
