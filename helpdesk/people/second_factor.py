"""The second factor: an app that makes codes, and recovery codes for when it is lost.

The secret is sealed; a code works once, as the step of the last one taken is kept; five tries in a quarter of an hour.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import CannotOpen, open_sealed, seal
from helpdesk.kernel.text import latin_digits
from helpdesk.people.codes import DIGITS, app_address, matching_step, new_secret
from helpdesk.people.installing import this_installation
from helpdesk.people.recovery_codes import as_written, new_recovery_codes, use_recovery_code
from helpdesk.people.safety_tables import SecondFactor
from helpdesk.people.throttling import count_try, forget

TRIES, WINDOW = 5, timedelta(minutes=15)
ENROL_WITHIN = timedelta(minutes=30)


class Enrolment(msgspec.Struct, frozen=True):
    """A secret that is shown to its agent and not yet theirs; `sealed` comes back with the first code."""

    secret: str
    address: str
    sealed: str

    def __repr__(self) -> str:
        return "Enrolment(***)"


class _Promise(msgspec.Struct, frozen=True):
    secret: str
    agent: int
    until: datetime


async def begin_enrolment(agent_id: int, *, at: datetime) -> Enrolment:
    """A new secret; nothing changes until its first code comes back."""
    return await _shown(_Promise(new_secret(), agent_id, at + ENROL_WITHIN))


async def enrolment_of(sealed: str, agent_id: int, *, at: datetime) -> Enrolment:
    """The one that was begun, to be shown again; a new one when it is too old."""
    try:
        return await _shown(_opened(sealed, agent_id, at=at))
    except Invalid:
        return await begin_enrolment(agent_id, at=at)


async def enrol(agent_id: int, sealed: str, code: str, *, at: datetime) -> list[str]:
    """Make the secret the agent's, in place of an older one, if the app shows its code; returns the recovery codes.

    Raises Invalid(code=…). Tries are not counted: who types the code was shown the secret.
    """
    promise = _opened(sealed, agent_id, at=at)
    step = matching_step(promise.secret, _digits(code), at=at)
    if step is None:
        raise Invalid(
            code=_(
                "This is not the code that the app should show. Check the clock of your phone, and try the next one."
            )
        )
    async with transaction():
        await lock("second-factor", agent_id)
        await SecondFactor.delete().where(SecondFactor.agent == agent_id)
        await SecondFactor(agent=agent_id, secret=seal(promise.secret), last_step=step, since=at).save()
        return await new_recovery_codes(agent_id)


async def take_code(agent_id: int, typed: str, *, at: datetime) -> Literal["code", "recovery"]:
    """Which kind of code it is, used up by this; raises Invalid(code=…), and TooMany after five tries in 15 minutes."""
    await count_try(f"factor:{agent_id}", at_most=TRIES, within=WINDOW, at=at)
    is_recovery = len(as_written(typed)) != DIGITS
    is_right = await (use_recovery_code if is_recovery else _use_code)(agent_id, typed, at=at)
    if not is_right:
        raise Invalid(code=_("This code is wrong or was used before. The app shows a new one every 30 seconds."))
    await forget(f"factor:{agent_id}")
    return "recovery" if is_recovery else "code"


async def remove_factor(agent_id: int) -> bool:
    """Whether there was one."""
    async with transaction():
        await rows("DELETE FROM hd_recovery_code WHERE agent = {}", agent_id)
        return bool(await rows("DELETE FROM hd_second_factor WHERE agent = {} RETURNING id", agent_id))


async def factor_state(agent_id: int) -> dict[str, Any]:
    """`since` (None without a factor), `codes_left`, and whether the agent's role `must` have one."""
    [found] = await rows(
        """SELECT (SELECT since FROM hd_second_factor WHERE agent = a.id) AS since, a.role = ANY(i.factor_roles) AS must,
            (SELECT count(*) FROM hd_recovery_code WHERE agent = a.id AND used_at IS NULL) AS codes_left
        FROM hd_agent a CROSS JOIN hd_installation i WHERE a.id = {}""",
        agent_id,
    )
    return found


async def _use_code(agent_id: int, typed: str, *, at: datetime) -> bool:
    factor = await SecondFactor.objects().get(SecondFactor.agent == agent_id)
    step = matching_step(open_sealed(factor.secret), _digits(typed), at=at) if factor else None
    if step is None:
        return False
    return bool(
        await rows(
            "UPDATE hd_second_factor SET last_step = {} WHERE agent = {} AND last_step < {} RETURNING id", step, agent_id, step
        )
    )  # fmt: skip


async def _shown(promise: _Promise) -> Enrolment:
    [agent] = await rows("SELECT email FROM hd_agent WHERE id = {}", promise.agent)
    issuer = (await this_installation()).name
    address = app_address(promise.secret, account=agent["email"], issuer=issuer)
    return Enrolment(promise.secret, address, seal(msgspec.json.encode(promise).decode()))


def _opened(sealed: str, agent_id: int, *, at: datetime) -> _Promise:
    try:
        promise = msgspec.json.decode(open_sealed(sealed), type=_Promise)
    except (CannotOpen, msgspec.DecodeError):
        promise = None
    if promise is None or promise.agent != agent_id or promise.until < at:
        raise Invalid(code=_("This took too long. Scan the new code, please."))
    return promise


def _digits(typed: str) -> str:
    return "".join(letter for letter in latin_digits(typed) if letter.isalnum())
