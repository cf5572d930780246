"""Mailboxes: adding, changing and taking out of use."""

from datetime import datetime
from typing import Any

from piccolo.columns import Column

from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, N_, _
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import is_address
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Team

_FORM: list[Column | str] = [
    Channel.name, Channel.address, Channel.team, Channel.language, Channel.signature, Channel.is_plus_addressed, Channel.acknowledges,
    Channel.links_to_portal, Channel.quotes,
]  # fmt: skip
"""What an administrator types; other columns change by themselves meanwhile."""
QUOTES = {"last": N_("The message that is answered"), "all": N_("The whole conversation"), "none": N_("Nothing")}
"""What stands below a reply of what was written before."""
_WATCHED = (
    "name",
    "address",
    "team",
    "language",
    "signature",
    "is_plus_addressed",
    "acknowledges",
    "links_to_portal",
    "quotes",
)


async def list_mailboxes() -> list[dict[str, Any]]:
    """All mailboxes with their team's name, those in use first, the oldest first."""
    return await rows(
        """SELECT c.id, c.name, c.address, c.language, c.signature, c.is_plus_addressed, c.acknowledges, c.links_to_portal, c.quotes, c.deactivated_at, c.team,
            t.name AS team_name
        FROM hd_channel c LEFT JOIN hd_team t ON t.id = c.team WHERE c.kind = 'email' ORDER BY c.deactivated_at IS NOT NULL, c.id"""
    )


async def default_mailbox() -> Channel | None:
    """The oldest mailbox in use: for what came by none."""
    return (
        await Channel.objects()
        .where(Channel.deactivated_at.is_null(), Channel.kind == "email")
        .order_by(Channel.id)
        .first()
    )


async def mailbox_of(channel: Channel | None) -> Channel | None:
    """The mailbox that mail of the channel leaves by: itself, or that of a form, while it is in use; else the default one."""
    if channel is not None and channel.kind != "email":
        channel = await Channel.objects().get(Channel.id == channel.answers_by) if channel.answers_by else None
    return channel if channel and channel.deactivated_at is None else await default_mailbox()


async def save_mailbox(
    channel_id: int | None, *, name: str, address: str, team: int | None, language: str, signature: str,
    is_plus_addressed: bool, acknowledges: bool, links_to_portal: bool = True, quotes: str = "last", by: SignedIn, at: datetime,
) -> Channel:  # fmt: skip
    """Add or change a mailbox; raises Invalid at the field."""
    demand(by, "manage_channels")
    address = address.strip().lower()
    if not name or len(name) > 100:
        raise Invalid(name=_("Give a name of at most 100 characters."))
    if not is_address(address):
        raise Invalid(address=_("This is not an e-mail address."))
    if base_mailbox(address) != address:
        raise Invalid(address=_("Give the mailbox without the part behind +."))
    if language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    if quotes not in QUOTES:
        raise Invalid(quotes=_("Choose one of the list."))
    if len(signature) > 2000:
        raise Invalid(signature=_("Use at most 2000 characters."))
    if team is not None and not await Team.exists().where(Team.id == team):
        raise Invalid(team=_("There is no such team."))
    async with transaction():
        await lock("mailboxes")
        twin = await Channel.objects().where(Channel.address == address).first()
        if twin and twin.id != channel_id:
            raise Invalid(address=_("There is a mailbox with this address already."))
        channel = await get_mailbox(channel_id) if channel_id else Channel(kind="email", created_at=at)
        if channel_id and channel.address != address:  # what was proven was proven of the old one
            proof: dict[Column | str, object] = {Channel.plus_proven_at: None, Channel.probe_id: None}
            await Channel.update(proof).where(Channel.id == channel_id)
        before = {name: getattr(channel, name) for name in _WATCHED} if channel_id else {}
        channel.name, channel.address, channel.team, channel.language = name, address, team, language
        channel.signature, channel.is_plus_addressed = signature.strip(), is_plus_addressed
        channel.acknowledges, channel.links_to_portal, channel.quotes = acknowledges, links_to_portal, quotes
        await (channel.save(columns=_FORM) if channel_id else channel.save())
        changes = differences(before, {name: getattr(channel, name) for name in _WATCHED})
        kind = "channel_changed" if channel_id else "channel_added"
        await record(kind, by=by, at=at, about=About("channel", channel.id, address), changes=changes)
    return channel


async def set_in_use(channel_id: int, is_in_use: bool, *, by: SignedIn, at: datetime) -> None:
    """Take a mailbox out of use, or into it again. The last one in use stays: replies leave through it."""
    demand(by, "manage_channels")
    async with transaction():
        await lock("mailboxes")
        channel = await get_mailbox(channel_id)
        others = Channel.exists().where(
            Channel.kind == "email", Channel.deactivated_at.is_null(), Channel.id != channel_id
        )
        if not is_in_use and not await others:
            raise Invalid(address=_("This is the last mailbox in use. Add another one first."))
        deactivated_at = None if is_in_use else (channel.deactivated_at or at)
        await Channel.update({Channel.deactivated_at: deactivated_at}).where(Channel.id == channel_id)
        about, was_in_use = About("channel", channel_id, channel.address or ""), channel.deactivated_at is None
        await record("channel_changed", by=by, at=at, about=about, changes={"is_in_use": (was_in_use, is_in_use)})


async def get_mailbox(channel_id: int) -> Channel:
    """The mailbox, in use or not; raises NotFound."""
    found = await Channel.objects().get((Channel.id == channel_id) & (Channel.kind == "email"))
    if found is None:
        raise NotFound(_("There is no such mailbox."))
    return found
