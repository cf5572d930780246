"""Every mail of a fetched folder is taken in once, whoever reads it, whatever dies, however the server counts."""

import base64
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from helpdesk.channels.email.fetching import AskRefused, CannotFetch, Mailbox, Server, SignInRefused
from helpdesk.intake import fetching
from helpdesk.intake.fetching import Held, Lost, compare, look
from helpdesk.intake.taking_in import take_in
from helpdesk.kernel.database import rows
from tests.cast import hire
from tests.imap import Post, a_mail, an_account, imap_server, known

pytestmark = pytest.mark.usefixtures("database")
Hold = Callable[..., Awaitable[Held]]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with imap_server() as port:
        yield port


@pytest.fixture
def post(port: int) -> Post:
    return Post(port, f"Support {secrets.token_hex(4)}")


@pytest_asyncio.fixture(loop_scope="session")
async def mailbox(post: Post) -> AsyncIterator[Mailbox]:
    made = post.mailbox()
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
def hold(post: Post) -> Hold:
    async def hold(*, afterwards: str = "seen", move_to: str = "", wants_earlier: bool = False) -> Held:
        account = await an_account(post, afterwards=afterwards, move_to=move_to)
        [folder] = await rows(
            "INSERT INTO hd_mail_folder (account, name, holder, wants_earlier) VALUES ({}, {}, 'us', {}) RETURNING id",
            account.id, post.folder, wants_earlier,
        )  # fmt: skip
        return Held(
            id=folder["id"], holder="us", channel_id=account.channel, address="support@helpdesk.test",
            afterwards=afterwards, move_to=move_to,
        )  # fmt: skip

    return hold


async def test_a_folder_whose_mails_are_kept_as_they_are_need_only_be_read(post: Post, hold: Hold) -> None:
    server = post.mailbox().server
    reader = Mailbox(server, post.folder, is_read_only=True)
    await reader.connect()
    try:
        held = await hold(afterwards="keep")
        assert await look(held, reader) == 0
        post.deliver(a_mail(1))
        assert await look(held, reader) == 1
    finally:
        await reader.close()
    assert [r"\Seen" in flags for flags in post.flags()] == [False]


async def test_a_new_mailbox_begins_with_what_comes_from_now_on(post: Post, mailbox: Mailbox, hold: Hold) -> None:
    post.deliver(a_mail(1))
    held = await hold()
    assert await look(held, mailbox) == 0

    post.deliver(a_mail(2), a_mail(3))
    assert await look(held, mailbox) == 2
    assert await look(held, mailbox) == 0
    assert [row["content"] for row in await rows("SELECT content FROM hd_raw_message ORDER BY id")] == [
        a_mail(2),
        a_mail(3),
    ]
    assert [r"\Seen" in flags for flags in post.flags()] == [False, True, True]


async def test_what_was_there_before_is_taken_where_that_is_wanted_also_later(
    post: Post, mailbox: Mailbox, hold: Hold
) -> None:
    post.deliver(a_mail(1), a_mail(2))
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(3))
    await look(held, mailbox)
    await rows("UPDATE hd_mail_folder SET wants_earlier = true")

    assert await look(held, mailbox) == 2
    assert (await known()).stored == 3


async def test_mail_that_somebody_else_read_first_is_taken_in_all_the_same(
    post: Post, mailbox: Mailbox, hold: Hold
) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1))
    post.read_all()

    assert await look(held, mailbox) == 1


async def test_the_envelope_is_read_from_what_the_delivering_server_noted(
    post: Post, mailbox: Mailbox, hold: Hold
) -> None:
    held = await hold()
    await look(held, mailbox)
    report = b"Return-Path: <>\r\nDelivered-To: support+b.abc@helpdesk.test\r\nSubject: failed\r\n\r\nx\r\n"
    bare = b"From: Dora <dora@customer.test>\r\nSubject: hi\r\n\r\nx\r\n"
    post.deliver(report, bare)
    await look(held, mailbox)

    found = await rows("SELECT envelope_from, envelope_to, source FROM hd_raw_message ORDER BY id")
    assert found == [
        {"envelope_from": "", "envelope_to": ["support+b.abc@helpdesk.test"], "source": "imap"},
        {"envelope_from": "dora@customer.test", "envelope_to": ["support@helpdesk.test"], "source": "imap"},
    ]


async def test_a_crash_between_storing_and_marking_is_made_good_without_a_second_mail(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1), a_mail(2))

    async def die(*_args: object) -> None:
        raise CannotFetch("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(Mailbox, "mark_seen", die)
        with pytest.raises(CannotFetch):
            await look(held, mailbox)
    assert [r"\Seen" in flags for flags in post.flags()] == [False, False]

    assert await look(held, mailbox) == 0
    assert (await known()).stored == 2
    assert [r"\Seen" in flags for flags in post.flags()] == [True, True]


async def test_mail_and_cursor_are_written_together_or_not_at_all(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1))

    async def die(*_args: object, **_named: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_note", die)
        with pytest.raises(RuntimeError):
            await look(held, mailbox)
    assert (await known()).stored == 0

    assert await look(held, mailbox) == 1


async def test_who_lost_the_folder_writes_nothing_more(post: Post, mailbox: Mailbox, hold: Hold) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1))
    await rows("UPDATE hd_mail_folder SET holder = 'others'")

    with pytest.raises(Lost):
        await look(held, mailbox)
    assert (await known()).stored == 0


async def test_a_folder_numbered_anew_makes_no_duplicates_and_loses_nothing(
    post: Post, mailbox: Mailbox, hold: Hold
) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1), a_mail(2))
    await look(held, mailbox)
    [first, _second] = await rows("SELECT id FROM hd_raw_message ORDER BY id")
    await take_in(first["id"])  # known by its Message-ID from now on; the other one by its bytes

    post.renumber()
    post.deliver(a_mail(1), a_mail(3), a_mail(2))
    assert await look(held, mailbox) == 1

    stored = await rows("SELECT content FROM hd_raw_message ORDER BY id")
    assert [row["content"] for row in stored] == [a_mail(1), a_mail(2), a_mail(3)]
    assert (await known()).reasons == [
        "",
        "",
        f"stored before as {first['id']}",
        "",
        f"stored before as {first['id'] + 1}",
    ]
    assert all(r"\Seen" in flags for flags in post.flags())
    assert await compare(held, mailbox) == 0


async def test_a_mail_too_large_stays_where_it_is_and_is_in_the_log(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 2000)
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1, body="x" * 3000), a_mail(2))

    assert await look(held, mailbox) == 1
    [skipped] = await rows("SELECT fate, source, envelope_from, envelope_to, size, reason FROM hd_turned_away")
    assert skipped["fate"] == "skipped"
    assert skipped["source"] == "imap"
    assert skipped["envelope_from"] == "dora@customer.test"
    assert skipped["size"] > 3000
    assert skipped["reason"].startswith("it is too large; UID ")
    assert "Message-ID 1@customer.test" in skipped["reason"]
    assert [r"\Seen" in flags for flags in post.flags()] == [False, True]


async def test_a_gap_is_found_told_and_filled(post: Post, mailbox: Mailbox, hold: Hold) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(*(a_mail(number) for number in range(3)))
    await look(held, mailbox)
    await rows("DELETE FROM hd_raw_message WHERE content = {}", a_mail(1))
    await rows("DELETE FROM hd_fetched_mail WHERE raw_message IS NULL")  # as after a backup was put back

    await hire("alma")
    assert await compare(held, mailbox) == 1
    assert (await known()).stored == 3
    [alarm] = await rows("SELECT mail FROM hd_delivery WHERE kind = 'system'")
    assert "found 1 mail to support@helpdesk.test" in alarm["mail"]
    [folder] = await rows("SELECT gap, gap_at FROM hd_mail_folder")
    assert folder["gap"] == 1
    assert folder["gap_at"]
    assert await compare(held, mailbox) == 0


async def test_a_mail_that_the_server_did_not_hand_out_is_taken_in_with_the_nightly_comparison(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1), a_mail(2))

    async def nothing(*_args: object, **_named: object) -> None:
        return None

    with monkeypatch.context() as patched:
        patched.setattr(Mailbox, "read", nothing)
        assert await look(held, mailbox) == 0
    assert (await known()).reasons == [fetching.GONE] * 2

    assert await compare(held, mailbox) == 2
    assert (await known()).stored == 2
    assert (await known()).reasons == ["", ""]
    assert all(r"\Seen" in flags for flags in post.flags())
    assert await compare(held, mailbox) == 0


async def test_a_mail_that_is_broken_on_its_server_keeps_the_others_waiting_for_an_hour_and_no_longer(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1), a_mail(2))
    await mailbox.open()
    [broken, _other] = await mailbox.uids()
    read = Mailbox.read

    async def read_some(self: Mailbox, uid: int, **named: bool) -> bytes | None:
        if uid == broken:
            raise AskRefused("the server refused UID FETCH: SERVERBUG")
        return await read(self, uid, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Mailbox, "read", read_some)
        with pytest.raises(AskRefused):
            await look(held, mailbox)
        await rows("UPDATE hd_mail_folder SET failing_since = now() - interval '61 min'")
        assert await look(held, mailbox) == 1
        [skipped] = await rows("SELECT fate, reason FROM hd_turned_away")
        await hire("alma")
        for _ in range(2):
            assert await compare(held, mailbox) == 1  # asked for again, without an alarm
    assert skipped["reason"] == f"{fetching.WITHHELD}; UID {broken}, Message-ID 1@customer.test"
    assert await rows("SELECT FROM hd_delivery") == []

    assert await compare(held, mailbox) == 1
    assert (await known()).stored == 2


async def test_of_a_gap_that_cannot_be_filled_yet_people_hear_once(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hire("alma")
    held = await hold()
    await look(held, mailbox)
    post.deliver(a_mail(1))
    await look(held, mailbox)
    await rows("DELETE FROM hd_fetched_mail")

    async def break_off(*_args: object, **_named: object) -> None:
        raise CannotFetch("the connection broke off")

    monkeypatch.setattr(Mailbox, "read", break_off)
    for _ in range(2):
        with pytest.raises(CannotFetch):
            await compare(held, mailbox)
    assert len(await rows("SELECT FROM hd_delivery")) == 1


async def test_mails_are_moved_or_deleted_once_stored(post: Post, mailbox: Mailbox, hold: Hold) -> None:
    done = f"Done {secrets.token_hex(4)}"
    held = await hold(afterwards="move", move_to=done)
    await look(held, mailbox)
    post.deliver(a_mail(1), a_mail(2))
    assert await look(held, mailbox) == 2
    assert post.flags() == []
    assert len(post.flags(done)) == 2


async def test_mails_come_in_although_the_server_does_not_let_them_be_moved(
    post: Post, mailbox: Mailbox, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: object) -> None:
        raise CannotFetch("the quota is exceeded")

    monkeypatch.setattr(Mailbox, "move", refuse)
    monkeypatch.setattr(fetching, "BATCH", 1)
    held = await hold(afterwards="move", move_to="Done")
    await look(held, mailbox)
    for number in (1, 3):
        post.deliver(a_mail(number), a_mail(number + 1))
        with pytest.raises(CannotFetch, match="quota"):
            await look(held, mailbox)
        assert (await known()).stored == number + 1


async def test_mails_are_deleted_once_stored(post: Post, mailbox: Mailbox, hold: Hold) -> None:
    held = await hold(afterwards="delete")
    await look(held, mailbox)
    post.deliver(a_mail(1))
    assert await look(held, mailbox) == 1
    post.box.folder.set(post.folder)
    assert all(r"\Deleted" in flags for flags in post.flags())  # or gone


async def test_a_wrong_password_and_a_missing_folder_are_told_in_words(post: Post, port: int) -> None:
    wrong = post.mailbox()
    wrong.server = type(wrong.server)(host="127.0.0.1", port=port, tls="none", username="demouser", password="wrong")
    with pytest.raises(SignInRefused, match=r"127.0.0.1 refused the sign-in .*: check the user name and the password"):
        await wrong.connect()
    await wrong.close()

    missing = post.mailbox()
    missing.folder = "Nowhere"
    await missing.connect()
    with pytest.raises(CannotFetch, match="the folder Nowhere cannot be opened"):
        await missing.open()
    await missing.close()


async def test_the_server_tells_of_news(post: Post, mailbox: Mailbox) -> None:
    assert mailbox.can_idle
    await mailbox.open()
    assert not await mailbox.begin_idle()
    assert not await mailbox.has_news(0.05)
    post.deliver(a_mail(1))
    assert await mailbox.has_news(10)
    await mailbox.end_idle()
    await mailbox.open()
    assert len(await mailbox.uids()) == 1


def test_no_error_repeats_a_secret() -> None:
    server = Server(
        host="mail.test", port=993, tls="implicit", username="support", password="canary", access_token="ya29"
    )
    bearer = base64.b64encode(b"user=support\1auth=Bearer ya29\1\1").decode()
    plain = base64.b64encode(b"\0support\0canary").decode()
    said = server.without_secrets(f"BAD what is LOGIN support canary, {plain}, {bearer}?")
    assert said == "BAD what is LOGIN support ***, ***, ***?"
    assert "canary" not in repr(server)
