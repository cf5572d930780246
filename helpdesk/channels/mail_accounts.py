"""The servers of a mailbox: where its mail is fetched from, and the one that its replies leave by.

Who may manage channels may point us at any host and port, our own machine and private networks included, as that is
where mail servers stand; only addresses at which no mail server can be (link-local, where clouds keep their secrets,
multicast, unspecified) are refused. What comes back is read as SMTP or IMAP, and errors are shown to administrators alone.

Secrets are sealed and never shown again. One that is kept stays with the server that it was entered for: who changes the
server enters it again, so that nobody learns it by having it sent to a server of theirs.
"""

import ipaddress
import re
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

from helpdesk.channels.tables import Channel, Direction, MailAccount
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import seal
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof

Tls = Literal["implicit", "starttls", "none"]
Afterwards = Literal["keep", "seen", "move", "delete"]

LONGEST_SECRET = 1000
LONGEST_ERROR = 1000
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator enters. `password` is "" to keep the one that is there; the last three are for IMAP alone."""

    host: str
    port: int
    tls: Tls = "implicit"
    username: str = ""
    password: str = ""
    folder: str = "INBOX"
    afterwards: Afterwards = "seen"
    move_to: str = ""

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of an account: all but its secrets."""

    id: int
    host: str
    port: int
    tls: Tls
    username: str
    has_password: bool
    oauth_grant: int | None
    folder: str
    afterwards: Afterwards
    move_to: str
    worked_at: datetime | None
    last_error: str


Accounts = dict[str, Account]
"""By direction: `in`, `out`; absent: mail is pushed to us, and leaves by the default transport."""


async def accounts_of(*channel_ids: int) -> dict[int, Accounts]:
    """The accounts of each of the channels."""
    found: dict[int, Accounts] = {channel_id: {} for channel_id in channel_ids}
    for row in await rows(
        """SELECT id, channel, direction, host, port, tls, username, password <> '' AS has_password, oauth_grant, folder,
            afterwards, move_to, worked_at, last_error FROM hd_mail_account WHERE channel = ANY({}::int[])""",
        list(channel_ids),
    ):
        channel_id, direction = row.pop("channel"), row.pop("direction")
        found[channel_id][direction] = Account(**row)
    return found


async def account_of(channel_id: int | None, direction: Direction) -> MailAccount | None:
    """The account with its sealed secrets, for who signs in with it."""
    if channel_id is None:
        return None
    return await MailAccount.objects().get(
        (MailAccount.channel == channel_id) & (MailAccount.direction == direction.value)
    )


async def troubled_accounts() -> list[dict[str, Any]]:
    """Accounts of mailboxes in use that did not work last time: with the mailbox's `address` and `channel` id."""
    return await rows(
        """SELECT a.channel, a.direction, a.host, a.last_error, a.worked_at, c.address FROM hd_mail_account a
        JOIN hd_channel c ON c.id = a.channel WHERE a.last_error <> '' AND c.deactivated_at IS NULL ORDER BY c.id, a.direction"""
    )


async def save_account(channel_id: int, direction: Direction, server: Server, *, by: SignedIn, at: datetime) -> None:
    """Set the server of one direction; raises Invalid at the field.

    Another server or user is another account: what was known of the old one, such as how far it was fetched, goes with it.
    """
    demand(by, "manage_channels")
    await demand_proof(by, at=at)
    server = _checked(server, direction)
    async with transaction():
        await lock("mail account", channel_id, direction.value)
        if not await Channel.exists().where(Channel.id == channel_id, Channel.kind == "email"):
            raise NotFound(_("There is no such mailbox."))
        known = await account_of(channel_id, direction)
        password, grant = _secrets(server, known)
        if known and (known.host, known.username) != (server.host, server.username):
            await MailAccount.delete().where(MailAccount.id == known.id)
        await rows(
            """INSERT INTO hd_mail_account (channel, direction, host, port, tls, username, password, oauth_grant, folder, afterwards, move_to)
            VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
            ON CONFLICT (channel, direction) DO UPDATE SET host = excluded.host, port = excluded.port, tls = excluded.tls,
                username = excluded.username, password = excluded.password, oauth_grant = excluded.oauth_grant,
                folder = excluded.folder, afterwards = excluded.afterwards, move_to = excluded.move_to, last_error = ''""",
            channel_id, direction.value, server.host, server.port, server.tls, server.username, password, grant,
            server.folder, server.afterwards, server.move_to,
        )  # fmt: skip
        await _forget_unused(known)
        after = _watched(server) | ({"password": "changed"} if server.password else {})
        changes = differences(_watched(known) if known else {}, after, secret=("password",))
        await _record(channel_id, direction, changes, by=by, at=at)


async def remove_account(channel_id: int, direction: Direction, *, by: SignedIn, at: datetime) -> None:
    """Back to mail that is pushed to us, or to the default transport; the secrets are gone. Harmless when there is none."""
    demand(by, "manage_channels")
    await demand_proof(by, at=at)
    async with transaction():
        await lock("mail account", channel_id, direction.value)
        known = await account_of(channel_id, direction)
        await MailAccount.delete().where(MailAccount.channel == channel_id, MailAccount.direction == direction.value)
        await _forget_unused(known)
        if known:
            await _record(channel_id, direction, differences(_watched(known), {"host": None}), by=by, at=at)


def _watched(server: Server | MailAccount) -> dict[str, Any]:
    """What the audit log tells of a server."""
    return {
        name: getattr(server, name) for name in ("host", "port", "tls", "username", "folder", "afterwards", "move_to")
    }


async def _record(
    channel_id: int, direction: Direction, changes: dict[str, Any], *, by: SignedIn, at: datetime
) -> None:
    about = About("channel", channel_id, direction.value)
    await record("server_changed", by=by, at=at, about=about, changes=changes)


async def note_outcome(account_id: int, error: str) -> None:
    """Keep how the account's last use went; "" is success, of which one a minute is written."""
    if error:
        await rows("UPDATE hd_mail_account SET last_error = {} WHERE id = {}", error[:LONGEST_ERROR], account_id)
    else:
        await rows(
            """UPDATE hd_mail_account SET last_error = '', worked_at = now() WHERE id = {}
            AND (last_error <> '' OR worked_at IS NULL OR worked_at < now() - interval '1 minute')""",
            account_id,
        )


async def _forget_unused(known: MailAccount | None) -> None:
    """Remove the grant that the account was signed in with, tokens and all, once no account uses it."""
    if known and known.oauth_grant:
        await rows(
            """DELETE FROM hd_oauth_grant WHERE id = {}
            AND NOT EXISTS (SELECT FROM hd_mail_account a WHERE a.oauth_grant = hd_oauth_grant.id)""",
            known.oauth_grant,
        )


def _checked(server: Server, direction: Direction) -> Server:
    """The server with a tidy host; raises Invalid with each field at fault."""
    host = _tidy_host(server.host)
    faults = {}
    if not (host and _may_be_asked(host)):
        faults["host"] = _("Give the name or the address of a mail server, such as mail.example.com.")
    if not 0 < server.port < 2**16:
        faults["port"] = _("Give a port between 1 and 65535.")
    if server.tls not in get_args(Tls):
        faults["tls"] = _("Choose one of the list.")
    if not _is_line(server.username, 320) or (direction == Direction.IN and not server.username):
        faults["username"] = _("Give the user name as the mail server knows it.")
    if not _is_line(server.password, LONGEST_SECRET) or (server.password and not server.username):
        faults["password"] = _("A password needs a user name, and is one line of at most 1000 characters.")
    if direction == Direction.OUT:
        server = msgspec.structs.replace(server, folder="INBOX", afterwards="seen", move_to="")
    if not server.folder or not _is_line(server.folder, 255):
        faults["folder"] = _("Give the folder as the mail server names it, such as INBOX.")
    if server.afterwards not in get_args(Afterwards):
        faults["afterwards"] = _("Choose one of the list.")
    if not _is_line(server.move_to, 255) or (server.afterwards == "move" and server.move_to in ("", server.folder)):
        faults["move_to"] = _("Give another folder than the one that is read.")
    if faults:
        raise Invalid(**faults)
    return msgspec.structs.replace(server, host=host)


def _secrets(server: Server, known: MailAccount | None) -> tuple[str, int | None]:
    """The sealed password, or the grant instead of one; raises Invalid where a kept password would leak."""
    if server.password or not server.username or known is None:
        return seal(server.password), None
    is_same_server = known.host == server.host and (known.tls == server.tls or server.tls != "none")
    if known.oauth_grant:
        return "", known.oauth_grant if is_same_server else None
    if known.password and not (is_same_server and known.username == server.username):
        raise Invalid(
            password=_("Enter the password again: it is not sent to another server than the one it was entered for.")
        )
    return known.password, None


def _tidy_host(text: str) -> str:
    """In lower case, as DNS writes it (RFC 5891); "" when it cannot be a host."""
    host = text.strip().strip("[]").rstrip(".").lower()
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""


def _may_be_asked(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a name; one that ends in a number is an address in disguise
        is_number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2])
        return bool(_HOST.fullmatch(host)) and len(host) <= 253 and not is_number
    address = getattr(address, "ipv4_mapped", None) or address
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _is_line(text: str, longest: int) -> bool:
    return len(text) <= longest and not re.search(r"[\x00-\x1f\x7f]", text)
