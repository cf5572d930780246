"""From the right password, link or provider to a session: over the second factor, where there is one or must be.

Until the second step is done there is no session, only a step: its token is in the form, works for ten minutes and once.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.actor import Actor
from helpdesk.people.auditing import STRANGER, About, record
from helpdesk.people.only_way import demand_passwords
from helpdesk.people.safety_tables import SignInStep
from helpdesk.people.second_factor import Enrolment, begin_enrolment, enrol, enrolment_of, take_code
from helpdesk.people.sessions import open_session

STEP_WITHIN = timedelta(minutes=10)


class Admission(msgspec.Struct, frozen=True):
    """Either a session's token, or that of the step that is still to do: a code, or first an app to make codes."""

    session: str = ""
    step: str = ""
    must_enrol: bool = False


class Visitor(msgspec.Struct, frozen=True):
    """Where somebody comes from."""

    address: str
    user_agent: str


async def admit(
    agent_id: int, visitor: Visitor, *, method: str, at: datetime, has_shown_two: bool = False
) -> Admission:
    """Open a session, or the second step where the agent has a factor or their role demands one.

    `method` is how they came this far: password, link, rescue or oidc; `has_shown_two` of a provider that asks for a factor
    itself. Raises Refused for a password or link when a provider is the only way in.
    """
    [who] = await rows(
        """SELECT EXISTS (SELECT FROM hd_second_factor f WHERE f.agent = a.id) AS has, a.role = ANY(i.factor_roles) AS must
        FROM hd_agent a CROSS JOIN hd_installation i WHERE a.id = {}""",
        agent_id,
    )
    if has_shown_two or not (who["has"] or who["must"]):
        return Admission(session=await _let_in(agent_id, visitor, method=method, at=at))
    token = new_token()
    async with transaction():
        await rows("DELETE FROM hd_sign_in_step WHERE expires_at < {}", at)
        step = SignInStep(token_hash=digest(token), agent=agent_id, method=method, expires_at=at + STEP_WITHIN)
        await step.save()
    return Admission(step=token, must_enrol=not who["has"])


async def finish_with_code(step: str, typed: str, visitor: Visitor, *, at: datetime) -> str:
    """The session's token for the second factor's code; raises Invalid at `code`, NotFound for a dead step, TooMany."""
    found = await _find(step, at=at)
    try:
        kind = await take_code(found["agent"], typed, at=at)
    except Invalid:
        await refused(visitor, "code", About("agent", found["agent"], found["name"]), at=at)
        raise
    async with transaction():
        await _use_up(step)
        if kind == "recovery":
            by = Actor(kind="agent", id=found["agent"], name=found["name"])
            await record("recovery_code_used", by=by, at=at, address=visitor.address)
        return await _let_in(found["agent"], visitor, method=f"{found['method']}+{kind}", at=at)


async def enrolment_at_door(step: str, sealed: str = "", *, at: datetime) -> Enrolment:
    """What somebody who must have a factor and has none is shown; raises NotFound for a dead step."""
    found = await _find(step, at=at, has_factor=False)
    return await (enrolment_of(sealed, found["agent"], at=at) if sealed else begin_enrolment(found["agent"], at=at))


async def finish_with_enrolment(
    step: str, sealed: str, code: str, visitor: Visitor, *, at: datetime
) -> tuple[str, list[str]]:
    """The session's token and the recovery codes; raises as `finish_with_code`."""
    found = await _find(step, at=at, has_factor=False)
    async with transaction():
        await _use_up(step)
        codes = await enrol(found["agent"], sealed, code, at=at)
        by = Actor(kind="agent", id=found["agent"], name=found["name"])
        await record("factor_added", by=by, at=at, address=visitor.address)
        token = await _let_in(found["agent"], visitor, method=f"{found['method']}+code", at=at)
    return token, codes


async def refused(visitor: Visitor, why: str, about: About, *, at: datetime) -> None:
    """Write down a sign-in that was refused."""
    await record(
        "sign_in_refused", by=STRANGER, at=at, about=about, changes={"why": (None, why)}, address=visitor.address
    )


async def _find(step: str, *, at: datetime, has_factor: bool = True) -> dict[str, Any]:
    """Whose step it is: somebody who owes a code (or, without a factor, must enrol)."""
    found = await rows(
        """SELECT s.agent, s.method, a.name FROM hd_sign_in_step s JOIN hd_agent a ON a.id = s.agent
        WHERE s.token_hash = {} AND s.expires_at > {} AND a.deactivated_at IS NULL
            AND EXISTS (SELECT FROM hd_second_factor f WHERE f.agent = a.id) = {}""",
        digest(step), at, has_factor,
    )  # fmt: skip
    if not found:
        raise NotFound(_("This took too long. Sign in again."))
    return found[0]


async def _use_up(step: str) -> None:
    """A step works once: of two answers at the same time one loses here."""
    if not await rows("DELETE FROM hd_sign_in_step WHERE token_hash = {} RETURNING id", digest(step)):
        raise NotFound(_("This took too long. Sign in again."))


async def _let_in(agent_id: int, visitor: Visitor, *, method: str, at: datetime) -> str:
    """Open the session; only now, as the provider may have become the only way in since the first step.

    Who lets the agent go just now is waited for, or waits and then ends this session. Raises NotFound for who is gone.
    """
    if method.startswith(("password", "link")):
        await demand_passwords(agent_id)
    async with transaction():
        found = await rows("SELECT name FROM hd_agent WHERE id = {} AND deactivated_at IS NULL FOR SHARE", agent_id)
        if not found:
            raise NotFound(_("There is no such agent."))
        token = await open_session(agent_id, address=visitor.address, user_agent=visitor.user_agent, at=at)
        by = Actor(kind="agent", id=agent_id, name=found[0]["name"])
        await record("signed_in", by=by, at=at, changes={"method": (None, method)}, address=visitor.address)
    return token
