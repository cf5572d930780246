"""The demo's mail server keeps what it was given, the newest of it."""

from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import aiosmtplib
import pytest_asyncio

from helpdesk import sink
from helpdesk.channels.email.receiving import listen
from helpdesk.embedded.probes import LOOPBACK, free_port

MAIL = b"Subject: Hello\r\nFrom: desk@helpdesk.test\r\nTo: dora@customer.test\r\n\r\n.A line with a dot\r\n"


@pytest_asyncio.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    port = free_port()
    listener = await listen(LOOPBACK, port, sink.mailroom(sink.Sink(tmp_path)))
    yield port
    await listener.close()


async def test_a_mail_for_anybody_is_kept_with_its_envelope(port: int, tmp_path: Path) -> None:
    recipients = ["dora@customer.test", "eve@stranger.test"]
    _, said = await aiosmtplib.send(
        MAIL, sender="desk+b.1.x@helpdesk.test", recipients=recipients, hostname=LOOPBACK, port=port
    )

    [file] = sink.kept(tmp_path)
    mail = message_from_bytes(file.read_bytes())
    assert "queued as 1" in said
    assert mail["Return-Path"] == "<desk+b.1.x@helpdesk.test>"
    assert mail.get_all("Delivered-To") == recipients
    assert file.read_bytes().endswith(MAIL)


async def test_mails_are_listed_in_the_order_of_their_coming(port: int, tmp_path: Path) -> None:
    for n in range(12):
        await aiosmtplib.send(
            MAIL.replace(b"Hello", b"Mail %d" % n),
            sender="a@b.test",
            recipients=["c@d.test"],
            hostname=LOOPBACK,
            port=port,
        )

    subjects = [message_from_bytes(file.read_bytes())["Subject"] for file in sink.kept(tmp_path)]
    assert subjects == [f"Mail {n}" for n in range(12)]


def test_only_the_newest_stay_also_after_a_restart(tmp_path: Path) -> None:
    first = sink.Sink(tmp_path, most=3)
    for n in range(5):
        first.keep(b"%d" % n, "", ["c@d.test"])
    second = sink.Sink(tmp_path, most=3)

    assert second.keep(b"5", "", ["c@d.test"]) == 6
    assert [file.read_bytes()[-1:] for file in sink.kept(tmp_path)] == [b"3", b"4", b"5"]


def test_what_a_killed_process_left_half_written_is_removed_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".20261121T101530.000000Z-000001.eml").write_bytes(b"hal")
    (tmp_path / "mine.eml").write_bytes(b"a file of somebody else's")

    sink.Sink(tmp_path, most=0).keep(b"", "", [])

    assert [path.name for path in tmp_path.iterdir()] == ["mine.eml"]
