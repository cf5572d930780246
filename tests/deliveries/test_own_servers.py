"""Each mailbox sends by its own server; what is wrong with that is shown on it, and no secret with it."""

import asyncio
import base64
import logging
import socket
from pathlib import Path

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from helpdesk.channels.email import transports
from helpdesk.channels.mail_accounts import Server, account_of, save_account
from helpdesk.channels.tables import Direction, MailAccount, OAuthGrant
from helpdesk.deliveries import delivering
from helpdesk.deliveries.delivering import deliver
from helpdesk.deliveries.hurrying import hurry
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.tickets.posting import AT_ONCE
from helpdesk.tickets.replying import Draft, reply
from tests.cast import hire
from tests.certificates import a_certificate
from tests.mail_servers import PASSWORD, TOKEN, USER, outgoing_server
from tests.make import a_ticket

PLAIN = base64.b64encode(f"\0{USER}\0plain-secret".encode()).decode()


async def use_server(port: int, **changes: object) -> None:
    server = Server(host="127.0.0.1", port=port, tls="none", username=USER, password=PASSWORD)
    await save_account(1, Direction.OUT, msgspec.structs.replace(server, **changes), by=await hire("alma"), at=now())


async def a_delivery() -> Delivery:
    message = await reply(
        await a_ticket(), Draft(body_text="Pull the plug."), by=await hire("ben"), at=now(), leaving=AT_ONCE
    )
    found = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert found is not None
    return found


async def tried(delivery: Delivery) -> tuple[Delivery, MailAccount]:
    await rows("UPDATE hd_delivery SET not_before = now() WHERE id = {} AND state = 'queued'", delivery.id)
    await deliver(delivery.id)
    await delivery.refresh()
    account = await account_of(1, Direction.OUT)
    assert account is not None
    return delivery, account


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
async def test_a_mailbox_with_a_server_of_its_own_sends_by_it(
    database: None, tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    elsewhere = msgspec.structs.replace(settings(), smtp_url="smtp://127.0.0.1:1")
    monkeypatch.setattr(transports, "settings", lambda: elsewhere)
    async with outgoing_server(tls, certificate.context) as server:
        await use_server(server.port, tls=tls)
        delivery, account = await tried(await a_delivery())
    assert (delivery.state, len(server.mails), len(server.sign_ins)) == ("sent", 1, 1)
    assert account.worked_at is not None and account.last_error == ""


async def test_a_wrong_password_waits_is_told_on_the_channel_and_repeated_nowhere(
    database: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logged:
        async with outgoing_server() as server:
            await use_server(server.port)
            server.password = "another"
            delivery, account = await tried(await a_delivery())
            assert (delivery.state, delivery.is_ambiguous) == ("queued", False)
            assert "535" in account.last_error and account.worked_at is None
            server.password = PASSWORD
            await hurry(1)
            await delivery.refresh()
            assert delivery.not_before < now()
            delivery, account = await tried(delivery)
    assert (delivery.state, account.last_error) == ("sent", "")
    stored = await rows("SELECT string_agg(d::text, '') AS all FROM hd_delivery d")
    assert logged and PASSWORD not in f"{logged}{caplog.text}{stored}"


async def test_a_server_that_repeats_what_it_was_told_gives_nothing_away(database: None) -> None:
    """Some answer a failed sign-in with the line that failed."""

    async def parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 parrot\r\n")
        while line := await reader.readline():
            greeting = line.startswith(b"EHLO")
            writer.write(b"250-parrot\r\n250 AUTH PLAIN\r\n" if greeting else b"535 who is " + line)
        writer.close()

    server = await asyncio.start_server(parrot, "127.0.0.1", 0)
    await use_server(server.sockets[0].getsockname()[1], password="plain-secret")
    delivery, account = await tried(await a_delivery())
    server.close()
    for text in (account.last_error, delivery.last_error):
        assert "535 who is" in text and "***" in text
        assert "plain-secret" not in text and PLAIN not in text


async def test_a_certificate_that_nobody_vouches_for_gets_no_password(database: None, tmp_path: Path) -> None:
    async with outgoing_server("implicit", a_certificate(tmp_path).context) as server:
        await use_server(server.port, tls="implicit")
        delivery, account = await tried(await a_delivery())
    assert delivery.state == "queued" and server.sign_ins == []
    assert "certificate" in account.last_error


async def test_nobody_there_is_told_on_the_channel(database: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    await use_server(port)
    delivery, account = await tried(await a_delivery())
    assert (delivery.state, delivery.last_error) == ("queued", account.last_error)
    assert f"127.0.0.1:{port}" in account.last_error


async def test_a_refused_mail_says_nothing_against_the_server(database: None) -> None:
    async with outgoing_server() as server:
        await use_server(server.port)
        server.at_mail = "550 not from you"
        delivery, account = await tried(await a_delivery())
    assert (delivery.state, account.last_error) == ("failed", "")


async def test_an_access_token_signs_in_instead_of_a_password(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = OAuthGrant(provider="google", client_id="x")
    await grant.save()
    monkeypatch.setattr(transports, "access_token", lambda grant_id: _token(grant_id, grant.id))
    async with outgoing_server() as server:
        await use_server(server.port, password="")
        await rows("UPDATE hd_mail_account SET oauth_grant = {}", grant.id)
        delivery, account = await tried(await a_delivery())
        assert (delivery.state, server.sign_ins) == ("sent", ["xoauth2"]), account.last_error
        monkeypatch.setattr(transports, "access_token", _revoked)
        await rows("UPDATE hd_delivery SET state = 'queued'")
        delivery, account = await tried(delivery)
    assert (delivery.state, account.last_error) == ("queued", "the consent was withdrawn")
    assert TOKEN not in str(await rows("SELECT * FROM hd_delivery"))


async def test_a_lost_key_is_told_on_the_channel(database: None) -> None:
    await use_server(1)
    await rows("UPDATE hd_mail_account SET password = 'sealed with another key'")
    delivery, account = await tried(await a_delivery())
    assert delivery.state == "queued" and "HELPDESK_SECRET_KEY" in account.last_error


async def test_a_mail_whose_server_could_not_be_looked_up_has_not_left(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    delivery = await a_delivery()
    monkeypatch.setattr(delivering, "account_of", away)
    await deliver(delivery.id)
    await delivery.refresh()
    assert (delivery.state, delivery.is_ambiguous, delivery.attempts) == ("queued", False, 0)


async def _token(grant_id: int, expected: int) -> str:
    assert grant_id == expected
    return TOKEN


async def _revoked(_grant_id: int) -> str:
    raise HelpdeskError("the consent was withdrawn")
