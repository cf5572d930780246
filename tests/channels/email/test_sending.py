import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from helpdesk.channels.email.sending import SendResult, Transport, close_connections, read_url, send

RAW = b"Subject: x\r\n\r\n.dot first\r\nbody\r\n"
HANG, DROP = "hang", "drop"


class Sink:
    """An SMTP server that answers as scripted: `answers` maps a line's start to an answer, HANG or DROP."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = {"EHLO": "250-sink\r\n250 SIZE 10000000", "." + "": "250 queued as 7"} | answers
        self.lines: list[str] = []
        self.mails: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError):
            if await self.say(writer, self.answers.get("connect", "220 sink")):
                while line := (await reader.readline()).decode().strip():
                    self.lines.append(line)
                    if not await self.answer(line, reader, writer):
                        break
        writer.close()

    async def answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        scripted = next(
            (answer for start, answer in self.answers.items() if line.upper().startswith(start.upper())), None
        )
        if line == "DATA" and scripted is None:
            await self.say(writer, "354 go on")
            self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
            return await self.say(writer, self.answers["."])
        return await self.say(writer, scripted or "250 ok")

    async def say(self, writer: asyncio.StreamWriter, answer: str) -> bool:
        if answer == HANG:
            await asyncio.sleep(30)
        if answer in (HANG, DROP):
            return False
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        return True


@contextlib.asynccontextmanager
async def sink(answers: dict[str, str] | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[Sink]:
    scripted = Sink(answers or {})
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0, ssl=tls)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        await close_connections()
        server.close()


async def deliver(to: Sink, *recipients: str, **options: Any) -> SendResult:
    options = {
        "envelope_from": "s@x.example",
        "transport": Transport("127.0.0.1", to.port, "none"),
        "timeout_seconds": 1,
    } | options
    return await send(RAW, recipients=recipients or ["dora@y.example"], **options)


async def test_a_mail_is_sent_as_it_is():
    async with sink() as server:
        result = await deliver(server)

    assert (result.kind, result.detail) == ("sent", "250 queued as 7")
    assert server.mails == [b"Subject: x\r\n\r\n..dot first\r\nbody\r\n.\r\n"]
    assert f"MAIL FROM:<s@x.example> size={len(RAW)}" in server.lines


async def test_the_null_sender_is_said():
    async with sink() as server:
        assert (await deliver(server, envelope_from=None)).kind == "sent"

    assert server.lines[1].startswith("MAIL FROM:<> ")


async def test_an_old_server_without_ehlo_is_greeted_with_helo():
    async with sink({"EHLO": "500 what?"}) as server:
        assert (await deliver(server)).kind == "sent"


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"connect": "421 busy"}, "temporary"),
        ({"connect": "554 go away"}, "temporary"),
        ({"connect": DROP}, "temporary"),
        ({"connect": HANG}, "temporary"),
        ({"MAIL": "451 later"}, "temporary"),
        ({"MAIL": "550 no such sender"}, "permanent"),
        ({"MAIL": "530 sign in first"}, "temporary"),
        ({"MAIL": DROP}, "temporary"),
        ({"RCPT": "450 greylisted"}, "temporary"),
        ({"RCPT": "550 no such user"}, "permanent"),
        ({"RCPT": HANG}, "temporary"),
        ({"DATA": "451 no"}, "temporary"),
        ({"DATA": "554 spam"}, "permanent"),
        ({".": "452 full"}, "temporary"),
        ({".": "554 spam"}, "permanent"),
        ({".": "250 ok"}, "sent"),
        ({".": DROP}, "ambiguous"),
        ({".": HANG}, "ambiguous"),
    ],
)
async def test_each_fault_is_told_by_its_kind(answers: dict[str, str], kind: str):
    async with sink(answers) as server:
        result = await deliver(server, timeout_seconds=0.3)

    assert result.kind == kind
    assert result.detail


async def test_nobody_listening_is_temporary():
    async with sink() as server:
        pass

    assert (await deliver(server)).kind == "temporary"


async def test_each_recipient_has_a_fate():
    answers = {"RCPT TO:<gone@": "550 no such user", "RCPT TO:<full@": "452 mailbox full"}
    async with sink(answers) as server:
        result = await deliver(server, "dora@y.example", "gone@y.example", "full@y.example")

    assert result.kind == "sent"
    assert [(refusal.recipient, refusal.kind) for refusal in result.refused] == [
        ("gone@y.example", "permanent"),
        ("full@y.example", "temporary"),
    ]


async def test_no_recipient_left_is_temporary_while_one_of_them_may_recover():
    async with sink({"RCPT TO:<gone@": "550 no", "RCPT TO:<full@": "452 full"}) as server:
        result = await deliver(server, "gone@y.example", "full@y.example")

    assert result.kind == "temporary"
    assert server.mails == []


@pytest.mark.parametrize("recipient", ["دورا@y.example", "no-at-sign", "a@b.example\r\nRCPT TO:<c@d.example>"])
async def test_an_address_that_cannot_be_said_is_a_permanent_failure(recipient: str):
    async with sink() as server:
        assert (await deliver(server, recipient)).kind == "permanent"

    assert server.mails == []


async def test_connections_are_used_again_and_a_dead_one_is_replaced():
    async with sink() as server:
        for _ in range(3):
            assert (await deliver(server)).kind == "sent"
        assert server.connections == 1

        server.answers["RSET"] = DROP
        assert (await deliver(server)).kind == "sent"
        assert server.connections == 2


async def test_starttls_that_is_not_offered_sends_nothing():
    async with sink({"STARTTLS": "502 no"}) as server:
        result = await deliver(server, transport=read_url(f"smtp://u:secret@127.0.0.1:{server.port}?starttls=1"))

    assert result.kind == "temporary"
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.lines)


async def test_a_wrong_password_is_temporary_and_not_repeated_in_the_result():
    async with sink({"EHLO": "250-sink\r\n250 AUTH PLAIN", "AUTH": "535 no"}) as server:
        result = await deliver(server, transport=read_url(f"smtp://u:secret@127.0.0.1:{server.port}"))

    assert result.kind == "temporary"
    assert "secret" not in result.detail


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, [*command, *names, *files], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with sink(tls=tls) as server:
        result = await deliver(server, transport=read_url(f"smtps://u:secret@127.0.0.1:{server.port}"))

    assert result.kind == "temporary"
    assert "certificate" in result.detail
    assert server.lines == []


def test_a_url_is_read_with_its_usual_port_and_decoded_password():
    assert read_url("smtp://u%40x:p%2Fw@mail.example?starttls=1").password == "p/w"
    assert read_url("smtp://u%40x:p%2Fw@mail.example?starttls=1").port == 587
    assert read_url("smtps://mail.example").port == 465
    assert read_url("smtp://mail.example:2525").tls == "none"


@pytest.mark.parametrize("url", ["", "http://x", "smtp://", "smtp://u:hunter2@x:99999", "mail.example:25"])
def test_a_malformed_url_is_told_without_its_password(url: str):
    read: Callable[[str], object] = read_url
    with pytest.raises(ValueError) as caught:
        read(url)
    assert "hunter2" not in str(caught.value)
