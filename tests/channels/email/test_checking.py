"""A connection test says what is wrong and what to do about it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from helpdesk.channels.email.checking import records, running, servers, sign_ins
from helpdesk.channels.email.checking.findings import Finding
from helpdesk.channels.email.checking.records import check_records
from helpdesk.channels.email.checking.running import check_channel
from helpdesk.channels.email.checking.servers import Peer, examine
from helpdesk.channels.email.checking.sign_ins import check_receiving, check_sending
from helpdesk.channels.email.fetching import Server as ImapServer
from helpdesk.channels.email.sending import Transport
from helpdesk.channels.mail_accounts import Server, accounts_of, save_account
from helpdesk.channels.tables import Channel, Direction
from helpdesk.kernel.language import speaking
from helpdesk.kernel.time import now
from tests.cast import hire
from tests.certificates import DAY, a_certificate
from tests.dns_server import Table, dns_server
from tests.mail_servers import PASSWORD, TOKEN, USER, outgoing_server

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
MAILBOX = "support@helpdesk.test"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that hang end soon."""
    monkeypatch.setattr(servers, "WITHIN", 1.0)
    monkeypatch.setattr(sign_ins, "ANSWER_WITHIN", 1.0)
    monkeypatch.setattr(records, "ANSWER_WITHIN", 0.5)


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(*lines: bytes) -> Serve:
    """A server that says these lines, one after each line that it hears but the first at once, and then waits."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await reader.readline()
        await reader.read()

    return serve


async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An IMAP server with one user and the folder INBOX."""
    writer.write(b"* OK here\r\n")
    while line := (await reader.readline()).decode():
        tag, command, *rest = line.split()
        answer = b"OK done"
        if command == "LOGIN":
            is_right = " ".join(rest) == f'"{USER}" "hunter2"' or " ".join(rest) == f'{USER} "hunter2"'
            answer = b"OK in" if is_right else b"NO [AUTHENTICATIONFAILED] who is " + line.strip().encode()
        elif command == "SELECT" and rest[0].strip('"') != "INBOX":
            answer = b"NO [NONEXISTENT] no such mailbox"
        elif command == "SELECT":
            writer.write(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 1]\r\n")
        elif command == "CAPABILITY":
            writer.write(b"* CAPABILITY IMAP4rev1\r\n")
        writer.write(tag.encode() + b" " + answer + b"\r\n")


def an_imap_server(port: int, password: str = "hunter2") -> ImapServer:
    return ImapServer(host="127.0.0.1", port=port, tls="none", username=USER, password=password)


def a_transport(port: int, tls: str = "none", **changes: str) -> Transport:
    return Transport("127.0.0.1", port, tls, **({"username": USER, "password": PASSWORD} | changes))  # pyright: ignore[reportArgumentType]


def outline(found: list[Finding]) -> list[tuple[str, str]]:
    for one in found:
        assert one.text
        assert one.advice or one.level in ("ok", "unknown"), one
    return [(one.check, one.level) for one in found]


# Servers


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_all_is_well_with_a_server_that_takes_our_mail(
    tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    async with outgoing_server(tls, certificate.context) as server:
        found = await check_sending(a_transport(server.port, tls), sender=MAILBOX)
    assert outline(found) == [(f"sending.{what}", "ok") for what in ("reach", "tls", "sign_in", "sender")]
    assert server.mails == []


@pytest.mark.parametrize(
    ("made", "says", "level"),
    [
        ({"is_self_signed": True}, "vouches", "problem"), ({"host": "mail.example"}, "another name", "problem"),
        ({"ends": -DAY / 2}, "expired", "problem"), ({"begins": DAY}, "not valid yet", "problem"),
        ({"ends": 3 * DAY}, "only valid until", "warning"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_certificate_is_told(
    made: dict, says: str, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = a_certificate(tmp_path, **made)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    async with outgoing_server("implicit", certificate.context) as server:
        found = await check_sending(a_transport(server.port, "implicit"), sender=MAILBOX)
    assert outline(found)[1] == ("sending.tls", level)
    assert says in found[1].text
    assert (server.sign_ins == []) == (level == "problem")


async def test_old_encryption_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    certificate.context.minimum_version = ssl.TLSVersion.TLSv1
    certificate.context.maximum_version = ssl.TLSVersion.TLSv1_1
    certificate.context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_server(("127.0.0.1", 0)) as listener:  # asyncio's own server would not say why it refuses

        def refuse() -> None:
            for _ in range(2):
                with contextlib.suppress(OSError):
                    certificate.context.wrap_socket(listener.accept()[0], server_side=True)

        refusing = asyncio.create_task(asyncio.to_thread(refuse))
        found = await examine(Peer("sending", "SMTP", "127.0.0.1", listener.getsockname()[1], "implicit"))
        await refusing
    assert outline(found)[-1] == ("sending.tls", "problem") and "too old" in found[-1].text


async def test_a_wrong_password_is_told_and_not_repeated() -> None:
    async with outgoing_server() as server:
        found = await check_sending(a_transport(server.port, password="hunter2"), sender=MAILBOX)
    assert outline(found)[-1] == ("sending.sign_in", "problem")
    assert "535" in found[-1].text and "hunter2" not in str(found)
    assert ("sending.tls", "warning") in outline(found)


async def test_a_token_signs_in() -> None:
    async with outgoing_server() as server:
        good = await check_sending(a_transport(server.port, access_token=TOKEN), sender=MAILBOX)
        bad = await check_sending(a_transport(server.port, access_token="stale"), sender=MAILBOX)
    assert outline(good)[-1] == ("sending.sender", "ok")
    assert outline(bad)[-1] == ("sending.sign_in", "problem") and "Connect the mailbox again" in bad[-1].advice


async def test_a_sender_that_is_not_taken_is_told() -> None:
    async with outgoing_server() as server:
        server.at_mail = "550 5.7.60 SendAsDenied"
        found = await check_sending(a_transport(server.port), sender=MAILBOX)
    assert outline(found)[-1] == ("sending.sender", "problem") and "SendAsDenied" in found[-1].text


async def test_a_relay_without_sign_in_needs_none() -> None:
    async with outgoing_server(wants_password=False) as server:
        found = await check_sending(Transport("127.0.0.1", server.port, "none"), sender=MAILBOX)
    assert outline(found) == [("sending.reach", "ok"), ("sending.sender", "ok")]


async def test_a_server_that_offers_no_sign_in_is_told() -> None:
    async with listening(saying(b"220 here\r\n", b"250 only me\r\n")) as port:
        found = await check_sending(a_transport(port), sender=MAILBOX)
    assert outline(found)[-1] == ("sending.sign_in", "problem") and "no sign-in" in found[-1].text


@pytest.mark.parametrize(
    ("serve", "tls", "check", "says"),
    [
        (saying(), "none", "greeting", "says nothing"), (saying(), "implicit", "tls", "no encryption"),
        (saying(b"220 here\r\n"), "implicit", "tls", "does not begin with encryption"),
        (saying(b"SSH-2.0-x\r\n"), "none", "greeting", "no SMTP server"),
        (saying(b"554 go away\r\n"), "none", "greeting", "go away"),
        (saying(b"220 here\r\n", b"250 x\r\n", b"502 no\r\n"), "starttls", "tls", "STARTTLS"),
        (saying(b"220 here\r\n", b"250 x\r\n"), "starttls", "greeting", "says nothing"),
        (saying(b"x" * 10_000), "none", "greeting", "no SMTP server"),
    ],
)  # fmt: skip
async def test_what_answers_oddly_is_told(hasty: None, serve: Serve, tls: str, check: str, says: str) -> None:
    async with listening(serve) as port:
        found = await examine(Peer("sending", "SMTP", "127.0.0.1", port, tls))
    assert outline(found) == [("sending.reach", "ok"), (f"sending.{check}", "problem")]
    assert says in found[-1].text


async def test_a_server_that_hangs_up_is_told() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with listening(hang_up) as port:
        found = await examine(Peer("sending", "SMTP", "127.0.0.1", port, "none"))
    assert outline(found)[-1][1] == "problem"


async def test_a_closed_port_and_an_unknown_name_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    closed = await examine(Peer("receiving", "IMAP", "127.0.0.1", port, "none"))
    assert outline(closed) == [("receiving.reach", "problem")] and "refuses" in closed[0].text
    both = await examine(Peer("receiving", "IMAP", "localhost", port, "none"))
    assert outline(both) == [("receiving.reach", "problem")] and "refuses" in both[0].text
    unknown = await examine(Peer("receiving", "IMAP", "nowhere.invalid", 993, "none"))
    assert outline(unknown) == [("receiving.host", "problem")]


async def test_a_mailbox_by_imap_is_signed_in_to_and_its_folder_opened() -> None:
    async with listening(imap) as port:
        good = await check_receiving(an_imap_server(port), "INBOX")
        wrong = await check_receiving(an_imap_server(port, "hunter3"), "INBOX")
        missing = await check_receiving(an_imap_server(port), "Support")
    assert outline(good) == [
        ("receiving.reach", "ok"), ("receiving.tls", "warning"), ("receiving.sign_in", "ok"), ("receiving.folder", "ok"),
    ]  # fmt: skip
    assert outline(wrong)[-1] == ("receiving.sign_in", "problem")
    assert "hunter3" not in str(wrong) and "***" in wrong[-1].text
    assert outline(missing)[-2:] == [("receiving.sign_in", "ok"), ("receiving.folder", "problem")]


# DNS

WELL_KEPT: Table = {
    ("helpdesk.test", "MX"): ["20 b.mx.test.", "10 a.mx.test."],
    ("helpdesk.test", "TXT"): ['"other=1"', '"v=spf1 include:_spf.goo" "gle.com ~all"'],
    ("x._domainkey.helpdesk.test", "TXT"): ['"v=DKIM1; p=x"'],
    ("_dmarc.helpdesk.test", "TXT"): ['"v=DMARC1; p=none"'],
}


async def looked_up(table: Table, *, sends_by: str = "", domain: str = "helpdesk.test") -> dict[str, Finding]:
    async with dns_server(table) as resolver:
        found = await check_records(domain, sends_by=sends_by, resolver=resolver)
    outline(found)
    return {one.check: one for one in found}


async def test_a_well_kept_domain_has_nothing_to_complain_about() -> None:
    found = await looked_up(WELL_KEPT, sends_by="smtp.gmail.com")
    assert {check: one.level for check, one in found.items()} == {
        "dns.mx": "ok", "dns.spf": "ok", "dns.dkim": "ok", "dns.dmarc": "ok",
    }  # fmt: skip
    assert "a.mx.test, b.mx.test" in found["dns.mx"].text
    below = await looked_up(WELL_KEPT | {("eu.helpdesk.test", "MX"): ["1 a."]}, domain="eu.helpdesk.test")
    assert below["dns.dmarc"].level == "ok"


async def test_what_is_missing_or_wrong_in_dns_is_told() -> None:
    bare = await looked_up({("helpdesk.test", "A"): ["192.0.2.1"]})
    assert [one.level for one in bare.values()] == ["warning"] * 4
    unknown = await looked_up({("other.test", "A"): ["192.0.2.1"]})
    assert [(check, one.level) for check, one in unknown.items()] == [("dns.mx", "problem")]
    for texts, level in [
        (['"v=spf1 -all"', '"v=spf1 ~all"'], "problem"),
        (['"v=spf1 +all"'], "problem"),
        (['"v=spf1 all"'], "problem"),
        (['"v=spf10 ~all"'], "warning"),
        (['"v=spf1 mx -all"'], "warning"),
    ]:
        found = await looked_up(WELL_KEPT | {("helpdesk.test", "TXT"): texts}, sends_by="smtp.office365.com")
        assert found["dns.spf"].level == level, texts
    assert (await looked_up(WELL_KEPT | {("helpdesk.test", "MX"): ["0 ."]}))["dns.mx"].level == "problem"


@pytest.mark.parametrize("failure", ["SERVFAIL", "REFUSED", "silence"])
async def test_a_dns_that_does_not_answer_is_said_and_no_fault(hasty: None, failure: str) -> None:
    async with dns_server({}, failure=failure) as resolver:
        found = await check_records("helpdesk.test", resolver=resolver)
    assert outline(found) == [("dns", "unknown")]


# The whole of it


async def test_a_test_of_a_mailbox_covers_both_ways_and_is_kept_with_its_accounts(database: None) -> None:
    alma, channel = await hire("alma"), await Channel.objects().first()
    assert channel is not None
    async with listening(imap) as port, outgoing_server() as outgoing, dns_server(WELL_KEPT) as resolver:
        wrong = Server(host="127.0.0.1", port=port, tls="none", username=USER, password="hunter3")
        right = Server(host="127.0.0.1", port=outgoing.port, tls="none", username=USER, password=PASSWORD)
        await save_account(1, Direction.IN, wrong, by=alma, at=now())
        await save_account(1, Direction.OUT, right, by=alma, at=now())
        with speaking("fa"):
            found = await check_channel(channel, resolver=resolver)
    levels = dict(outline(found))
    assert (levels["receiving.sign_in"], levels["sending.sender"], levels["dns.mx"]) == ("problem", "ok", "ok")
    accounts = (await accounts_of(1))[1]
    assert accounts["in"].last_error and accounts["in"].worked_at is None
    assert accounts["out"].last_error == "" and accounts["out"].worked_at
    assert PASSWORD not in str(found) and "hunter3" not in str(found)


async def test_without_any_server_and_with_a_hanging_one_there_is_an_answer(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alma, channel = await hire("alma"), await Channel.objects().first()
    assert channel is not None
    monkeypatch.setattr(running, "WITHIN", 0.5)
    async with dns_server(WELL_KEPT) as resolver, listening(saying()) as port:
        assert outline(await check_channel(channel, resolver=resolver))[0] == ("sending.host", "problem")
        hanging = Server(host="127.0.0.1", port=port, tls="implicit", username=USER, password="x")
        await save_account(1, Direction.IN, hanging, by=alma, at=now())
        found = await check_channel(channel, resolver=resolver)
    assert outline(found)[0] == ("receiving", "problem")


async def test_what_could_not_be_tried_is_not_kept_as_a_success(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object) -> list[Finding]:
        raise RuntimeError("nobody thought of this")

    alma, channel = await hire("alma"), await Channel.objects().first()
    assert channel is not None
    await save_account(
        1, Direction.IN, Server(host="127.0.0.1", port=1, username=USER, password="x"), by=alma, at=now()
    )
    monkeypatch.setattr(running, "check_receiving", fail)
    async with dns_server(WELL_KEPT) as resolver:
        found = await check_channel(channel, resolver=resolver)
    assert outline(found)[0] == ("receiving", "unknown")
    assert (await accounts_of(1))[1]["in"].worked_at is None


async def test_an_account_with_nothing_to_sign_in_with_is_told(database: None) -> None:
    alma, channel = await hire("alma"), await Channel.objects().first()
    assert channel is not None
    await save_account(1, Direction.IN, Server(host="127.0.0.1", port=1, username=USER), by=alma, at=now())
    async with dns_server(WELL_KEPT) as resolver:
        found = await check_channel(channel, resolver=resolver)
    assert outline(found)[0] == ("receiving.sign_in", "problem")


def test_soon_is_two_weeks() -> None:
    assert timedelta(days=14) == servers.SOON
