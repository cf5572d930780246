"""/channels: the mailboxes that mail comes in and goes out by, and web forms (`/forms` has the rest of them)."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.mail_accounts import (
    NewReceivingServer,
    NewSendingServer,
    ReceivingServer,
    SendingServer,
    as_receiving,
    as_sending,
    set_servers,
)
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
from helpdesk.channels.email.checking.findings import Finding
from helpdesk.channels.mail_accounts import Accounts, accounts_of
from helpdesk.channels.mailboxes import get_mailbox, save_mailbox, set_in_use
from helpdesk.deliveries.checking import check_mailbox
from helpdesk.kernel.database import lock, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may

Signature = Annotated[str, Meta(max_length=2000, pattern=WITHOUT_NUL)]
WithProbe = Annotated[bool, QueryParameter(description="Send a mail to the mailbox, too.")]
Language = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^[a-z-]*$")]


Quotes = Literal["last", "all", "none"]
"""What answers carry below them of what was written before."""


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """`address` is null for a web form. `is_plus_addressed`: the mailbox takes name+anything@, which a test proved at `plus_proven_at`; `acknowledges`: new
    tickets are confirmed by mail; `links_to_portal`: answers carry a link to the request in the portal. `receiving`: the
    server that mail is fetched from, null when it is pushed; `sending`: the server that it leaves by, null for the
    default; both null for callers who may not manage channels."""

    id: int
    kind: str
    name: str
    address: str | None
    team: int | None
    language: str
    signature: str
    is_plus_addressed: bool
    plus_proven_at: Moment | None
    acknowledges: bool
    links_to_portal: bool
    quotes: str
    receiving: ReceivingServer | None
    sending: SendingServer | None
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
    links_to_portal: bool = True
    quotes: Quotes = "last"
    receiving: NewReceivingServer | UnsetType | None = UNSET
    sending: NewSendingServer | UnsetType | None = UNSET


class ChannelPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: ShortLine | UnsetType = UNSET
    address: Email | UnsetType = UNSET
    team: SmallId | UnsetType | None = UNSET
    language: Language | UnsetType = UNSET
    signature: Signature | UnsetType = UNSET
    is_plus_addressed: bool | UnsetType = UNSET
    acknowledges: bool | UnsetType = UNSET
    links_to_portal: bool | UnsetType = UNSET
    quotes: Quotes | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    receiving: NewReceivingServer | UnsetType | None = UNSET
    sending: NewSendingServer | UnsetType | None = UNSET


class TestResult(msgspec.Struct, frozen=True):
    """`check` names what was looked at and stays the same over versions; `text` and `advice` are in the caller's language."""

    findings: list[Finding]


@get("/channels", tags=["channels"])
async def get_channels(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> ChannelPage:
    """Channels, the oldest first, those out of use included."""
    later = tables.Channel.id > id_from_cursor(cursor)
    found = await tables.Channel.objects().where(later).order_by(tables.Channel.id).limit(limit + 1)
    return ChannelPage(*page(await _as_channels(found, agent), limit, lambda one: one.id))


@post("/channels", tags=["channels"], responses=problems(403))
async def create_channel(data: JSONBody[NewChannel], agent: Caller) -> Channel:
    """Add a mailbox."""
    async with transaction():
        sent: dict[str, Any] = set_fields(data) | {"language": data.language or settings().default_language}
        servers = _servers_of(sent)
        made = await save_mailbox(None, by=agent, at=now(), **sent)
        await set_servers(made.id, **servers, by=agent)
        return await _one(made.id, agent)


@get("/channels/{channel_id:int}", tags=["channels"], responses=problems(404))
async def get_channel(channel_id: PathSmallId, agent: Caller) -> Channel:
    """One channel."""
    return await _one(channel_id, agent)


@patch("/channels/{channel_id:int}", tags=["channels"], responses=problems(403, 404))
async def update_channel(channel_id: PathSmallId, data: JSONBody[ChannelPatch], agent: Caller) -> Channel:
    """Change a mailbox, or take it out of use; the last one stays in use. A server is replaced as a whole; null removes it."""
    demand(agent, "manage_channels")
    await get_mailbox(channel_id)
    async with transaction():
        await lock("mailboxes")  # before it is read: who changes another field at once is not undone
        now_is = msgspec.structs.asdict(await _one(channel_id, agent))
        changed = set_fields(data)
        servers, is_active = _servers_of(changed), changed.pop("is_active", now_is["is_active"])
        kept = {name: now_is[name] for name in NewChannel.__struct_fields__ if name not in servers}
        await save_mailbox(channel_id, by=agent, at=now(), **(kept | changed))
        await set_servers(channel_id, **servers, by=agent)
        if is_active != now_is["is_active"]:
            await set_in_use(channel_id, is_active, by=agent, at=now())
        return await _one(channel_id, agent)


@post(
    "/channels/{channel_id:int}/test", status_code=200, tags=["channels"], responses=problems(403, 404),
    opt={"only_looks": True},
)  # fmt: skip
async def check_channel(channel_id: PathSmallId, agent: Caller, probe: WithProbe = False) -> TestResult:
    """Try the mailbox's servers and look up its domain, within about 20 seconds. `probe` sends a mail to the mailbox, at
    most one a minute, to prove that it takes addresses with a plus; that it arrived shows in a later test."""
    demand(agent, "manage_channels")
    channel = await get_mailbox(channel_id)
    return TestResult(await check_mailbox(channel, with_probe=probe, by=agent, at=now()))


def _servers_of(sent: dict[str, Any]) -> dict[str, Any]:
    """What was sent of both servers, taken out of the rest."""
    return {name: sent.pop(name, UNSET) for name in ("receiving", "sending")}


async def _one(channel_id: int, agent: SignedIn) -> Channel:
    found = await tables.Channel.objects().get(tables.Channel.id == channel_id)
    if found is None:
        raise NotFound(_("There is no such mailbox."))
    return (await _as_channels([found], agent))[0]


async def _as_channels(found: list[tables.Channel], agent: SignedIn) -> list[Channel]:
    """Two queries for any number of channels: theirs, and that of their servers."""
    accounts = await accounts_of(*(one.id for one in found)) if may(agent, "manage_channels") else {}
    return [_as_channel(one, accounts.get(one.id, {})) for one in found]


def _as_channel(found: tables.Channel, accounts: Accounts) -> Channel:
    return Channel(
        id=found.id, kind=found.kind, name=found.name, address=found.address, team=found.team, language=found.language,
        signature=found.signature, is_plus_addressed=found.is_plus_addressed, plus_proven_at=found.plus_proven_at,
        acknowledges=found.acknowledges, links_to_portal=found.links_to_portal, quotes=found.quotes, receiving=as_receiving(accounts.get("in")), sending=as_sending(accounts.get("out")),
        is_active=found.deactivated_at is None, created_at=found.created_at,
    )  # fmt: skip
