"""What `helpdesk doctor` looks at. Each check tells what it found and, when something is wrong, what to do."""

import asyncio
import os
import shutil
import stat
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import aiosmtplib
import msgspec
from redis.exceptions import ResponseError

from helpdesk.articles.indexing import standing
from helpdesk.channels.email.checking.running import check_accounts
from helpdesk.channels.email.sending import read_url
from helpdesk.channels.tables import Channel
from helpdesk.embedded import probes
from helpdesk.health import MOST_CLOCK_DIFFERENCE, clock_difference, index_trouble, queue_lags
from helpdesk.intake.fetch_states import fetchings
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import Settings, settings
from helpdesk.mail_server import LEAST_ROOM
from helpdesk.migrating import pending
from helpdesk.promises.firing import firing_halted
from helpdesk.tickets.counting import recount

OLDEST_POSTGRES = 15
LITTLE_ROOM = 0.15  # of the disk
LONG_LAG = 60.0  # seconds
SHORTEST_SECRET = 32  # characters


class Finding(msgspec.Struct, frozen=True):
    level: Literal["ok", "warn", "FAIL"]
    text: str


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warn(text: str) -> Finding:
    return Finding("warn", text)


def fail(text: str) -> Finding:
    return Finding("FAIL", text)


async def database() -> Finding:
    [row] = await rows(
        """SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
            current_setting('full_page_writes') AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit"""
    )
    if row["number"] // 10_000 < OLDEST_POSTGRES:
        return fail(f"PostgreSQL {row['version']} is too old: use {OLDEST_POSTGRES} or newer")
    if row["encoding"] != "UTF8":
        return fail(f"its encoding is {row['encoding']}: make the database anew with ENCODING 'UTF8'")
    if unsafe := [name for name in ("fsync", "full_page_writes", "synchronous_commit") if row[name] == "off"]:
        return fail(f"{', '.join(unsafe)} off: accepted mail could be lost; switch on")
    return ok(f"PostgreSQL {row['version']}, durable")


async def persian_search() -> Finding:
    [row] = await rows("SELECT to_regproc('show_trgm') IS NOT NULL AS installed")
    if not row["installed"]:
        return warn("the extension pg_trgm is not installed: `CREATE EXTENSION pg_trgm` in the database")
    [row] = await rows("SELECT cardinality(show_trgm('پشتیبانی')) AS trigrams")
    if not row["trigrams"]:
        return fail("the database's locale knows no Persian letters: make it anew with LC_CTYPE 'C.UTF-8'")
    return ok("the database's locale knows Persian letters")


async def migrations() -> Finding:
    steps = await pending()
    return fail(f"{len(steps)} to apply: run `helpdesk migrate`") if steps else ok("none to apply")


async def clocks() -> Finding:
    difference = await clock_difference()
    if abs(difference) > MOST_CLOCK_DIFFERENCE:
        return warn(f"the database's clock is {difference:+.1f} s from ours: run NTP on both machines")
    if why := await firing_halted():
        return warn(f"promised times are not watched until the clock runs evenly for a minute: {why}")
    return ok(f"the database's clock is {difference:+.3f} s from ours")


async def queues() -> Finding:
    lags = await queue_lags()
    if late := [
        f"{name} {queue.waiting} for {queue.lag:.0f} s" for name, queue in lags.items() if queue.lag > LONG_LAG
    ]:
        return warn(f"work waits ({', '.join(late)}): do a worker and a scheduler run, and what do their logs say?")
    return ok(", ".join(f"{name} {queue.waiting}" for name, queue in lags.items()))


async def counts_of_views() -> Finding:
    """Counted anew, and put right when they are wrong: nothing else ever could."""
    wrong = await recount()
    return warn(f"were wrong by {wrong} tickets and have been put right") if wrong else ok("are right")


async def redis_server() -> Finding:
    return await asyncio.to_thread(_redis_server)


def _redis_server() -> Finding:
    client = redis.client()
    client.ping()
    try:
        policy = _config("maxmemory-policy")
        is_kept = _config("appendonly") == "yes" or bool(_config("save"))
    except ResponseError:
        return ok("reachable; its configuration is hidden: it must be maxmemory-policy noeviction")
    if policy != "noeviction":
        return warn(f"maxmemory-policy is {policy}: set it to noeviction, or jobs are thrown away when memory is short")
    return ok(
        "reachable, noeviction, "
        + ("kept on disk" if is_kept else "kept in memory alone, which loses nothing but time")
    )


def _config(name: str) -> str:
    found: Any = redis.client().config_get(name)
    return str(next(iter(found.values()), ""))


async def index_of_articles() -> Finding:
    """A data directory without a scheduler has an old one or none."""
    found = await standing()
    if told := index_trouble(found):
        return warn(
            f"{told}; the scheduler over this data directory builds it and keeps it up, `helpdesk index rebuild` does so now"
        )
    if found.position is None:
        return ok("nothing was published so far")
    return ok(f"change {found.position}" + (f", {found.waiting} more wait" if found.waiting else ", nothing waits"))


async def outgoing_mail() -> Finding:
    if not settings().smtp_url and (settings().data_dir / "sink").is_dir():
        return warn("only the sink of --demo, whose mails are read in the console: set HELPDESK_SMTP_URL to send any")
    if not settings().smtp_url:
        return warn("no server: replies stay queued; set HELPDESK_SMTP_URL=smtp://user:password@host:587?starttls=1")
    server = read_url(settings().smtp_url or "")
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, username=server.username, password=server.password,
        use_tls=server.tls == "implicit", start_tls=server.tls == "starttls", timeout=10,
    )  # fmt: skip
    try:
        await client.connect()
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        return fail(f"{server.host}:{server.port}: {error}; check HELPDESK_SMTP_URL")
    if server.username and server.tls == "none":
        return warn(f"{server.host}:{server.port} takes our password unencrypted: add ?starttls=1 or use smtps://")
    return ok(f"{server.host}:{server.port} took our greeting" + (" and our password" if server.username else ""))


async def mailbox_servers() -> Finding:
    """Servers that mailboxes have for themselves, all at once."""
    in_use = await Channel.objects().where(Channel.kind == "email", Channel.deactivated_at.is_null())
    found = await asyncio.gather(*(check_accounts(channel) for channel in in_use))
    told = [(channel.address, one) for channel, findings in zip(in_use, found, strict=True) for one in findings]
    faults = [f"{address}: {one.text} {one.advice}" for address, one in told if one.level == "problem"]
    doubts = [f"{address}: {one.text} {one.advice}" for address, one in told if one.level == "warning"]
    if faults:
        return fail("; ".join([*faults, *doubts]))
    if doubts:
        return warn("; ".join(doubts))
    addresses = dict.fromkeys(address for address, _one in told)
    return ok(f"those of {', '.join(addresses)} let us in" if addresses else "no mailbox has one of its own")


async def incoming_mail() -> Finding:
    host, port = settings().host, settings().smtp_port
    if not await asyncio.to_thread(probes.greets, host, port):
        return warn(f"nobody greets at {host} port {port}: start `helpdesk up` or `helpdesk mail-server`")
    return ok(f"greets at {host} port {port}")


async def fetched_mail() -> Finding:
    found = await fetchings()
    if unwell := [f"{one.address} {one.warning}" for one in found if one.warning]:
        return warn("; ".join(unwell))
    return ok(f"{len(found)} mailboxes are fetched" if found else "no mailbox is fetched; mail is pushed to us")


async def web() -> Finding:
    host, port = settings().host, settings().port
    if not await asyncio.to_thread(probes.serves_pages, host, port):
        return warn(f"nobody answers at {host} port {port}: start `helpdesk up` or `helpdesk web`")
    return ok(f"answers at {host} port {port}")


async def addresses() -> Finding:
    found = settings()
    if found.mail_domain.endswith(".localhost"):
        return warn(f"{found.mail_domain} is reachable from this machine alone: set HELPDESK_MAIL_DOMAIN")
    if urlsplit(found.base_url).hostname in ("localhost", "127.0.0.1"):
        return warn(f"links lead to {found.base_url}: set HELPDESK_BASE_URL to what browsers use")
    if not found.is_https:
        return warn(f"{found.base_url} is not https: put a proxy with TLS in front and set HELPDESK_BASE_URL")
    return ok(f"support@{found.mail_domain}, {found.base_url}")


async def trusted_mx() -> Finding:
    if not settings().trusted_mx:
        return warn(
            "senders cannot be verified: set HELPDESK_TRUSTED_MX to the name that your mail server writes in Authentication-Results"
        )
    return ok(f"{settings().trusted_mx} vouches for senders")


async def disk() -> Finding:
    usage = shutil.disk_usage(settings().data_dir)
    free = f"{usage.free / usage.total:.0%} of the disk of {settings().data_dir} is free"
    if usage.free < usage.total * LEAST_ROOM:
        return fail(f"{free}: mail is refused below {LEAST_ROOM:.0%}; make room")
    return warn(f"{free}: make room") if usage.free < usage.total * LITTLE_ROOM else ok(free)


async def attachments() -> Finding:
    return await asyncio.to_thread(_attachments)


def _attachments() -> Finding:
    folder = settings().blob_dir
    trial = folder / f".doctor.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with trial.open("xb") as file:
            file.write(b"trial")
            os.fsync(file.fileno())
        trial.unlink()
    except OSError as error:
        return fail(f"{folder} cannot be written to ({error.strerror}): mend its rights, or set HELPDESK_BLOB_URL")
    return ok(f"{folder} can be written to")


async def secret_key() -> Finding:
    return await asyncio.to_thread(_secret_key, settings())


def _secret_key(found: Settings) -> Finding:
    file = found.data_dir / "secret-key"
    if min(len(part.strip()) for part in found.secret_key.split(",")) < SHORTEST_SECRET:
        return warn(
            f"shorter than {SHORTEST_SECRET} characters: set HELPDESK_SECRET_KEY to a long random text, the old one behind a comma"
        )
    if file.exists() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return warn(f"{file} can be read by others: chmod 600 it")
    return ok("long enough, and private")


CHECKS: dict[str, Callable[[], Awaitable[Finding]]] = {
    "database": database,
    "Persian search": persian_search,
    "migrations": migrations,
    "clocks": clocks,
    "Redis": redis_server,
    "queues": queues,
    "counts of views": counts_of_views,
    "articles": index_of_articles,
    "outgoing mail": outgoing_mail,
    "mailbox servers": mailbox_servers,
    "incoming mail": incoming_mail,
    "fetched mail": fetched_mail,
    "web": web,
    "addresses": addresses,
    "trusted MX": trusted_mx,
    "disk": disk,
    "attachments": attachments,
    "secret key": secret_key,
}
