"""The demo's mail server: it takes every mail that the desk sends and keeps it in a folder instead of sending it on.

`helpdesk up --demo` runs it where no outgoing mail server is configured, so that nothing leaves the machine and
everything can be read in the console.
"""

import asyncio
import os
import re
import signal
from collections import deque
from pathlib import Path

import structlog

from helpdesk.channels.email.receiving import Mailroom, listen
from helpdesk.kernel import logs
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now

HOST = "127.0.0.1"
MOST = 2_000
LARGEST = 50 * 1024 * 1024
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-(\d+)\.eml")

log = structlog.get_logger(__name__)


def run(port: int) -> None:
    """Keep mail in `DATA_DIR/sink` until SIGTERM or SIGINT. Raises ConfigurationError when it cannot listen."""
    logs.configure("mail-sink")
    asyncio.run(_run(port))


async def _run(port: int) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        listener = await listen(HOST, port, mailroom(Sink(folder())))
    except OSError as error:
        raise ConfigurationError(f"the mail sink cannot listen on port {port}: {error.strerror}") from error
    log.info("mail_sink_started", port=port, folder=str(folder()))
    await stopping.wait()
    await listener.close()


def folder() -> Path:
    return settings().data_dir / "sink"


def kept(folder: Path) -> list[Path]:
    """The mails, oldest first: `{time in UTC}-{number}.eml`, so that the order of their names is that of their coming."""
    return sorted(path for path in folder.glob("*.eml") if _NAME.fullmatch(path.name))


class Sink:
    """A folder that holds the newest `most` mails."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for draft in folder.glob(".*.eml"):  # what a killed process left
            draft.unlink()
        self.folder = folder
        self.most = most
        self.files = deque(kept(folder))
        self.number = max((_number(path) for path in self.files), default=0)

    def keep(self, content: bytes, envelope_from: str, envelope_to: list[str]) -> int:
        """Store a mail durably and return its number; its envelope goes before it (RFC 5321 4.4)."""
        self.number += 1
        trace = [f"Return-Path: <{envelope_from}>", *(f"Delivered-To: {one}" for one in envelope_to)]
        path = self.folder / f"{now():%Y%m%dT%H%M%S.%f}Z-{self.number:06d}.eml"
        draft = path.with_name(f".{path.name}")
        with draft.open("wb") as file:
            file.write("".join(f"{line}\r\n" for line in trace).encode() + content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync(self.folder)
        self.files.append(path)
        while len(self.files) > self.most:
            self.files.popleft().unlink(missing_ok=True)
        return self.number


def mailroom(sink: Sink) -> Mailroom[Sink]:
    """Takes mail for every address."""

    async def find_mailbox(_address: str) -> Sink:
        return sink

    async def accept(content: bytes, sink: Sink, envelope_from: str, envelope_to: list[str]) -> int:
        return sink.keep(content, envelope_from, envelope_to)

    return Mailroom(
        find_mailbox=find_mailbox, accept=accept, has_room=lambda: True, hostname="mail-sink.localhost", largest=LARGEST
    )


def _number(path: Path) -> int:
    named = _NAME.fullmatch(path.name)
    return int(named[1]) if named else 0


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
