"""The servers of a mailbox: what is taken, what is kept, what is never shown."""

import msgspec
import pytest

from helpdesk.channels.mail_accounts import Server, account_of, accounts_of, note_outcome, remove_account, save_account
from helpdesk.channels.tables import Direction, MailAccount, OAuthGrant
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.sealing import open_sealed
from helpdesk.kernel.time import now
from tests.cast import hire

SERVER = Server(host="mail.example.com", port=465, username="support", password="hunter2 §")


async def kept(direction: Direction = Direction.OUT) -> MailAccount:
    found = await account_of(1, direction)
    assert found is not None
    return found


async def test_a_password_is_sealed_and_kept_by_an_empty_field(database: None) -> None:
    alma = await hire("alma")
    await save_account(1, Direction.OUT, SERVER, by=alma, at=now())
    [row] = await rows("SELECT a::text AS row FROM hd_mail_account a")
    assert "hunter2" not in row["row"]
    assert open_sealed((await kept()).password) == "hunter2 §"
    assert "hunter2" not in repr(SERVER)
    await save_account(
        1, Direction.OUT, msgspec.structs.replace(SERVER, password="", port=587, tls="starttls"), by=alma, at=now()
    )
    assert open_sealed((await kept()).password) == "hunter2 §"
    shown = (await accounts_of(1))[1]["out"]
    assert (shown.port, shown.tls, shown.has_password) == (587, "starttls", True)
    assert "hunter2" not in repr(shown) and (await kept()).password not in repr(shown)


@pytest.mark.parametrize(
    "change",
    [{"host": "evil.example"}, {"username": "somebody"}, {"tls": "none"}],
)
async def test_a_kept_password_is_not_sent_elsewhere_or_in_the_clear(database: None, change: dict) -> None:
    alma = await hire("alma")
    await save_account(1, Direction.OUT, SERVER, by=alma, at=now())
    with pytest.raises(Invalid) as caught:
        await save_account(1, Direction.OUT, msgspec.structs.replace(SERVER, password="", **change), by=alma, at=now())
    assert list(caught.value.fields) == ["password"]
    await save_account(1, Direction.OUT, msgspec.structs.replace(SERVER, password="new", **change), by=alma, at=now())
    assert open_sealed((await kept()).password) == "new"


async def test_a_grant_stays_with_its_server_and_gives_way_to_a_password(database: None) -> None:
    alma = await hire("alma")
    plain = msgspec.structs.replace(SERVER, password="")

    async def connected() -> None:
        grant = OAuthGrant(provider="google", client_id="x")
        await grant.save()
        await rows("UPDATE hd_mail_account SET oauth_grant = {}", grant.id)

    await save_account(1, Direction.OUT, plain, by=alma, at=now())
    await connected()
    await save_account(
        1, Direction.OUT, msgspec.structs.replace(plain, username="shared@example.com"), by=alma, at=now()
    )
    assert (await kept()).oauth_grant
    await save_account(1, Direction.OUT, msgspec.structs.replace(plain, host="evil.example"), by=alma, at=now())
    assert (await kept()).oauth_grant is None
    await connected()
    await save_account(1, Direction.OUT, msgspec.structs.replace(SERVER, host="evil.example"), by=alma, at=now())
    assert ((await kept()).oauth_grant, open_sealed((await kept()).password)) == (None, SERVER.password)


async def test_tokens_that_no_server_is_signed_in_with_are_not_kept(database: None) -> None:
    alma = await hire("alma")
    plain = msgspec.structs.replace(SERVER, password="")
    for direction in (Direction.IN, Direction.OUT):
        await save_account(1, direction, plain, by=alma, at=now())
    await OAuthGrant(provider="google", client_id="x").save()
    await rows("UPDATE hd_mail_account SET oauth_grant = (SELECT id FROM hd_oauth_grant)")

    await remove_account(1, Direction.IN, by=alma, at=now())
    assert await OAuthGrant.count() == 1, "mail is still sent with it"
    await save_account(1, Direction.OUT, SERVER, by=alma, at=now())
    assert await OAuthGrant.count() == 0


async def test_without_a_user_nobody_signs_in_and_no_password_is_kept(database: None) -> None:
    alma = await hire("alma")
    await save_account(1, Direction.OUT, SERVER, by=alma, at=now())
    await save_account(1, Direction.OUT, msgspec.structs.replace(SERVER, username="", password=""), by=alma, at=now())
    assert (await kept()).password == ""


async def test_another_server_or_user_is_another_account(database: None) -> None:
    alma = await hire("alma")
    await save_account(1, Direction.IN, SERVER, by=alma, at=now())
    first = await kept(Direction.IN)
    await save_account(1, Direction.IN, msgspec.structs.replace(SERVER, port=993), by=alma, at=now())
    assert (await kept(Direction.IN)).id == first.id
    await save_account(
        1, Direction.IN, msgspec.structs.replace(SERVER, folder="Support", password=""), by=alma, at=now()
    )
    assert (await kept(Direction.IN)).id == first.id
    await save_account(1, Direction.IN, msgspec.structs.replace(SERVER, username="other"), by=alma, at=now())
    assert (await kept(Direction.IN)).id != first.id
    assert open_sealed((await kept(Direction.IN)).password) == SERVER.password


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": ""}, "host"), ({"host": "a b"}, "host"), ({"host": "mail.example\r\nx"}, "host"), ({"host": "http://x"}, "host"),
        ({"host": "a" * 254}, "host"), ({"host": "user@host"}, "host"), ({"host": "-x.test"}, "host"), ({"host": "a..b"}, "host"),
        ({"host": "169.254.169.254"}, "host"), ({"host": "2852039166"}, "host"), ({"host": "0xa9fea9fe"}, "host"),
        ({"host": "[fe80::1]"}, "host"), ({"host": "[::ffff:169.254.169.254]"}, "host"), ({"host": "224.0.0.1"}, "host"), ({"host": "0.0.0.0"}, "host"),
        ({"port": 0}, "port"), ({"port": 65536}, "port"), ({"tls": "ssl"}, "tls"), ({"username": ""}, "username"),
        ({"username": "a\r\nb"}, "username"), ({"password": "a\nb"}, "password"), ({"folder": ""}, "folder"),
        ({"afterwards": "burn"}, "afterwards"), ({"afterwards": "move"}, "move_to"),
        ({"afterwards": "move", "move_to": "INBOX"}, "move_to"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_the_field(database: None, change: dict, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        await save_account(1, Direction.IN, msgspec.structs.replace(SERVER, **change), by=await hire("alma"), at=now())
    assert field in caught.value.fields
    assert await MailAccount.count() == 0


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("Mail.Example.com.", "mail.example.com"), ("پست.example", "xn--pgbr8t.example"), ("127.0.0.1", "127.0.0.1"),
        ("[2001:db8::1]", "2001:db8::1"), ("postfix", "postfix"), ("mx_1.example", "mx_1.example"),
    ],
)  # fmt: skip
async def test_a_host_is_a_name_or_an_address(database: None, typed: str, host: str) -> None:
    await save_account(1, Direction.OUT, msgspec.structs.replace(SERVER, host=typed), by=await hire("alma"), at=now())
    assert (await kept()).host == host


async def test_only_who_manages_channels_sets_servers(database: None) -> None:
    alma, mani = await hire("alma"), await hire("mani")
    with pytest.raises(Refused):
        await save_account(1, Direction.OUT, SERVER, by=mani, at=now())
    with pytest.raises(Refused):
        await remove_account(1, Direction.OUT, by=mani, at=now())
    with pytest.raises(NotFound):
        await save_account(99, Direction.OUT, SERVER, by=alma, at=now())


async def test_the_last_use_is_shown_until_the_next(database: None) -> None:
    alma = await hire("alma")
    await save_account(1, Direction.OUT, SERVER, by=alma, at=now())
    account = await kept()
    await note_outcome(account.id, "535 no")
    assert ((await kept()).last_error, (await kept()).worked_at) == ("535 no", None)
    await note_outcome(account.id, "")
    assert (await kept()).last_error == "" and (await kept()).worked_at is not None
    await remove_account(1, Direction.OUT, by=alma, at=now())
    await remove_account(1, Direction.OUT, by=alma, at=now())
    assert (await accounts_of(1, 2)) == {1: {}, 2: {}}
