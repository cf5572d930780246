"""The mail server as a process: by SMTP and LMTP into the table of raw messages."""

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from helpdesk import mail_server
from helpdesk.embedded import probes
from helpdesk.intake.tables import RawMessage
from tests.cli.running import start

pytestmark = pytest.mark.usefixtures("database")
SUPPORT = "support@helpdesk.test"
MAIL = b"From: dora@customer.test\r\nSubject: Help\r\n\r\nIt burns.\r\n"


@pytest.fixture
async def port(database: None, tmp_path: Path) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start(
        "mail-server", environment={"HELPDESK_SMTP_PORT": str(port), "HELPDESK_LMTP_SOCKET": str(tmp_path / "lmtp")}
    )
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(probes.greets, "127.0.0.1", port):
            await asyncio.sleep(0.1)
    yield port
    process.terminate()
    assert await asyncio.to_thread(process.wait, 12) == 0


async def test_what_is_acknowledged_is_in_the_database(port: int) -> None:
    def send() -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo()
            client.mail("dora@customer.test")
            client.rcpt(SUPPORT)
            return client.data(MAIL)

    code, said = await asyncio.to_thread(send)
    [raw] = await RawMessage.objects()
    assert (code, said) == (250, f"2.0.0 OK: queued as {raw.id}".encode())
    assert (raw.content, raw.source, raw.envelope_from, raw.envelope_to) == (
        MAIL,
        "smtp",
        "dora@customer.test",
        [SUPPORT],
    )


async def test_lmtp_is_spoken_on_its_socket(port: int, tmp_path: Path) -> None:
    def send() -> None:
        with smtplib.LMTP(str(tmp_path / "lmtp")) as client:
            client.sendmail("", [SUPPORT], MAIL)

    await asyncio.to_thread(send)
    [raw] = await RawMessage.objects()
    assert (raw.source, raw.envelope_from) == ("lmtp", "")


def test_room_is_measured_where_the_data_is(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = mail_server.shutil.disk_usage("/")
    monkeypatch.setattr(mail_server.shutil, "disk_usage", lambda _: usage._replace(total=1000, free=49))
    assert not mail_server.has_room()
    monkeypatch.setattr(mail_server.shutil, "disk_usage", lambda _: usage._replace(total=1000, free=51))
    assert mail_server.has_room()
