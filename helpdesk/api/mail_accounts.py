"""The servers of a mailbox as clients read and write them: passwords go in and never come out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.requests import WITHOUT_NUL, Moment
from helpdesk.channels.mail_accounts import Account, Afterwards, Server, Tls, remove_account, save_account
from helpdesk.channels.tables import Direction
from helpdesk.deliveries.hurrying import hurry
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn

Host = Annotated[str, Meta(min_length=1, max_length=253, pattern=WITHOUT_NUL)]
Port = Annotated[int, Meta(ge=1, le=65535)]
UserName = Annotated[str, Meta(max_length=320, pattern=WITHOUT_NUL)]
Password = Annotated[str, Meta(max_length=1000, pattern=WITHOUT_NUL, description="Empty: the one that is kept.")]
Folder = Annotated[str, Meta(min_length=1, max_length=255, pattern=WITHOUT_NUL)]
OptionalFolder = Annotated[str, Meta(max_length=255, pattern=WITHOUT_NUL)]


class SendingServer(msgspec.Struct, frozen=True, kw_only=True):
    """`is_connected`: it is signed in to by OAuth2. `last_error` is empty while it works."""

    host: str
    port: int
    tls: Tls
    username: str
    has_password: bool
    is_connected: bool
    worked_at: Moment | None
    last_error: str


class ReceivingServer(SendingServer, frozen=True, kw_only=True):
    """`afterwards`: what becomes of a mail in the folder once it is stored here."""

    folder: str
    afterwards: Afterwards
    move_to: str


class NewSendingServer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    host: Host
    port: Port
    tls: Tls = "implicit"
    username: UserName = ""
    password: Password = ""


class NewReceivingServer(NewSendingServer, forbid_unknown_fields=True, kw_only=True):
    folder: Folder = "INBOX"
    afterwards: Afterwards = "seen"
    move_to: OptionalFolder = ""


def as_receiving(account: Account | None) -> ReceivingServer | None:
    if account is None:
        return None
    return ReceivingServer(
        **_common(account), folder=account.folder, afterwards=account.afterwards, move_to=account.move_to
    )


def as_sending(account: Account | None) -> SendingServer | None:
    return SendingServer(**_common(account)) if account else None


async def set_servers(
    channel_id: int, *, receiving: NewReceivingServer | UnsetType | None, sending: NewSendingServer | UnsetType | None, by: SignedIn
) -> None:  # fmt: skip
    """Set what was sent: a server, or None for none of its own. Raises Invalid at `receiving.host` and the like."""
    for field, direction, server in (("receiving", Direction.IN, receiving), ("sending", Direction.OUT, sending)):
        if server is UNSET:
            continue
        with _faults_at(field):
            if server is None:
                await remove_account(channel_id, direction, by=by, at=now())
            else:
                await save_account(channel_id, direction, Server(**msgspec.structs.asdict(server)), by=by, at=now())
    if sending is not UNSET:
        await hurry(channel_id)


def _common(account: Account) -> dict[str, Any]:
    return {
        "host": account.host, "port": account.port, "tls": account.tls, "username": account.username,
        "has_password": account.has_password, "is_connected": account.oauth_grant is not None,
        "worked_at": account.worked_at, "last_error": account.last_error,
    }  # fmt: skip


@contextmanager
def _faults_at(field: str) -> Iterator[None]:
    try:
        yield
    except Invalid as error:
        raise Invalid(**{f"{field}.{name}": message for name, message in error.fields.items()}) from error
