"""What is queued leaves once, is tried again with patience, and says when it cannot leave."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP

from helpdesk.channels.email import transports
from helpdesk.deliveries import delivering
from helpdesk.deliveries.delivering import deliver
from helpdesk.deliveries.system_mail import mail_new_password_link
from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import follow, settle
from helpdesk.kernel import database as kernel_database
from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.posting import AT_ONCE
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Event, Message
from helpdesk.tickets.taking_back import take_back, try_again
from tests.cast import hire
from tests.make import a_ticket
from tests.noticed import kinds_of_notices


class Sink:
    """An SMTP server that answers as it is told: one answer a mail, the last one for ever."""

    def __init__(self) -> None:
        self.answers = ["250 ok"]
        self.mails: list[bytes] = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(self, server, session, envelope, address: str, options) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "drop":
            self.mails.append(envelope.original_content)
            server.transport.abort()
            return "250 never seen"
        if answer.startswith("250"):
            self.mails.append(envelope.original_content)
        return answer


@pytest_asyncio.fixture(loop_scope="session")
async def sink(database: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sink]:
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(sink), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    told = msgspec.structs.replace(settings(), smtp_url=f"smtp://127.0.0.1:{port}")
    monkeypatch.setattr(delivering, "settings", lambda: told)
    monkeypatch.setattr(transports, "settings", lambda: told)
    yield sink
    server.close()


async def a_reply() -> tuple[Message, Delivery]:
    message = await reply(
        await a_ticket(), Draft(body_text="Pull the plug."), by=await hire("ben"), at=now(), leaving=AT_ONCE
    )
    return message, await delivery_of(message)


async def delivery_of(message: Message) -> Delivery:
    found = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert found is not None
    return found


async def make_due(message: Message) -> None:
    await rows("UPDATE hd_delivery SET not_before = now() WHERE message_id = {}", message.id)


async def try_until_it_ends(message: Message, *, most: int = 10) -> Delivery:
    for _ in range(most):
        delivery = await delivery_of(message)
        if delivery.state in ("sent", "failed"):
            return delivery
        await make_due(message)
        await deliver(delivery.id)
    return await delivery_of(message)


async def test_a_mail_is_sent_once_however_many_workers_try(sink: Sink) -> None:
    message, delivery = await a_reply()
    await asyncio.gather(*(deliver(delivery.id) for _ in range(6)))
    assert len(sink.mails) == 1
    sent = await delivery_of(message)
    assert (sent.state, sent.attempts) == ("sent", 1)


async def test_a_link_that_opens_an_account_is_kept_nowhere_once_it_has_left(sink: Sink) -> None:
    ben = await hire("ben")
    await mail_new_password_link(ben.email, at=now())
    [queued] = await Delivery.objects()
    sink.answers = ["451 later", "250 ok"]
    await deliver(queued.id)
    await rows("UPDATE hd_delivery SET not_before = now()")
    await deliver(queued.id)
    parts = [part.get_payload(decode=True) for part in email.message_from_bytes(sink.mails[0]).walk()]
    assert any(isinstance(part, bytes) and b"/console/welcome/" in part for part in parts)
    [left] = await rows("SELECT state, mail::text AS mail, to_addresses FROM hd_delivery")
    assert (left["state"], left["to_addresses"]) == ("sent", [ben.email]) and "/welcome/" not in left["mail"]


async def test_what_is_sent_is_threaded_signed_and_in_two_forms(sink: Sink) -> None:
    _message, delivery = await a_reply()
    await deliver(delivery.id)
    sent = email.message_from_bytes(sink.mails[0])
    assert sent["From"] == "Ben Weber <support@helpdesk.test>"
    assert sent["To"] == "Dora Dogan <dora@customer.test>"
    assert "support+" in sent["Reply-To"]
    assert sent["Message-ID"].strip("<>") == delivery.mail_id
    assert sent["Subject"] == "Re: Printer on fire"
    assert [part.get_content_type() for part in sent.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "> Please help, it burns." in str(sent.get_payload(0))


async def test_nothing_leaves_before_its_time_and_what_was_taken_back_never_does(sink: Sink) -> None:
    ben = await hire("ben")
    message = await reply(await a_ticket(), Draft(body_text="Oops"), by=ben, at=now())
    delivery = await delivery_of(message)
    await deliver(delivery.id)
    assert sink.mails == []
    assert await take_back(message, by=ben, at=now()) is not None
    await make_due(message)
    await deliver(delivery.id)
    assert sink.mails == []


async def test_a_temporary_failure_waits_longer_each_time_and_then_arrives(sink: Sink) -> None:
    sink.answers = ["451 later", "451 later", "250 ok"]
    message, delivery = await a_reply()
    pauses = []
    for _ in range(2):
        await make_due(message)
        await deliver(delivery.id)
        waiting = await delivery_of(message)
        assert waiting.state == "queued"
        assert "451" in waiting.last_error
        pauses.append(waiting.not_before - now())
    assert timedelta(seconds=50) < pauses[0] < timedelta(seconds=70) < pauses[1]
    assert (await try_until_it_ends(message)).state == "sent"
    assert len(sink.mails) == 1


async def test_a_permanent_failure_is_told_on_the_ticket_and_to_its_author(sink: Sink) -> None:
    sink.answers = ["550 5.1.1 no such user"]
    message, delivery = await a_reply()
    await deliver(delivery.id)
    failed = await delivery_of(message)
    assert failed.state == "failed"
    assert "no such user" in failed.last_error
    for _ in range(3):
        await settle(delivery.id)
    events = await Event.objects().where(Event.kind == "delivery_failed")
    assert len(events) == 1
    await follow(events[0].id)
    assert message.agent is not None
    ben = await as_agent(message.agent)
    assert ben is not None
    assert await kinds_of_notices(ben) == ["delivery_failed"]


async def test_a_failed_mail_can_be_sent_again_as_the_same_mail(sink: Sink) -> None:
    sink.answers = ["550 no", "250 ok"]
    message, delivery = await a_reply()
    await deliver(delivery.id)
    ben = await as_agent(message.agent or 0)
    assert ben is not None
    assert await try_again(message, by=ben, at=now())
    await deliver(delivery.id)
    assert email.message_from_bytes(sink.mails[0])["Message-ID"].strip("<>") == delivery.mail_id


async def test_after_an_ambiguous_end_the_same_copy_is_sent_and_the_doubt_is_kept(sink: Sink) -> None:
    sink.answers = ["drop", "250 ok"]
    message, _delivery = await a_reply()
    sent = await try_until_it_ends(message)
    assert (sent.state, sent.is_ambiguous) == ("sent", True)
    assert len(sink.mails) == 2
    assert sink.mails[0] == sink.mails[1]


async def test_without_a_mail_server_replies_wait_and_say_why(database: None) -> None:
    message, delivery = await a_reply()
    await deliver(delivery.id)
    waiting = await delivery_of(message)
    assert (waiting.state, waiting.attempts) == ("queued", 0)
    assert "HELPDESK_SMTP_URL" in waiting.last_error


async def test_a_worker_that_died_while_sending_leaves_its_mail_to_the_next(sink: Sink) -> None:
    message, delivery = await a_reply()
    await rows(
        "UPDATE hd_delivery SET state = 'sending', attempts = 1, sending_until = now() - interval '1 s' WHERE id = {}",
        delivery.id,
    )
    await deliver(delivery.id)
    sent = await delivery_of(message)
    assert (sent.state, sent.is_ambiguous, len(sink.mails)) == ("sent", True, 1)


async def test_a_mail_that_was_taken_while_the_database_went_away_does_not_leave_again(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, delivery = await a_reply()
    away = iter([True, True, False])

    @asynccontextmanager
    async def transaction() -> AsyncIterator[None]:
        if next(away):
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        async with kernel_database.transaction():
            yield

    monkeypatch.setattr(delivering, "transaction", transaction)
    await deliver(delivery.id)
    sent = await delivery_of(message)
    assert (sent.state, sent.is_ambiguous, len(sink.mails)) == ("sent", False, 1)


async def test_a_recipient_who_is_refused_for_good_is_told_although_others_have_it(sink: Sink) -> None:
    message, delivery = await a_reply()
    boss = ["boss@customer.test"]
    await rows("UPDATE hd_delivery SET cc_addresses = {}, left_to = to_addresses || {}::varchar[]", boss, boss)
    sink.refused = {"dora@customer.test": "550 5.1.1 gone", "boss@customer.test": "451 later"}
    await deliver(delivery.id)
    assert (await delivery_of(message)).state == "queued"
    sink.refused = {"dora@customer.test": "550 5.1.1 gone"}
    failed = await try_until_it_ends(message)
    assert (failed.state, failed.left_to) == ("failed", ["dora@customer.test"])
    assert "gone" in failed.last_error
    assert len(sink.mails) == 1


async def test_what_somebody_may_have_read_cannot_be_taken_back(sink: Sink) -> None:
    sink.answers = ["drop", "250 ok"]
    message, delivery = await a_reply()
    await deliver(delivery.id)
    assert (await delivery_of(message)).state == "queued"
    ben = await as_agent(message.agent or 0)
    assert ben is not None
    assert await take_back(message, by=ben, at=now()) is None


async def test_a_malformed_server_url_is_said_and_waited_out(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    told = msgspec.structs.replace(settings(), smtp_url="mail.example:587")
    monkeypatch.setattr(delivering, "settings", lambda: told)
    monkeypatch.setattr(transports, "settings", lambda: told)
    message, delivery = await a_reply()
    await deliver(delivery.id)
    waiting = await delivery_of(message)
    assert (waiting.state, waiting.is_ambiguous) == ("queued", False)
    assert "HELPDESK_SMTP_URL" in waiting.last_error
