"""The mail server: SMTP, and LMTP where a socket is configured, into the table of raw messages."""

import asyncio
import shutil
import signal

import structlog

from helpdesk.channels.email.receiving import Mailroom, Refusal, listen, listen_lmtp
from helpdesk.channels.tables import Channel
from helpdesk.intake.accepting import LARGEST, accept, find_mailbox
from helpdesk.intake.turning_away import FLUSHED_EVERY, Tally
from helpdesk.kernel import logs
from helpdesk.kernel.database import connected
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.heartbeats import heard
from helpdesk.kernel.settings import settings

LEAST_ROOM = 0.05  # of the disk
CONNECTIONS = 10

log = structlog.get_logger(__name__)


def run() -> None:
    """Take mail until SIGTERM or SIGINT; then let the mails under way finish, within ten seconds.

    Raises ConfigurationError when it cannot listen.
    """
    logs.configure("mail-server")
    asyncio.run(_run())


async def _run() -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    configured = settings()
    tally = Tally()
    async with connected(CONNECTIONS):
        try:
            listeners = [await listen(configured.host, configured.smtp_port, mailroom("smtp", tally))]
            if configured.lmtp_socket:
                listeners.append(await listen_lmtp(configured.lmtp_socket, mailroom("lmtp", tally)))
        except OSError as error:
            raise ConfigurationError(f"mail cannot be received: {error}") from error
        log.info(
            "mail_server_started",
            host=configured.host,
            port=configured.smtp_port,
            lmtp=str(configured.lmtp_socket or ""),
        )
        counting = asyncio.create_task(_write_down(tally))
        with heard("mail-server"):
            await stopping.wait()
        await asyncio.gather(*(listener.close() for listener in listeners))
        counting.cancel()
        await tally.flush()
    log.info("mail_server_stopped")


async def _write_down(tally: Tally) -> None:
    while True:
        await asyncio.sleep(FLUSHED_EVERY)
        await tally.flush()


def mailroom(source: str, tally: Tally) -> Mailroom[Channel]:
    """Mail that comes by `source` goes to the channel of its recipient; what is refused is counted."""

    async def keep(content: bytes, channel: Channel, envelope_from: str, envelope_to: list[str]) -> int:
        return await accept(
            content, channel=channel, envelope_from=envelope_from, envelope_to=envelope_to, source=source
        )

    def refused(refusal: Refusal) -> None:
        for recipient in refusal.envelope_to or [""]:
            tally.note(
                source=source, peer=refusal.peer, envelope_from=refusal.envelope_from, envelope_to=recipient,
                reason=refusal.reason, size=refusal.size,
            )  # fmt: skip

    return Mailroom(
        find_mailbox=find_mailbox, accept=keep, has_room=has_room, hostname=settings().mail_domain, largest=LARGEST, refused=refused
    )  # fmt: skip


def has_room() -> bool:
    """Whether the disk of the data directory has five per cent left."""
    usage = shutil.disk_usage(settings().data_dir)
    return usage.free >= usage.total * LEAST_ROOM
