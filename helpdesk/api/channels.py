"""/channels: the mailboxes that mail comes in and goes out by."""

from typing import Annotated, Any

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Email,
    Limit,
    Moment,
    PathSmallId,
    ShortLine,
    SmallId,
    id_from_cursor,
    page,
    set_fields,
)
from helpdesk.channels import tables
from helpdesk.channels.mailboxes import save_mailbox, set_in_use
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand

Signature = Annotated[str, Meta(max_length=2000, pattern=WITHOUT_NUL)]
Language = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^[a-z-]*$")]


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """`is_plus_addressed`: the mailbox takes name+anything@; `acknowledges`: new tickets are confirmed by mail."""

    id: int
    kind: str
    name: str
    address: str
    team: int | None
    language: str
    signature: str
    is_plus_addressed: bool
    acknowledges: bool
    is_active: bool
    created_at: Moment


class ChannelPage(msgspec.Struct, frozen=True):
    items: list[Channel]
    next: str | None


class NewChannel(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: ShortLine
    address: Email
    team: SmallId | None = None
    language: Language | None = None
    signature: Signature = ""
    is_plus_addressed: bool = True
    acknowledges: bool = True


class ChannelPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: ShortLine | UnsetType = UNSET
    address: Email | UnsetType = UNSET
    team: SmallId | UnsetType | None = UNSET
    language: Language | UnsetType = UNSET
    signature: Signature | UnsetType = UNSET
    is_plus_addressed: bool | UnsetType = UNSET
    acknowledges: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


@get("/channels", tags=["channels"])
async def get_channels(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> ChannelPage:
    """Channels, the oldest first, those out of use included."""
    later = tables.Channel.id > id_from_cursor(cursor)
    found = await tables.Channel.objects().where(later).order_by(tables.Channel.id).limit(limit + 1)
    return ChannelPage(*page([_as_channel(one) for one in found], limit, lambda one: one.id))


@post("/channels", tags=["channels"], responses=problems(403))
async def create_channel(data: JSONBody[NewChannel], agent: Caller) -> Channel:
    """Add a mailbox."""
    async with transaction():
        sent: dict[str, Any] = set_fields(data) | {"language": data.language or settings().default_language}
        made = await save_mailbox(None, by=agent, at=now(), **sent)
        return await _one(made.id)


@get("/channels/{channel_id:int}", tags=["channels"], responses=problems(404))
async def get_channel(channel_id: PathSmallId, agent: Caller) -> Channel:
    """One channel."""
    return await _one(channel_id)


@patch("/channels/{channel_id:int}", tags=["channels"], responses=problems(403, 404))
async def update_channel(channel_id: PathSmallId, data: JSONBody[ChannelPatch], agent: Caller) -> Channel:
    """Change a mailbox, or take it out of use; the last one stays in use."""
    demand(agent, "manage_channels")
    async with transaction():
        now_is = msgspec.structs.asdict(await _one(channel_id))
        sent = {name: now_is[name] for name in NewChannel.__struct_fields__} | set_fields(data)
        is_active = sent.pop("is_active", now_is["is_active"])
        await save_mailbox(channel_id, by=agent, at=now(), **sent)
        if is_active != now_is["is_active"]:
            await set_in_use(channel_id, is_active, by=agent, at=now())
        return await _one(channel_id)


async def _one(channel_id: int) -> Channel:
    found = await tables.Channel.objects().get(tables.Channel.id == channel_id)
    if found is None:
        raise NotFound(_("There is no such mailbox."))
    return _as_channel(found)


def _as_channel(found: tables.Channel) -> Channel:
    return Channel(
        id=found.id, kind=found.kind, name=found.name, address=found.address, team=found.team, language=found.language,
        signature=found.signature, is_plus_addressed=found.is_plus_addressed, acknowledges=found.acknowledges,
        is_active=found.deactivated_at is None, created_at=found.created_at,
    )  # fmt: skip
