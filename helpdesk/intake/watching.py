"""Keeping an eye on every mailbox that is fetched: one task and one connection each, in one scheduler at a time.

The server tells of new mail (IDLE) where it can, and is asked every minute where not. What goes wrong is kept with the
account and tried again, ever less often.
"""

import asyncio
import secrets
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from math import ceil
from time import monotonic

import asyncpg
import msgspec
import structlog

from helpdesk.channels.email.fetching import Mailbox, Server
from helpdesk.channels.email.oauth import access_token
from helpdesk.channels.mail_accounts import note_outcome
from helpdesk.intake.fetching import Held, Lost, compare, look
from helpdesk.kernel import leases
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.language import zone
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.sealing import open_sealed
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now

SWEEP = 3.0  # seconds between looks for mailboxes that came, changed or went
SLICE = 2.0  # seconds after which somebody who asks for a look is heard
POLL = 60.0
IDLE = 9 * 60.0
"""A server may hang up after 30 minutes (RFC 2177), routers forget a silent connection sooner; a dead one is noticed."""
SHORTEST_PAUSE, LONGEST_PAUSE = 10.0, 15 * 60.0
NIGHT = time(3)  # when all UIDs are compared, in the time zone of the helpdesk

log = structlog.get_logger(__name__)

_ACCOUNTS = """
SELECT a.id, a.channel, c.address, a.host, a.port, a.tls, a.username, a.password, a.oauth_grant, a.folder, a.afterwards, a.move_to,
    g.granted_at
FROM hd_mail_account a JOIN hd_channel c ON c.id = a.channel LEFT JOIN hd_oauth_grant g ON g.id = a.oauth_grant
WHERE a.direction = 'in' AND c.deactivated_at IS NULL AND (a.oauth_grant IS NULL OR g.refresh_token <> '')
"""
_FOLDER = """
INSERT INTO hd_mail_folder (account, name) VALUES ({}, {}) ON CONFLICT (account, name) DO UPDATE SET name = excluded.name RETURNING id
"""
_CLAIM = """
UPDATE hd_mail_folder SET holder = {}, held_until = now() + {} WHERE id = {} AND (held_until IS NULL OR held_until < now()) RETURNING id
"""
_RENEW = "UPDATE hd_mail_folder SET held_until = now() + {} WHERE id = {} AND holder = {}"
_LET_GO = "UPDATE hd_mail_folder SET held_until = NULL, holder = '', doing = '' WHERE id = {} AND holder = {}"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """All that a connection depends on: when something of it changes, another one is made."""

    id: int
    channel: int
    address: str
    host: str
    port: int
    tls: str
    username: str
    password: str
    oauth_grant: int | None
    folder: str
    afterwards: str
    move_to: str
    granted_at: datetime | None


async def watch_mailboxes(stopping: asyncio.Event) -> None:
    """Fetch every mailbox that has an IMAP account until asked to stop."""
    watching: dict[Account, asyncio.Task[None]] = {}
    while not stopping.is_set():
        try:
            accounts = [Account(**row) for row in await rows(_ACCOUNTS)]
        except Exception as error:
            if not is_outage(error):
                log.exception("mailboxes_not_looked_up")
        else:
            for account in watching.keys() - set(accounts):
                await _end([watching.pop(account)])
            for account in accounts:
                if account not in watching:
                    watching[account] = asyncio.create_task(_watch(account), name=f"fetch {account.address}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), SWEEP)
    await _end(list(watching.values()))


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(account: Account) -> None:
    """Fetch the folder whenever no other process does."""
    structlog.contextvars.bind_contextvars(work="fetch", mailbox=account.address)
    while True:
        try:
            if held := await _claim(account):
                await _keep(account, held)
        except Lost:
            log.info("mailbox_taken_over")
        except Exception as error:
            if is_outage(error):
                log.warning("fetching_waits", error=repr(error))
            else:
                log.exception("fetching_failed")
        await asyncio.sleep(SWEEP)


async def _claim(account: Account) -> Held | None:
    holder = secrets.token_hex(8)
    [folder] = await rows(_FOLDER, account.id, account.folder)
    if not await rows(_CLAIM, holder, leases.LEASE, folder["id"]):
        return None
    return Held(
        id=folder["id"], holder=holder, channel_id=account.channel, address=account.address,
        afterwards=account.afterwards, move_to=account.move_to,
    )  # fmt: skip


async def _keep(account: Account, held: Held) -> None:
    """Fetch until the folder is lost or this task is cancelled; failures are waited out."""
    let_go = partial(rows, _LET_GO, held.id, held.holder)
    try:
        async with leases.renewed(partial(rows, _RENEW, leases.LEASE, held.id, held.holder), release=let_go):
            while True:
                try:
                    await _fetch(account, held)
                except HelpdeskError as error:
                    await _pause(held, await _failed(account, held, str(error)))
                except Exception as error:
                    if isinstance(error, Lost) or is_outage(error):
                        raise
                    log.exception("fetching_failed")
                    await _pause(held, await _failed(account, held, f"{type(error).__name__}; the log says more"))
    except asyncio.CancelledError:  # a clean stop: the next process need not wait for the lease to run out
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await let_go()
        raise


async def _fetch(account: Account, held: Held) -> None:
    """One connection, used until it fails."""
    mailbox = Mailbox(await _server(account), account.folder, is_read_only=account.afterwards == "keep")
    try:
        await mailbox.connect()
        while True:
            await look(held, mailbox)
            await note_outcome(account.id, "")
            if await _is_to_be_compared(held):
                await compare(held, mailbox)
            await _wait(held, mailbox)
    finally:
        await mailbox.close()


async def _server(account: Account) -> Server:
    return Server(
        host=account.host, port=account.port, tls=account.tls, username=account.username,
        password="" if account.oauth_grant else open_sealed(account.password),
        access_token=await access_token(account.oauth_grant) if account.oauth_grant else "",
    )  # fmt: skip


async def _wait(held: Held, mailbox: Mailbox) -> None:
    """Until there is news, somebody asks, or it is time to look anyway."""
    await _say(held, "listening" if mailbox.can_idle else "polling")
    if not mailbox.can_idle:
        await _pause(held, POLL)
        return
    has_news, deadline = await mailbox.begin_idle(), monotonic() + IDLE
    while not has_news and monotonic() < deadline and not await _is_asked(held):
        has_news = await mailbox.has_news(SLICE)
    await mailbox.end_idle()


async def _pause(held: Held, seconds: float) -> None:
    for _ in range(ceil(seconds / SLICE)):
        if await _is_asked(held):
            return
        await asyncio.sleep(SLICE)


async def _is_asked(held: Held) -> bool:
    """Whether somebody wants the folder looked at now; raises Lost when it is not ours any more."""
    found = await rows("SELECT asked_at FROM hd_mail_folder WHERE id = {} AND holder = {}", held.id, held.holder)
    if not found:
        raise Lost
    return found[0]["asked_at"] is not None


async def _say(held: Held, doing: str) -> None:
    await rows("UPDATE hd_mail_folder SET doing = {} WHERE id = {} AND holder = {}", doing, held.id, held.holder)


async def _failed(account: Account, held: Held, error: str) -> float:
    """Keep the error, and return how long to wait: as long again as it has failed already."""
    log.warning("mailbox_not_fetched", error=error)
    await note_outcome(account.id, error)
    [folder] = await rows(
        """UPDATE hd_mail_folder SET failing_since = coalesce(failing_since, now()), asked_at = NULL, doing = '' WHERE id = {}
        RETURNING extract(epoch FROM now() - failing_since)::float AS seconds""",
        held.id,
    )  # fmt: skip
    return min(max(folder["seconds"], SHORTEST_PAUSE), LONGEST_PAUSE)


async def _is_to_be_compared(held: Held) -> bool:
    [folder] = await rows("SELECT compared_at FROM hd_mail_folder WHERE id = {}", held.id)
    return folder["compared_at"] is None or folder["compared_at"] < last_night(now(), settings().time_zone)


def last_night(at: datetime, time_zone: str) -> datetime:
    """The last three o'clock in the morning before `at`."""
    here = at.astimezone(zone(time_zone))
    night = datetime.combine(here.date(), NIGHT, tzinfo=here.tzinfo)
    return night if night <= here else night - timedelta(days=1)
