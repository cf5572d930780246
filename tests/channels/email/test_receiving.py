"""What the SMTP and LMTP listeners take, refuse and promise, byte by byte."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.channels.email import receiving
from helpdesk.channels.email.receiving import Listener, Mailroom, Refusal, listen, listen_lmtp

MAIL = b"From: dora@example.com\r\nSubject: Help\r\n\r\nIt burns.\r\n"
LARGEST = 300_000


class Desk:
    """Stands in for the intake: keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, str, str, list[str]]] = []
        self.refused: list[Refusal] = []
        self.is_full = self.is_broken = self.cannot_find = False
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    async def find(self, address: str) -> str | None:
        if self.cannot_find:
            raise ConnectionRefusedError
        return "support" if address.lower().startswith("support") else None

    async def accept(self, content: bytes, mailbox: str, sender: str, recipients: list[str]) -> int:
        await self.may_finish.wait()
        if self.is_broken:
            raise ConnectionResetError
        self.kept.append((content, mailbox, sender, recipients))
        return len(self.kept)

    def mailroom(self) -> Mailroom[str]:
        return Mailroom(
            find_mailbox=self.find, accept=self.accept, has_room=lambda: not self.is_full, hostname="mail.test", largest=LARGEST,
            refused=self.refused.append,
        )  # fmt: skip


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> str:
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 10)).decode()
            lines.append(line.rstrip())
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.answer()

    async def begin(self, *recipients: str, hello: str = "EHLO client.test") -> None:
        assert (await self.answer()).startswith("220 mail.test")
        assert (await self.say(hello)).startswith("250")
        assert (await self.say("MAIL FROM:<dora@example.com>")).startswith("250")
        for recipient in recipients or ("support@helpdesk.test",):
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250")

    async def send(self, stuffed: bytes) -> str:
        """DATA with these very bytes, which end with the final dot."""
        assert (await self.say("DATA")).startswith("354")
        self.writer.write(stuffed)
        return await self.answer()


Connect = Callable[[], Awaitable[Client]]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@asynccontextmanager
async def listening(desk: Desk) -> AsyncIterator[tuple[Listener, Connect]]:
    listener = await listen("127.0.0.1", 0, desk.mailroom())
    port = listener.server.sockets[0].getsockname()[1]
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return Client(reader, writer)

    try:
        yield listener, connect
    finally:
        desk.may_finish.set()
        await listener.close()
        for writer in writers:
            writer.close()


@pytest.fixture
async def connect(desk: Desk) -> AsyncIterator[Connect]:
    async with listening(desk) as (_, connect):
        yield connect


async def test_a_mail_is_kept_before_it_is_acknowledged_by_its_id(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.begin("support@helpdesk.test", "support+token@helpdesk.test")
    assert await client.send(MAIL + b".\r\n") == "250 2.0.0 OK: queued as 1"
    assert desk.kept == [
        (MAIL, "support", "dora@example.com", ["support@helpdesk.test", "support+token@helpdesk.test"])
    ]


async def test_the_greeting_tells_the_limits(connect: Connect) -> None:
    client = await connect()
    await client.answer()
    told = await client.say("EHLO client.test")
    assert f"SIZE {LARGEST}" in told
    assert "8BITMIME" in told
    assert "SMTPUTF8" in told


async def test_the_null_sender_and_international_addresses_are_taken(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.answer()
    await client.say("EHLO client.test")
    for sender in ("<>", "<دورا@مثال.ایران> SMTPUTF8"):
        assert (await client.say(f"MAIL FROM:{sender}")).startswith("250")
        await client.say("RCPT TO:<support@helpdesk.test>")
        assert (await client.send(MAIL + b".\r\n")).startswith("250")
    assert [sender for _, _, sender, _ in desk.kept] == ["", "دورا@مثال.ایران"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"ab\r\n.\r\n", b"ab\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"\r\n..\r\n\r\n.\r\n", b"\r\n.\r\n\r\n"),
        (b"x\r\n...y\r\n.z\r\n.\r\n", b"x\r\n..y\r\nz\r\n"),
    ],
)
async def test_dots_are_unstuffed_to_the_byte(desk: Desk, connect: Connect, sent: bytes, kept: bytes) -> None:
    client = await connect()
    await client.begin()
    assert (await client.send(sent)).startswith("250")
    assert desk.kept[0][0] == kept


@given(
    lines=st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), max_size=12),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_lines_arrive_as_they_were_however_they_are_cut(lines: list[bytes], seed: int) -> None:
    content = b"".join(line + b"\r\n" for line in lines)

    async def send() -> bytes:
        desk = Desk()
        async with listening(desk) as (_, connect):
            client = await connect()
            await client.begin()
            await client.say("DATA")
            sent = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"
            cut = random.Random(seed)
            while sent:
                piece, sent = sent[: (n := cut.randint(1, 9))], sent[n:]
                client.writer.write(piece)
                await asyncio.sleep(0)
            assert (await client.answer()).startswith("250")
        return desk.kept[0][0]

    assert asyncio.run(send()) == content


@pytest.mark.parametrize("length", [998, 1_500, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 200_000])
async def test_long_lines_are_taken_unbroken(desk: Desk, connect: Connect, length: int) -> None:
    client = await connect()
    await client.begin()
    content = b"Subject: long\r\n\r\n" + b"x" * length + b"\r\n"
    assert (await client.send(content + b".\r\n")).startswith("250")
    assert desk.kept[0][0] == content


ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n", b"\r\r\n.\r\r\n", b"\n\n.\r\n", b"\0\n.\r\n", b"\r\n\0.\r\n"]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=[repr(end) for end in ENDS])
async def test_nothing_but_crlf_dot_crlf_ends_a_mail(desk: Desk, connect: Connect, end: bytes) -> None:
    smuggled = (
        b"MAIL FROM:<eve@example.com>\r\nRCPT TO:<support@helpdesk.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n"
    )
    client = await connect()
    await client.begin()
    answer = await client.send(MAIL + b"x" + end + smuggled + b".\r\n")
    assert len(desk.kept) == (1 if answer.startswith("250") else 0)
    assert answer[0] in "25"
    assert (await client.say("NOOP")).startswith("250"), "the next answer is to the next command"


@pytest.mark.parametrize("bare", [b"a\nb", b"a\rb", b"a\r\r\nb", b"\n"])
async def test_bare_line_breaks_are_refused_for_good(desk: Desk, connect: Connect, bare: bytes) -> None:
    client = await connect()
    await client.begin()
    assert (await client.send(MAIL + bare + b"\r\n.\r\n")).startswith("550 5.6.0")
    assert desk.kept == []


async def test_what_is_too_large_is_refused_and_the_connection_goes_on(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.begin()
    assert (await client.send(b"Subject: x\r\n\r\n" + b"y" * 76 * 5_000 + b"\r\n.\r\n")).startswith("552")
    assert (await client.say(f"MAIL FROM:<dora@example.com> SIZE={LARGEST + 1}")).startswith("552")
    await client.say("MAIL FROM:<dora@example.com>")
    await client.say("RCPT TO:<support@helpdesk.test>")
    assert (await client.send(MAIL + b".\r\n")).startswith("250")
    assert len(desk.kept) == 1


async def test_a_mail_of_exactly_the_largest_size_is_taken(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.begin()
    content = b"Subject: x\r\n\r\n"
    content += b"y" * (LARGEST - len(content) - 2) + b"\r\n"
    assert (await client.send(content + b".\r\n")).startswith("250")
    assert len(desk.kept[0][0]) == LARGEST


async def test_huge_headers_are_refused(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.begin()
    headers = b"X-Filler: 123456789 123456789\r\n" * 9_000
    assert (await client.send(headers + b"\r\nbody\r\n.\r\n")).startswith("552")
    assert desk.kept == []


async def test_unknown_recipients_are_refused_before_the_data(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.answer()
    await client.say("EHLO client.test")
    await client.say("MAIL FROM:<dora@example.com>")
    assert (await client.say("RCPT TO:<nobody@helpdesk.test>")).startswith("550 5.1.1")
    assert (await client.say("DATA")).startswith("503")
    desk.cannot_find = True
    assert (await client.say("RCPT TO:<support@helpdesk.test>")).startswith("451")


async def test_the_fifty_first_recipient_is_put_off(connect: Connect) -> None:
    client = await connect()
    await client.begin(*(f"support+{number}@helpdesk.test" for number in range(50)))
    assert (await client.say("RCPT TO:<support@helpdesk.test>")).startswith("452 4.5.3")


async def test_a_full_disk_puts_the_sender_off(desk: Desk, connect: Connect) -> None:
    desk.is_full = True
    client = await connect()
    await client.answer()
    await client.say("EHLO client.test")
    assert (await client.say("MAIL FROM:<dora@example.com>")).startswith("452 4.3.1")


async def test_what_cannot_be_stored_is_not_acknowledged(desk: Desk, connect: Connect) -> None:
    desk.is_broken = True
    client = await connect()
    await client.begin()
    assert (await client.send(MAIL + b".\r\n")).startswith("451 4.3.0")


async def test_a_client_that_vanishes_leaves_nothing(desk: Desk) -> None:
    async with listening(desk) as (listener, connect):
        client = await connect()
        await client.begin()
        await client.say("DATA")
        client.writer.write(MAIL)
        client.writer.close()
        await _until(lambda: not listener.mailroom.connections)
    assert desk.kept == []


async def test_too_many_connections_are_turned_away(
    desk: Desk, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_CONNECTIONS", 2)
    first, second, third = await connect(), await connect(), await connect()
    assert (await first.answer()).startswith("220")
    assert (await second.answer()).startswith("220")
    assert (await third.answer()).startswith("421 4.7.0")
    assert await third.reader.read() == b""
    await first.say("QUIT")
    await asyncio.sleep(0.05)
    assert (await (await connect()).answer()).startswith("220")


async def test_closing_finishes_the_mail_under_way_and_sends_idlers_home(desk: Desk) -> None:
    async with listening(desk) as (listener, connect):
        idle, busy = await connect(), await connect()
        await idle.answer()
        await busy.begin()
        desk.may_finish.clear()
        sending = asyncio.create_task(busy.send(MAIL + b".\r\n"))
        await _until(lambda: any(connection.is_busy for connection in listener.mailroom.connections))
        closing = asyncio.create_task(listener.close())
        assert (await idle.answer()).startswith("421 4.3.2")
        assert not closing.done()
        desk.may_finish.set()
        assert (await sending).startswith("250")
        await asyncio.wait_for(closing, 5)
    assert len(desk.kept) == 1


async def test_lmtp_answers_for_each_recipient(desk: Desk, tmp_path: Path) -> None:
    listener = await listen_lmtp(tmp_path / "lmtp.sock", desk.mailroom())
    client = Client(*await asyncio.open_unix_connection(str(tmp_path / "lmtp.sock")))
    await client.begin("support@helpdesk.test", "support+a@helpdesk.test", hello="LHLO client.test")
    assert (await client.send(MAIL + b".\r\n")).startswith("250 2.0.0")
    assert (await client.answer()).startswith("250 2.0.0")
    assert (await client.say("NOOP")).startswith("250")
    assert len(desk.kept) == 1
    client.writer.close()
    await listener.close()


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


async def test_every_refusal_is_told_of_with_its_envelope(desk: Desk, connect: Connect) -> None:
    client = await connect()
    await client.begin()
    assert (await client.say("RCPT TO:<nobody@helpdesk.test>")).startswith("550")
    assert (await client.send(b"Subject: x\r\n\r\nbare\n\r\n.\r\n")).startswith("550")
    assert (await client.say(f"MAIL FROM:<big@example.com> SIZE={LARGEST + 1}")).startswith("552")
    desk.is_full = True
    assert (await client.say("MAIL FROM:<late@example.com>")).startswith("452")
    told = [(one.reason, one.envelope_from, one.envelope_to, one.size) for one in desk.refused]
    assert told == [
        ("there is no such mailbox", "dora@example.com", ["nobody@helpdesk.test"], None),
        ("a line does not end with CRLF", "dora@example.com", ["support@helpdesk.test"], 21),
        ("it is too large", "big@example.com", [], LARGEST + 1),
        ("the disk is nearly full", "late@example.com", [], None),
    ]
    assert {one.peer for one in desk.refused} == {"127.0.0.1"}
