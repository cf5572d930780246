"""Mailboxes are watched: news comes in seconds, by one scheduler at a time, and trouble is shown and waited out."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from helpdesk.channels.email.fetching import Mailbox
from helpdesk.channels.mail_accounts import note_outcome
from helpdesk.cli.checks import fetched_mail
from helpdesk.health import readiness
from helpdesk.intake import watching
from helpdesk.intake.fetch_states import acknowledge_gap, fetching_of
from helpdesk.intake.watching import last_night, watch_mailboxes
from helpdesk.kernel.database import rows
from tests.articles import indexed
from tests.cast import hire
from tests.imap import Post, a_mail, an_account, imap_server, known

pytestmark = pytest.mark.usefixtures("database")
SOON = 30.0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with imap_server() as port:
        yield port


@pytest.fixture
def post(port: int) -> Post:
    return Post(port, f"Watched {secrets.token_hex(4)}")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SWEEP", "SLICE"):
        monkeypatch.setattr(watching, name, 0.1)


@asynccontextmanager
async def schedulers(number: int = 1) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(watch_mailboxes(stopping)) for _ in range(number)]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SOON):
        while not await holds():
            await asyncio.sleep(0.05)


async def is_doing(what: str) -> bool:
    return bool(await rows("SELECT FROM hd_mail_folder WHERE doing = {}", what))


async def has_stored(number: int) -> bool:
    return (await known()).stored == number


async def test_new_mail_is_there_as_soon_as_the_server_tells_of_it(post: Post) -> None:
    await an_account(post)
    async with schedulers():
        await until(lambda: is_doing("listening"))
        post.deliver(a_mail(1))
        await until(lambda: has_stored(1))
    [account] = await rows("SELECT last_error, worked_at IS NOT NULL AS worked FROM hd_mail_account")
    assert account == {"last_error": "", "worked": True}
    [folder] = await rows("SELECT holder, held_until, doing FROM hd_mail_folder")
    assert folder == {"holder": "", "held_until": None, "doing": ""}  # the next scheduler need not wait


async def test_a_server_that_does_not_tell_is_asked_and_at_once_when_somebody_wants_it(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = Mailbox.connect

    async def connect_without_idle(mailbox: Mailbox) -> None:
        await connect(mailbox)
        mailbox.can_idle = False

    monkeypatch.setattr(Mailbox, "connect", connect_without_idle)
    await an_account(post)
    async with schedulers():
        await until(lambda: is_doing("polling"))
        post.deliver(a_mail(1))
        await rows("UPDATE hd_mail_folder SET asked_at = now()")
        await until(lambda: has_stored(1))


async def test_several_schedulers_fetch_a_mailbox_once(post: Post) -> None:
    await an_account(post)
    async with schedulers(3):
        await until(lambda: is_doing("listening"))
        post.deliver(*(a_mail(number) for number in range(5)))
        await until(lambda: has_stored(5))
        await asyncio.sleep(0.5)
    assert (await known()).stored == 5


async def test_what_a_dead_scheduler_held_is_taken_over(post: Post) -> None:
    account = await an_account(post)
    await rows(
        """INSERT INTO hd_mail_folder (account, name, holder, held_until)
        VALUES ({}, {}, 'dead', now() + interval '1 second')""",
        account.id, post.folder,
    )  # fmt: skip
    async with schedulers():
        await until(lambda: is_doing("listening"))


async def test_trouble_is_shown_and_over_when_it_is_over(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SHORTEST_PAUSE", 0.2)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        account = await an_account(post, port=closed.getsockname()[1])

    async def fails() -> bool:
        return bool(
            await rows("SELECT FROM hd_mail_account WHERE last_error LIKE '%nobody listens there%'")
            and await rows("SELECT FROM hd_mail_folder WHERE failing_since IS NOT NULL")
        )

    async with schedulers():
        await until(fails)
        await rows("UPDATE hd_mail_account SET port = {} WHERE id = {}", post.port, account.id)
        await until(lambda: is_doing("listening"))
    [row] = await rows(
        "SELECT a.last_error, f.failing_since FROM hd_mail_account a JOIN hd_mail_folder f ON f.account = a.id"
    )
    assert row == {"last_error": "", "failing_since": None}


async def test_a_connection_that_breaks_is_made_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SHORTEST_PAUSE", 0.2)
    await an_account(post)
    connections: list[asyncio.StreamWriter] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", post.port)
        connections.extend((writer, there_writer))

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)

        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    await rows("UPDATE hd_mail_account SET port = {}", server.sockets[0].getsockname()[1])
    async with schedulers():
        await until(lambda: is_doing("listening"))
        for writer in connections[:2]:
            writer.close()
        post.deliver(a_mail(1))
        await until(lambda: has_stored(1))
    server.close()
    for writer in connections:
        writer.close()


def test_all_uids_are_compared_once_a_night() -> None:
    morning = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 04:30 in Tehran
    assert last_night(morning, "Asia/Tehran") == datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert last_night(morning, "UTC") == datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


async def test_what_goes_wrong_for_an_hour_is_a_warning(post: Post) -> None:
    account = await an_account(post)
    await note_outcome(account.id, "nobody listens there")
    await rows(
        "INSERT INTO hd_mail_folder (account, name, failing_since) VALUES ({}, {}, now() - interval '59 minutes')",
        account.id, post.folder,
    )  # fmt: skip
    await indexed()
    assert (await readiness()).warnings == []

    await rows("UPDATE hd_mail_folder SET failing_since = now() - interval '61 minutes'")
    [warning] = (await readiness()).warnings
    assert "helpdesk.test" not in warning
    finding = await fetched_mail()
    assert finding.level == "warn"
    assert "support@helpdesk.test not fetched since" in finding.text
    assert "nobody listens there" in finding.text


async def test_a_gap_is_a_warning_until_somebody_knows(post: Post) -> None:
    account = await an_account(post)
    await rows(
        "INSERT INTO hd_mail_folder (account, name, looked_at, gap, gap_at) VALUES ({}, {}, now(), 3, now())",
        account.id, post.folder,
    )  # fmt: skip
    state = await fetching_of(1)
    assert state
    assert state.warning.startswith("3 mails had been missed")
    await acknowledge_gap(1, by=await hire("alma"))
    state = await fetching_of(1)
    assert state
    assert state.warning == ""
