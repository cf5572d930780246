"""An IMAP server for tests, in a process of its own, and a mail program of somebody else beside ours."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from imap_tools import MailBoxUnencrypted

from helpdesk.channels.email.fetching import Mailbox, Server
from helpdesk.channels.tables import Channel, MailAccount
from helpdesk.kernel.database import rows
from helpdesk.kernel.sealing import seal

USER, PASSWORD = "demouser", "demopass"


def a_mail(number: int, *, sender: str = "dora@customer.test", body: str = "Please help.") -> bytes:
    text = (
        f"Return-Path: <{sender}>\nDelivered-To: support@helpdesk.test\nFrom: Dora <{sender}>\nTo: support@helpdesk.test\n"
        f"Subject: Question {number}\nMessage-ID: <{number}@customer.test>\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\n{body}\n"
    )
    return text.replace("\n", "\r\n").encode()


class Post:
    """The other side of a folder: delivers into it, reads it, and has it numbered anew."""

    def __init__(self, port: int, folder: str) -> None:
        self.port, self.folder = port, folder
        self.box = MailBoxUnencrypted("127.0.0.1", port, timeout=10).login(USER, PASSWORD, None)
        self.make()

    def make(self) -> None:
        self.box.folder.create(self.folder)

    def deliver(self, *mails: bytes) -> None:
        for mail in mails:
            self.box.append(mail, self.folder)

    def renumber(self) -> None:
        """The folder made anew: UIDs begin again, under another UIDVALIDITY."""
        self.box.folder.set("INBOX")
        self.box.folder.delete(self.folder)
        self.make()

    def flags(self, folder: str | None = None) -> list[str]:
        """The flags of each mail, as the server writes them."""
        self.box.folder.set(folder or self.folder)
        answer: Any = self.box.client.fetch("1:*", "(FLAGS)")[1]
        return [found[1].decode() for line in answer if line and (found := re.search(rb"FLAGS \(([^)]*)\)", line))]

    def read_all(self) -> None:
        self.box.folder.set(self.folder)
        self.box.client.store("1:*", "+FLAGS", r"(\Seen)")

    def mailbox(self) -> Mailbox:
        server = Server(host="127.0.0.1", port=self.port, tls="none", username=USER, password=PASSWORD)
        return Mailbox(server, self.folder)


class Known(msgspec.Struct):
    """What our tables say of the first folder."""

    uids: list[int]
    reasons: list[str]
    stored: int


async def known() -> Known:
    fetched = await rows("SELECT uid, reason FROM hd_fetched_mail ORDER BY id")
    [raw] = await rows("SELECT count(*) AS stored FROM hd_raw_message WHERE source = 'imap'")
    return Known([row["uid"] for row in fetched], [row["reason"] for row in fetched], raw["stored"])


async def an_account(
    post: Post, *, afterwards: str = "seen", move_to: str = "", port: int | None = None
) -> MailAccount:
    channel = await Channel.objects().first()
    assert channel is not None
    account = MailAccount(
        channel=channel.id, direction="in", host="127.0.0.1", port=port or post.port, tls="none", username=USER,
        password=seal(PASSWORD), folder=post.folder, afterwards=afterwards, move_to=move_to,
    )  # fmt: skip
    await account.save()
    return account


@contextmanager
def imap_server() -> Iterator[int]:
    """Its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = "from pymap.main import main; main()"
    command = [
        sys.executable,
        "-c",
        start,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
        "dict",
        "--demo-data",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the IMAP server did not start")
