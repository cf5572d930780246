"""Showing again who sits here, before what matters: a session that was left open must not be enough (ASVS 7.5.1).

Asked for by the verb that does it, so that no page can forget to. A program's token proves by itself: making it took a proof.
"""

from datetime import datetime, timedelta
from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, ProofNeeded
from helpdesk.kernel.language import _
from helpdesk.people import passwords
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import record
from helpdesk.people.only_way import NOT_BY_PROVIDER_ALONE
from helpdesk.people.second_factor import take_code
from helpdesk.people.sessions import renew_session
from helpdesk.people.signing_in import WINDOW
from helpdesk.people.throttling import count_try, forget

HOLDS = timedelta(minutes=10)


async def demand_proof(by: SignedIn | None, *, at: datetime) -> None:
    """Raise ProofNeeded when the person at this session last showed who they are more than ten minutes ago."""
    if by is None or by.session_id is None or (by.proved_at is not None and at - by.proved_at < HOLDS):
        return
    ways = await ways_to_prove(by.id or 0)
    raise ProofNeeded(by_password=ways["password"], by_code=ways["code"], provider=ways["provider"] or "")


async def ways_to_prove(agent_id: int) -> dict[str, Any]:
    """Whether by `password`, by `code`, and the name of the `provider`, if by one."""
    [found] = await rows(
        f"""SELECT a.password_hash IS NOT NULL AND {NOT_BY_PROVIDER_ALONE} AS password,
            EXISTS (SELECT FROM hd_second_factor f WHERE f.agent = a.id) AS code,
            (SELECT p.name FROM hd_oidc_provider p JOIN hd_oidc_identity i ON i.issuer = p.issuer
                WHERE p.is_on AND i.agent = a.id LIMIT 1) AS provider
        FROM hd_agent a WHERE a.id = {{}}""",
        agent_id,
    )
    return found


async def prove(by: SignedIn, *, password: str, code: str, at: datetime) -> str:
    """Show it with the password or a code; returns the session's new token.

    Raises Invalid at `password` or `code`, and TooMany after ten tries in a quarter of an hour.
    """
    await count_try(f"prove:{by.id}", at_most=10, within=WINDOW, at=at)
    try:
        await (take_code(by.id or 0, code, at=at) if code else _check(by, password))
    except Invalid:
        await record("proof_refused", by=by, at=at)
        raise
    await forget(f"prove:{by.id}")
    return await note_proof(by, method="code" if code else "password", at=at)


async def note_proof(by: SignedIn, *, method: str, at: datetime) -> str:
    """It was shown: the session's new token."""
    async with transaction():
        await record("proved", by=by, at=at, changes={"method": (None, method)})
        return await renew_session(by.session_id or 0, at=at)


async def _check(by: SignedIn, password: str) -> None:
    [found] = await rows(
        f"SELECT a.password_hash, {NOT_BY_PROVIDER_ALONE} AS works FROM hd_agent a WHERE a.id = {{}}", by.id
    )
    if not await passwords.is_right(found["password_hash"], password) or not found["works"]:
        raise Invalid(password=_("This is not your password."))
