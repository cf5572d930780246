"""Sign-in, sessions, one-time links and throttling."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, TooMany
from helpdesk.kernel.time import now
from helpdesk.people import passwords
from helpdesk.people.admitting import Visitor, admit, finish_with_code
from helpdesk.people.agents import change_agent
from helpdesk.people.api_tokens import create_token, list_tokens, revoke
from helpdesk.people.auditing import record
from helpdesk.people.links import INVITATION, find_link, first_admin_link, make_link, take_up
from helpdesk.people.sessions import sign_out
from helpdesk.people.signing_in import change_password, sign_in, whose_session, whose_token
from helpdesk.people.tables import Agent, Session
from helpdesk.people.throttling import count_try
from tests.cast import hire

PASSWORD = "correct horse battery"


async def a_session(email: str, password: str = PASSWORD) -> str:
    return (await sign_in(email, password, address="127.0.0.1", user_agent="tests", at=now())).session


async def with_password(name: str) -> str:
    """Hire somebody and give them the password; their address."""
    agent = await hire(name)
    link = await make_link(INVITATION, agent.id, at=now())
    await take_up(link.rpartition("/")[2], PASSWORD, at=now())
    return agent.email


async def test_a_session_is_found_by_its_token_and_ends_with_sign_out(database: None) -> None:
    token = await a_session(await with_password("ben"))
    assert (found := await whose_session(token, at=now())) is not None
    assert found.name == "Ben Weber"
    await sign_out(token)
    assert await whose_session(token, at=now()) is None


async def test_tokens_are_stored_as_hashes_only(database: None) -> None:
    token = await a_session(await with_password("ben"))
    kept = await Session.select(Session.token_hash).first()
    assert kept is not None
    assert token not in kept["token_hash"]


@pytest.mark.parametrize(("later", "is_alive"), [(timedelta(hours=7), True), (timedelta(hours=9), False)])
async def test_an_idle_session_ends_after_eight_hours(database: None, later: timedelta, is_alive: bool) -> None:
    token = await a_session(await with_password("ben"))
    assert (await whose_session(token, at=now() + later) is not None) is is_alive


async def test_a_session_in_use_ends_after_seven_days(database: None) -> None:
    token, started = await a_session(await with_password("ben")), now()
    for hours in range(1, 7 * 24, 6):
        assert await whose_session(token, at=started + timedelta(hours=hours)) is not None
    assert await whose_session(token, at=started + timedelta(days=7, minutes=1)) is None


async def test_unknown_account_and_wrong_password_get_the_same_answer(database: None) -> None:
    email = await with_password("ben")
    said = []
    for who in (email, "nobody@helpdesk.test"):
        with pytest.raises(Invalid) as refused:
            await a_session(who, "wrong password")
        said.append(refused.value.fields)
    assert said[0] == said[1]


async def test_parallel_tries_cannot_slip_past_the_throttle(database: None) -> None:
    async def one() -> bool:
        try:
            await count_try("k", at_most=10, within=timedelta(minutes=1), at=now())
        except TooMany:
            return False
        return True

    assert sum(await asyncio.gather(*(one() for _ in range(60)))) == 10


async def test_the_eleventh_wrong_password_is_not_looked_at(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    email, looked_at = await with_password("ben"), 0

    async def never_right(password_hash: str | None, password: str) -> bool:
        nonlocal looked_at
        looked_at += 1
        return False

    monkeypatch.setattr(passwords, "is_right", never_right)
    outcomes = await asyncio.gather(*(a_session(email, "wrong") for _ in range(40)), return_exceptions=True)
    assert looked_at == 10
    assert sum(isinstance(one, TooMany) for one in outcomes) == 30


async def test_the_first_admin_link_makes_one_admin_and_no_second(database: None) -> None:
    link = await first_admin_link(at=now())
    assert link is not None
    token = link.rpartition("/")[2]
    await take_up(token, PASSWORD, at=now(), email="Alma@Helpdesk.test", name="Alma", language="fa")
    assert [(row["email"], row["role"]) for row in await Agent.select(Agent.email, Agent.role)] == [
        ("alma@helpdesk.test", "admin")
    ]
    assert await first_admin_link(at=now()) is None
    with pytest.raises(NotFound):
        await take_up(token, PASSWORD, at=now(), email="eve@x.test", name="Eve")


async def test_a_link_expires(database: None) -> None:
    ben = await hire("ben")
    link = await make_link(INVITATION, ben.id, at=now())
    with pytest.raises(NotFound):
        await find_link(link.rpartition("/")[2], at=now() + timedelta(days=8))


@pytest.mark.parametrize("weak", ["short", "password123", "aaaaaaaaaaaa", "alma-the-admin"])
async def test_weak_passwords_are_refused_at_the_field(database: None, weak: str) -> None:
    link = await first_admin_link(at=now())
    assert link is not None
    with pytest.raises(Invalid) as refused:
        await take_up(link.rpartition("/")[2], weak, at=now(), email="alma@helpdesk.test", name="Alma")
    assert set(refused.value.fields) == {"password"}


async def test_a_deactivated_agent_loses_sessions_and_tokens_at_once(database: None) -> None:
    alma = await hire("alma")
    email = await with_password("ben")
    session = await a_session(email)
    ben = await whose_session(session, at=now())
    assert ben is not None
    assert ben.id is not None
    token = await create_token(ben.id, "shop", at=now())
    await change_agent(ben.id, by=alma, at=now(), is_active=False)
    assert await whose_session(session, at=now()) is None
    assert await whose_token(token, at=now()) is None


async def test_a_revoked_token_stops_working(database: None) -> None:
    ben = await hire("ben")
    assert ben.id is not None
    token = await create_token(ben.id, "shop", at=now())
    assert await whose_token(token, at=now()) is not None
    [listed] = await list_tokens(ben.id)
    await revoke(listed["id"], agent_id=ben.id, at=now())
    assert await whose_token(token, at=now()) is None


async def test_the_last_admin_stays_one(database: None) -> None:
    alma = await hire("alma")
    assert alma.id is not None
    with pytest.raises(Invalid):
        await change_agent(alma.id, by=alma, at=now(), role="agent")


async def test_of_two_hundred_wrong_sign_ins_at_once_ten_reach_the_password(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, compared = await with_password("ben"), []

    async def compare(_password_hash: str | None, password: str) -> bool:
        compared.append(password)
        return False

    monkeypatch.setattr(passwords, "is_right", compare)

    async def one(n: int) -> type[BaseException]:
        with pytest.raises((Invalid, TooMany)) as refused:
            await sign_in(email, f"wrong {n}", address=f"192.0.2.{n}", user_agent="tests", at=now())
        return refused.type

    answers = await asyncio.gather(*(one(n) for n in range(200)))
    assert len(compared) == answers.count(Invalid) == 10
    written = await rows("SELECT changes->'why'->>1 AS why FROM hd_audit WHERE kind = 'sign_in_refused' ORDER BY id")
    assert sorted(row["why"] for row in written) == ["password"] * 10 + [
        "too many tries"
    ]  # the log is not flooded either


@pytest.mark.parametrize(
    "odd", ["%", "_", "*", "\0", "a\0b", "", " ", "' OR '1'='1", "%" * 43, "_" * 43, "x" * 100_000]
)
async def test_odd_tokens_are_nobodys(database: None, odd: str) -> None:
    await a_session(await with_password("ben"))
    ben = await hire("cleo")
    await make_link(INVITATION, ben.id, at=now())
    await create_token(ben.id or 0, "script", at=now())
    assert await whose_session(odd, at=now()) is None and await whose_token(odd, at=now()) is None
    with pytest.raises(NotFound):
        await find_link(odd, at=now())
    with pytest.raises(NotFound):
        await take_up(odd, PASSWORD, at=now())
    with pytest.raises(NotFound):
        await finish_with_code(odd, "123456", Visitor("192.0.2.7", "tests"), at=now())
    await sign_out(odd)
    assert len(await rows("SELECT FROM hd_session")) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE hd_audit SET kind = 'x'", "DELETE FROM hd_audit WHERE false", "TRUNCATE hd_audit"]
)
async def test_the_audit_log_takes_no_changes_from_anybody(database: None, statement: str) -> None:
    await record("signed_in", by=await hire("ben"), at=now())
    before = await rows("SELECT * FROM hd_audit ORDER BY id")
    with pytest.raises(asyncpg.RaiseError, match="takes no changes"):
        await rows(statement)
    assert before and await rows("SELECT * FROM hd_audit ORDER BY id") == before


async def test_a_password_that_is_changed_while_it_is_compared_opens_nothing(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = await with_password("ben")
    [ben] = await rows("SELECT id FROM hd_agent WHERE email = {}", email)

    async def change_meanwhile(_password_hash: str | None, _password: str) -> bool:
        await change_password(ben["id"], "another good secret")
        return True

    monkeypatch.setattr(passwords, "is_right", change_meanwhile)
    with pytest.raises(Invalid):
        await a_session(email)
    monkeypatch.undo()
    assert not await rows("SELECT FROM hd_session")
    assert await a_session(email, "another good secret")


async def test_who_is_let_go_during_the_sign_in_gets_no_session_by_any_way(database: None) -> None:
    """A session that was opened a moment later would live again with the agent."""
    ben = await hire("ben")
    letting_go = asyncio.Event()

    async def let_go() -> None:
        async with transaction():
            await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", ben.id)
            letting_go.set()
            while not await rows("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"):
                await asyncio.sleep(0.01)

    async def come() -> None:
        await letting_go.wait()
        with pytest.raises(NotFound):
            await admit(ben.id or 0, Visitor("192.0.2.7", ""), method="oidc", at=now())

    await asyncio.wait_for(asyncio.gather(let_go(), come()), 20)
    assert await Session.count() == 0
