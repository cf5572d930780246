"""A mail that kills the parser twice is set aside with its bytes, blocks no other, and is read again when somebody asks."""

import asyncio

import pytest

from helpdesk.channels.email.parsing_child import ParserDied
from helpdesk.channels.email.reading import ReadMail
from helpdesk.intake import running_again, taking_in
from helpdesk.intake.running_again import run_again
from helpdesk.intake.tables import Fate, RawMessage
from helpdesk.intake.taking_in import take_in
from helpdesk.kernel.database import transaction
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.tables import Message
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, fate_of, receive

POISON = a_mail("poison", mail_id="poison@customer.test")


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Mails that kill the parser; take one out and it reads that too."""
    mails = [POISON]
    real = taking_in.parser()

    class Parser:
        async def read(self, raw: bytes) -> ReadMail:
            if raw in mails:
                raise ParserDied("the parser ended with signal 9")
            return await real.read(raw)

    monkeypatch.setattr(taking_in, "parser", Parser)
    return mails


async def quarantined() -> RawMessage:
    raw = await receive(POISON)
    assert (raw.fate, raw.deaths, raw.content) == (Fate.QUARANTINED, 2, POISON)
    assert "signal 9" in raw.reason
    return raw


async def test_a_mail_that_kills_the_parser_blocks_no_other(database: None, deadly: list[bytes]) -> None:
    await quarantined()
    assert (await receive(a_mail())).fate == Fate.TICKET


async def test_a_quarantined_mail_is_read_again_and_it_is_known_who_asked(database: None, deadly: list[bytes]) -> None:
    raw = await quarantined()
    ben = await hire("ben")
    deadly.clear()
    assert await run_again(raw.id, by=ben)
    await take_in(raw.id)

    raw = await fate_of(raw.id)
    assert (raw.fate, raw.run_again_by) == (Fate.TICKET, ben.id)
    assert raw.run_again_at >= raw.received_at
    assert await Message.count() == 1


async def test_no_worker_hears_of_it_before_it_is_committed(
    database: None, deadly: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = await quarantined()
    sent: list[int] = []
    monkeypatch.setattr(running_again.actors.take_in, "send", sent.append)
    async with transaction():  # as an API call with an Idempotency-Key
        assert await run_again(raw.id, by=SYSTEM)
        assert sent == []
    assert sent == [raw.id]


async def test_a_mail_that_fails_again_goes_back(database: None, deadly: list[bytes]) -> None:
    raw = await quarantined()
    assert await run_again(raw.id, by=SYSTEM)
    await take_in(raw.id)

    raw = await fate_of(raw.id)
    assert (raw.fate, raw.deaths, raw.run_again_by) == (Fate.QUARANTINED, 2, None)
    assert raw.run_again_at


async def test_of_many_who_ask_at_once_one_wins_and_there_is_one_message(database: None, deadly: list[bytes]) -> None:
    raw = await quarantined()
    deadly.clear()
    won = await asyncio.gather(*(run_again(raw.id, by=SYSTEM) for _ in range(5)))
    await asyncio.gather(*(take_in(raw.id) for _ in range(5)))

    assert sorted(won) == [False] * 4 + [True]
    assert await Message.count() == 1


async def test_only_what_is_in_quarantine_is_run_again(database: None) -> None:
    raw = await receive(a_mail())

    assert not await run_again(raw.id, by=SYSTEM)
    assert not await run_again(raw.id + 1, by=SYSTEM)
    assert await Message.count() == 1


async def test_a_mail_that_fails_every_time_is_put_aside_in_the_end(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise LookupError("a mistake of ours")

    monkeypatch.setattr(taking_in, "_take", fail)
    raw = await receive(a_mail(), then=False)
    for _ in range(taking_in.MOST_TRIES - 1):
        with pytest.raises(LookupError):
            await take_in(raw.id)
    assert (await fate_of(raw.id)).fate == Fate.RECEIVED
    await take_in(raw.id)
    raw = await fate_of(raw.id)
    assert (raw.fate, raw.reason) == (Fate.QUARANTINED, "taking it in failed: LookupError('a mistake of ours')")
