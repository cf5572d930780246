"""Codes of an app, recovery codes, and the step between the password and the session."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound, Refused, TooMany
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.admitting import (
    Visitor,
    enrolment_at_door,
    finish_with_code,
    finish_with_enrolment,
)
from helpdesk.people.codes import app_address, code_at, matching_step, step_of
from helpdesk.people.own_safety import add_own_factor, remove_own_factor
from helpdesk.people.resetting import reset_factor
from helpdesk.people.second_factor import begin_enrolment, enrol, factor_state, take_code
from helpdesk.people.sessions import list_sessions
from helpdesk.people.signing_in import change_password, sign_in, whose_session
from helpdesk.people.tables import Session
from tests.cast import hire

PASSWORD = "unrelated words work"
HERE = Visitor("192.0.2.7", "Mozilla/5.0 Firefox/140.0")


async def with_factor(name: str = "ben") -> tuple[SignedIn, str, list[str]]:
    """An agent with a password and an app: the agent, the app's secret and the recovery codes."""
    agent = await hire(name)
    await change_password(agent.id or 0, PASSWORD)
    enrolment = await begin_enrolment(agent.id or 0, at=now())
    codes = await enrol(agent.id or 0, enrolment.sealed, code_at(enrolment.secret, step_of(now()) - 1), at=now())
    return agent, enrolment.secret, codes


async def first_step(email: str) -> str:
    admission = await sign_in(email, PASSWORD, address=HERE.address, user_agent=HERE.user_agent, at=now())
    assert admission.step
    assert not admission.session
    return admission.step


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # appendix B, in base32; the last six of its eight digits
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_at(secret, step_of(at)) == code
    assert matching_step(secret, code, at=at) == step_of(at)


@pytest.mark.parametrize(("off", "is_taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_wrong_by_one_step(off: int, is_taken: bool) -> None:
    secret, at = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
    code = code_at(secret, step_of(at + timedelta(seconds=off)))
    assert (matching_step(secret, code, at=at) is not None) is is_taken


def test_the_apps_address_escapes_what_is_in_it() -> None:
    address = app_address("ABC", account="a b@c.test", issuer="R&D: Help?")
    assert address.startswith("otpauth://totp/R%26D%3A%20Help%3F:a%20b@c.test?secret=ABC&issuer=R%26D%3A%20Help%3F&")


async def test_no_session_is_there_before_the_code(database: None) -> None:
    ben, secret, _codes = await with_factor()
    step = await first_step(ben.email)
    assert await Session.count() == 0
    token = await finish_with_code(step, code_at(secret, step_of(now())), HERE, at=now())
    assert (found := await whose_session(token, at=now())) is not None
    assert found.id == ben.id


async def test_a_code_works_once_even_when_it_comes_twice_at_a_time(database: None) -> None:
    ben, secret, _codes = await with_factor()
    code = code_at(secret, step_of(now()))
    outcomes = await asyncio.gather(*(take_code(ben.id or 0, code, at=now()) for _ in range(4)), return_exceptions=True)
    assert sorted(isinstance(one, Invalid) for one in outcomes) == [False, True, True, True]
    with pytest.raises(Invalid):
        await take_code(ben.id or 0, code_at(secret, step_of(now()) - 1), at=now())  # an older one, not seen before


async def test_a_step_works_once_and_for_ten_minutes(database: None) -> None:
    ben, secret, codes = await with_factor()
    step = await first_step(ben.email)
    later = now() + timedelta(minutes=11)
    with pytest.raises(NotFound):
        await finish_with_code(step, code_at(secret, step_of(later)), HERE, at=later)
    await finish_with_code(step, codes[0], HERE, at=now())
    with pytest.raises(NotFound):
        await finish_with_code(step, codes[1], HERE, at=now())


async def test_five_wrong_codes_and_no_more_however_many_at_once(database: None) -> None:
    ben, secret, _codes = await with_factor()
    step = await first_step(ben.email)
    outcomes = await asyncio.gather(
        *(finish_with_code(step, "000000", HERE, at=now()) for _ in range(30)), return_exceptions=True
    )
    assert sum(isinstance(one, Invalid) for one in outcomes) == 5
    assert sum(isinstance(one, TooMany) for one in outcomes) == 25
    with pytest.raises(TooMany):
        await finish_with_code(step, code_at(secret, step_of(now())), HERE, at=now())


async def test_a_recovery_code_works_once_as_people_type_it(database: None) -> None:
    ben, _secret, codes = await with_factor()
    typed = f" {codes[3].lower().replace('-', ' ')} ".translate(str.maketrans("234567", "۲۳۴۵۶۷"))
    assert await take_code(ben.id or 0, typed, at=now()) == "recovery"
    with pytest.raises(Invalid):
        await take_code(ben.id or 0, codes[3], at=now())
    assert (await factor_state(ben.id or 0))["codes_left"] == 9


async def test_neither_secret_nor_codes_are_kept_in_clear(database: None) -> None:
    _ben, secret, codes = await with_factor()
    kept = str(await rows("SELECT * FROM hd_second_factor")) + str(await rows("SELECT * FROM hd_recovery_code"))
    assert secret not in kept
    assert not any(code.replace("-", "") in kept for code in codes)


async def test_who_must_have_a_factor_sets_it_up_before_the_first_session(database: None) -> None:
    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    await rows("UPDATE hd_installation SET factor_roles = ARRAY['agent']")
    admission = await sign_in(ben.email, PASSWORD, address="", user_agent="", at=now())
    assert admission.must_enrol
    with pytest.raises(NotFound):
        await finish_with_code(admission.step, "000000", HERE, at=now())
    enrolment = await enrolment_at_door(admission.step, at=now())
    with pytest.raises(Invalid):
        await finish_with_enrolment(admission.step, enrolment.sealed, "000000", HERE, at=now())
    right = code_at(enrolment.secret, step_of(now()))
    token, codes = await finish_with_enrolment(admission.step, enrolment.sealed, right, HERE, at=now())
    assert len(codes) == 10
    assert await whose_session(token, at=now()) is not None
    with pytest.raises(Refused):
        await remove_own_factor(ben, ends_others=False, at=now())


async def test_an_enrolment_is_worth_nothing_for_somebody_else(database: None) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    enrolment = await begin_enrolment(ben.id or 0, at=now())
    code = code_at(enrolment.secret, step_of(now()))
    for agent, at in ((cleo, now()), (ben, now() + timedelta(hours=1))):
        with pytest.raises(Invalid):
            await add_own_factor(agent, enrolment.sealed, code, ends_others=False, at=at)
    with pytest.raises(Invalid):
        await enrol(ben.id or 0, "made up", code, at=now())


async def test_an_admin_resets_a_factor_and_the_password_stays(database: None) -> None:
    ben, secret, _codes = await with_factor()
    step = await first_step(ben.email)
    await finish_with_code(step, code_at(secret, step_of(now())), HERE, at=now())
    alma = await hire("alma")
    with pytest.raises(Refused):
        await reset_factor(alma.id or 0, by=ben, at=now())
    assert await reset_factor(ben.id or 0, by=alma, at=now())
    assert await list_sessions(ben.id or 0, at=now()) == []
    assert (await sign_in(ben.email, PASSWORD, address="", user_agent="", at=now())).session
    assert not await reset_factor(ben.id or 0, by=None, at=now())
    kinds = [row["kind"] for row in await rows("SELECT kind FROM hd_audit ORDER BY id")]
    assert kinds.count("factor_reset") == 1
