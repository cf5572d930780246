"""/sla-policies: what is promised, to which tickets."""

from typing import Annotated, Literal

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import WITHOUT_NUL, Caller, Moment, PathId, PathSmallId, SmallId, set_fields
from helpdesk.kernel.conditions import Conditions
from helpdesk.kernel.database import transaction
from helpdesk.kernel.lengths import in_units
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.promises import policies
from helpdesk.promises.policies import VERB
from helpdesk.promises.trying import policies_for
from sla.naming import LONGEST_NAME
from sla.policies import Policy, Written, find_policy
from sla.target_checking import LONGEST, SHORTEST
from sla.targets import Metric, Priority, ReopenMode, Step, Target, Warning

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=WITHOUT_NUL)]
Seconds = Annotated[int, Meta(ge=0, le=LONGEST)]


class SlaWarning(msgspec.Struct, forbid_unknown_fields=True):
    """Either `percent` of the time, or `seconds_before` its end."""

    percent: Annotated[int, Meta(ge=0, le=99)] = 0
    seconds_before: Seconds = 0


class SlaStep(msgspec.Struct, forbid_unknown_fields=True):
    """What is done `after` so many seconds of the same time past the end; `agent` of notify and assign, `team` of move."""

    do: Literal["notify_assignee", "notify_lead", "notify", "assign", "move", "raise_priority"]
    after: Seconds = 0
    agent: SmallId | None = None
    team: SmallId | None = None


class SlaTarget(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`seconds` in whole minutes. `priority` null is every one without a target of its own. `business` false: all hours of all
    days count, and no calendar does. `reopen_mode` null is the metric's own."""

    metric: Metric
    seconds: Annotated[int, Meta(ge=SHORTEST, le=LONGEST, multiple_of=SHORTEST)]
    priority: Priority | None = None
    business: bool = True
    calendar: SmallId | Literal["default", "team", "organisation"] = "default"
    warnings: Annotated[list[SlaWarning], Meta(max_length=5)] = msgspec.field(default_factory=list)
    steps: Annotated[list[SlaStep], Meta(max_length=10)] = msgspec.field(default_factory=list)
    reopen_mode: ReopenMode | None = None
    rests_in_pending: bool = False


Targets = Annotated[list[SlaTarget], Meta(min_length=1, max_length=45)]


class NewSlaPolicy(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Without conditions it is for every ticket. With `for_open_tickets` those that are open now have it at once."""

    name: Name
    internal: bool = False
    conditions: Conditions = msgspec.field(default_factory=Conditions)
    targets: Targets
    for_open_tickets: bool = False


class SlaPolicyPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Other conditions or targets are a new version, which open tickets have only with `for_open_tickets`."""

    name: Name | UnsetType = UNSET
    internal: bool | UnsetType = UNSET
    conditions: Conditions | UnsetType = UNSET
    targets: Targets | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    for_open_tickets: bool = False


class SlaPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`open_clocks` are counted up to 1,000."""

    id: int
    name: str
    position: int
    internal: bool
    is_active: bool
    version: int
    conditions: Conditions
    targets: list[SlaTarget]
    open_clocks: int
    created_at: Moment
    changed_at: Moment


class SlaPolicies(msgspec.Struct, frozen=True):
    items: list[SlaPolicy]
    next: str | None = None


class SlaPolicyOrder(msgspec.Struct, forbid_unknown_fields=True):
    """The ids of all policies."""

    ids: Annotated[list[SmallId], Meta(max_length=1000)]


class SlaReason(msgspec.Struct, frozen=True):
    """A condition in words, and what the ticket answered."""

    condition: str
    holds: bool
    seen: str


class TriedSlaPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`chosen`: this one holds for the ticket."""

    id: int
    name: str
    internal: bool
    matches: bool
    chosen: bool
    reasons: list[SlaReason]


class TriedSlaPolicies(msgspec.Struct, frozen=True):
    items: list[TriedSlaPolicy]


@get("/sla-policies", tags=["sla"], responses=problems(403))
async def get_sla_policies(agent: Caller) -> SlaPolicies:
    """All policies in their order; for managers."""
    return await _all(agent)


@post("/sla-policies", tags=["sla"], responses=problems(403))
async def create_sla_policy(data: JSONBody[NewSlaPolicy], agent: Caller) -> SlaPolicy:
    """Add a policy behind the others."""
    written = Written(
        name=data.name,
        is_internal=data.internal,
        conditions=data.conditions,
        targets=[_read(one) for one in data.targets],
    )
    made = await policies.save_policy(None, written, by=agent, at=now(), for_open=data.for_open_tickets)
    return _shown(await find_policy(made))


@get("/sla-policies/{policy_id:int}", tags=["sla"], responses=problems(403, 404))
async def get_sla_policy(policy_id: PathSmallId, agent: Caller) -> SlaPolicy:
    """One policy, as its newest version says."""
    demand(agent, VERB)
    return _shown(await find_policy(policy_id))


@patch("/sla-policies/{policy_id:int}", tags=["sla"], responses=problems(403, 404))
async def update_sla_policy(policy_id: PathSmallId, data: JSONBody[SlaPolicyPatch], agent: Caller) -> SlaPolicy:
    """Change what is sent."""
    demand(agent, VERB)
    sent = set_fields(data)
    async with transaction():
        before = await find_policy(policy_id)
        if sent.keys() & {"name", "internal", "conditions", "targets"} or data.for_open_tickets:
            written = Written(
                name=sent.get("name", before.name), is_internal=sent.get("internal", before.is_internal),
                conditions=sent.get("conditions", before.conditions),
                targets=[_read(one) for one in sent["targets"]] if "targets" in sent else before.targets,
            )  # fmt: skip
            await policies.save_policy(policy_id, written, by=agent, at=now(), for_open=data.for_open_tickets)
        if "is_active" in sent:
            await policies.switch(policy_id, sent["is_active"], by=agent, at=now())
        return _shown(await find_policy(policy_id))


@delete("/sla-policies/{policy_id:int}", tags=["sla"], responses=problems(403, 404))
async def delete_sla_policy(policy_id: PathSmallId, agent: Caller) -> None:
    """Delete it; what it promised open tickets ends. One that is gone already is no error."""
    await policies.delete_policy(policy_id, by=agent, at=now())


@put("/sla-policies/order", tags=["sla"], responses=problems(403))
async def order_sla_policies(data: JSONBody[SlaPolicyOrder], agent: Caller) -> SlaPolicies:
    """Ask them in this order."""
    await policies.put_in_order(data.ids, by=agent, at=now())
    return await _all(agent)


@get("/tickets/{number:int}/sla-policies", tags=["sla"], responses=problems(403, 404))
async def try_sla_policies(number: PathId, agent: Caller) -> TriedSlaPolicies:
    """Which policies in use would hold for a ticket as it is now, and why; nothing changes."""
    _ticket, found = await policies_for(number, by=agent, at=now())
    return TriedSlaPolicies([
        TriedSlaPolicy(
            id=one.policy.id, name=one.policy.name, internal=one.policy.is_internal, matches=one.holds, chosen=one.is_chosen,
            reasons=[SlaReason(reason.words, reason.holds, reason.seen) for reason in one.reasons],
        )
        for one in found
    ])  # fmt: skip


async def _all(agent: SignedIn) -> SlaPolicies:
    return SlaPolicies([_shown(one) for one in await policies.list_policies(by=agent)])


def _shown(one: Policy) -> SlaPolicy:
    return SlaPolicy(
        id=one.id, name=one.name, position=one.position, internal=one.is_internal, is_active=one.is_active, version=one.number,
        conditions=one.conditions, targets=[_target(target) for target in one.targets], open_clocks=one.open_clocks,
        created_at=one.created_at, changed_at=one.made_at,
    )  # fmt: skip


def _target(one: Target) -> SlaTarget:
    return SlaTarget(
        metric=one.metric, seconds=one.seconds, priority=one.priority, business=one.is_business, calendar=one.calendar,
        warnings=[SlaWarning(warning.percent, warning.seconds_before) for warning in one.warnings],
        steps=[SlaStep(step.do, step.after, step.agent, step.team) for step in one.steps],
        reopen_mode=one.reopen_mode, rests_in_pending=one.rests_in_pending,
    )  # fmt: skip


def _read(sent: SlaTarget) -> Target:
    return Target(
        metric=sent.metric, seconds=sent.seconds, priority=sent.priority, is_business=sent.business, calendar=sent.calendar,
        warnings=tuple(Warning(one.percent, one.seconds_before) for one in sent.warnings),
        steps=tuple(Step(do=one.do, after=one.after, agent=one.agent, team=one.team) for one in sent.steps),
        reopen_mode=sent.reopen_mode, rests_in_pending=sent.rests_in_pending, entered=in_units(sent.seconds),
    )  # fmt: skip
