"""A tag is called otherwise: on every ticket, and in the policies that ask for it."""

from datetime import datetime
from functools import partial
from typing import TypeVar

import msgspec

from helpdesk.kernel.conditions import Conditions, Line, list_of
from helpdesk.kernel.database import transaction
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.tickets.retagging import retag
from sla import policies

Group = TypeVar("Group", Conditions, Line)


async def rename_tag(tag: str, becomes: str, *, by: SignedIn, at: datetime) -> None:
    """Let the tag become another one; raises Invalid at `becomes`, Refused. Policies that ask for it have a new version."""
    async with transaction():
        change = await retag(tag, becomes, by=by, at=at)
        for policy in await policies.list_policies():
            renamed = partial(_renamed, tag=tag, becomes=change["becomes"])
            if await policies.rewrite(policy.id, renamed, by=by.id, at=at):
                about = About("policy", policy.id, policy.name)
                number = (await policies.find_policy(policy.id)).number
                changes = {"version": (policy.number, number), "tag": (tag, change["becomes"])}
                await record("policy_changed", by=by, at=at, about=about, changes=changes)


def _renamed(group: Group, tag: str, becomes: str) -> Group:
    lines = {name: [_line(one, tag, becomes) for one in getattr(group, name)] for name in ("all", "any")}
    return msgspec.structs.replace(group, **lines)


def _line(line: Line, tag: str, becomes: str) -> Line:
    if line.field != "tags":
        return _renamed(line, tag, becomes)
    values = list(dict.fromkeys(becomes if one == tag else one for one in list_of(line.value)))
    return msgspec.structs.replace(line, value=values) if tag in list_of(line.value) else line
