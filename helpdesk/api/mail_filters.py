"""/mail-filters: what happens to certain mails before they open a ticket."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import JSONBody
from msgspec import Meta

from helpdesk.api.problems import problems
from helpdesk.api.requests import WITHOUT_NUL, Caller, PathSmallId, ShortLine, SmallId
from helpdesk.intake import filtering
from helpdesk.intake.filters import (
    MOST_CONDITIONS,
    find_filter,
    list_filters,
    move_up,
    remove_filter,
    save_filter,
    set_active,
    try_out,
)
from helpdesk.kernel.database import transaction
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.tables import Priority

Text = Annotated[str, Meta(max_length=500, pattern=WITHOUT_NUL)]


class Condition(msgspec.Struct, forbid_unknown_fields=True):
    """`header` names the header of the field `header`, `*` is any. In `matches`, `*` stands for any text. `size` is in KB."""

    field: filtering.Field
    test: filtering.Test
    value: Text = ""
    header: Annotated[str, Meta(max_length=100, pattern=WITHOUT_NUL)] = ""


class Actions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Teams and agents are ids. `drop` opens no ticket: the mail stays in the log."""

    team: SmallId | None = None
    assignee: SmallId | None = None
    priority: Priority | None = None
    tags: Annotated[list[Text], Meta(max_length=30)] = msgspec.field(default_factory=list)
    language: Annotated[str, Meta(max_length=8)] | None = None
    spam: bool = False
    automatic: bool = False
    drop: bool = False


class WrittenFilter(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """With `every`, all conditions must hold; otherwise one is enough."""

    name: ShortLine
    conditions: Annotated[list[Condition], Meta(max_length=MOST_CONDITIONS)]
    every: bool = True
    actions: Actions
    is_active: bool = True

    def rule(self) -> filtering.Rule:
        return msgspec.convert(
            {"conditions": msgspec.to_builtins(self.conditions), "every": self.every, "actions": msgspec.to_builtins(self.actions)},
            filtering.Rule,
        )  # fmt: skip


class MailFilter(WrittenFilter, kw_only=True):
    """Filters are asked in the order of `position`."""

    id: int
    position: int


class MailFilters(msgspec.Struct, frozen=True):
    items: list[MailFilter]


class Tried(msgspec.Struct, frozen=True):
    """Of so many last mails `asked`, the ids in the mail log of those that match."""

    asked: int
    matching: list[int]


@get("/mail-filters", tags=["channels"], responses=problems(403))
async def get_mail_filters(agent: Caller) -> MailFilters:
    """All filters in their order; for administrators."""
    demand(agent, "manage_filters")
    return MailFilters([_shown(one) for one in await list_filters()])


@post("/mail-filters", tags=["channels"], responses=problems(403))
async def create_mail_filter(data: JSONBody[WrittenFilter], agent: Caller) -> MailFilter:
    """Add a filter behind the others."""
    return await _saved(None, data, agent)


@put("/mail-filters/{filter_id:int}", tags=["channels"], responses=problems(403, 404))
async def replace_mail_filter(filter_id: PathSmallId, data: JSONBody[WrittenFilter], agent: Caller) -> MailFilter:
    """Put another in its place."""
    return await _saved(filter_id, data, agent)


@post("/mail-filters/{filter_id:int}/up", status_code=200, tags=["channels"], responses=problems(403, 404))
async def move_mail_filter_up(filter_id: PathSmallId, agent: Caller) -> MailFilter:
    """Ask it one place earlier."""
    await move_up(filter_id, by=agent)
    return _shown(await find_filter(filter_id))


@delete("/mail-filters/{filter_id:int}", tags=["channels"], responses=problems(403, 404))
async def delete_mail_filter(filter_id: PathSmallId, agent: Caller) -> None:
    """Forget the filter; one that is gone already is no error."""
    await remove_filter(filter_id, by=agent)


@post("/mail-filters/try", status_code=200, tags=["channels"], responses=problems(403))
async def try_mail_filter(data: JSONBody[WrittenFilter], agent: Caller) -> Tried:
    """Which of the last hundred mails the filter would match; nothing is saved."""
    asked, found = await try_out(data.rule(), by=agent)
    return Tried(asked, [one["id"] for one in found])


async def _saved(filter_id: int | None, data: WrittenFilter, agent: Caller) -> MailFilter:
    async with transaction():
        saved = await save_filter(filter_id, name=data.name, rule=data.rule(), by=agent, at=now())
        await set_active(saved, data.is_active, by=agent)
    return _shown(await find_filter(saved))


def _shown(row: dict[str, Any]) -> MailFilter:
    rule = msgspec.to_builtins(row["rule"])
    given = {
        "conditions": rule.get("conditions", []),
        "every": rule.get("every", True),
        "actions": rule.get("actions", {}),
    }
    return msgspec.convert({name: row[name] for name in ("id", "position", "name", "is_active")} | given, MailFilter)
