"""Signing in with a password, and who comes with a session or a token."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, TooMany
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest
from helpdesk.people import passwords
from helpdesk.people.actor import SignedIn
from helpdesk.people.admitting import Admission, Visitor, admit, refused
from helpdesk.people.auditing import NOTHING, About
from helpdesk.people.only_way import NOT_BY_PROVIDER_ALONE
from helpdesk.people.sessions import IN_USE
from helpdesk.people.tables import Agent, OneTimeLink, Session
from helpdesk.people.throttling import count_try, forget

WINDOW = timedelta(minutes=15)

_WHO = """
SELECT a.id, a.name, a.email, a.role, a.language, a.time_zone, a.theme, a.signature, a.sends, a.goes, a.images_from, a.keys, a.uses_keys,
    ARRAY(SELECT m.team FROM hd_membership m WHERE m.agent = a.id) AS team_ids,
    ARRAY(SELECT t.id FROM hd_team t WHERE t.is_private
        AND NOT EXISTS (SELECT FROM hd_membership m WHERE m.agent = a.id AND m.team = t.id)) AS hidden_team_ids
"""


async def sign_in(email: str, password: str, *, address: str, user_agent: str, at: datetime) -> Admission:
    """Check the password; a session, or the second step where one is due.

    Raises Invalid with one text for every kind of failure, and TooMany after ten tries an account or fifty an
    address in a quarter of an hour.
    """
    email, visitor = email.strip().lower(), Visitor(address, user_agent)
    await count_try(f"sign-in:address:{address}", at_most=50, within=WINDOW, at=at)
    try:
        await count_try(f"sign-in:account:{email}", at_most=10, within=WINDOW, at=at)
    except TooMany as error:
        if error.is_first:
            await refused(visitor, "too many tries", NOTHING, at=at)
        raise
    found = await rows(
        f"""SELECT a.id, a.name, a.password_hash, {NOT_BY_PROVIDER_ALONE} AS works FROM hd_agent a
        WHERE a.email = {{}} AND a.deactivated_at IS NULL""",
        email,
    )
    agent = found[0] if found else None
    is_right = await passwords.is_right(agent["password_hash"] if agent else None, password)
    admission = None
    if is_right and agent and agent["works"]:
        async with transaction():
            if await _is_still(agent["id"], agent["password_hash"]):
                admission = await admit(agent["id"], visitor, method="password", at=at)
    if agent is None or admission is None:
        about = About("agent", agent["id"], agent["name"]) if agent else NOTHING
        await refused(visitor, "password", about, at=at)
        raise Invalid(password=_("The address or the password is wrong."))
    await forget(f"sign-in:account:{email}")
    if passwords.needs_rehash(agent["password_hash"]):
        better = await passwords.hash_password(password)
        await Agent.update({Agent.password_hash: better}).where(
            Agent.id == agent["id"], Agent.password_hash == agent["password_hash"]
        )
    return admission


async def _is_still(agent_id: int, password_hash: str) -> bool:
    """Whether it is the agent's password: comparing took a while. Who changes it, or lets the agent go, waits for the end
    of the transaction, and then ends the session that it opened."""
    return bool(await rows(
        "SELECT FROM hd_agent WHERE id = {} AND password_hash = {} AND deactivated_at IS NULL FOR SHARE", agent_id, password_hash
    ))  # fmt: skip


async def whose_session(token: str, *, at: datetime, is_visit: bool = True, address: str = "") -> SignedIn | None:
    """The signed-in agent, or None when the session is unknown, idle or old beyond the limits, or its agent gone.

    Only a visit counts as use: an open stream alone does not keep a session alive.
    """
    found = await rows(
        _WHO + f""", s.id AS session_id, s.seen_at, s.proved_at
        FROM hd_session s JOIN hd_agent a ON a.id = s.agent CROSS JOIN hd_installation i
        WHERE s.token_hash = {{}} AND a.deactivated_at IS NULL AND {IN_USE}""",
        digest(token), at, at,
    )  # fmt: skip
    if not found:
        return None
    if is_visit and at - found[0]["seen_at"] > timedelta(minutes=1):
        await Session.update({Session.seen_at: at}).where(Session.id == found[0]["session_id"])
    return _signed_in(found[0], address)


async def whose_token(token: str, *, at: datetime, address: str = "") -> SignedIn | None:
    """The agent of an API token."""
    found = await rows(
        _WHO + """, k.id AS token_id, k.used_at FROM hd_api_token k JOIN hd_agent a ON a.id = k.agent
        WHERE k.token_hash = {} AND k.revoked_at IS NULL AND a.deactivated_at IS NULL""",
        digest(token),
    )  # fmt: skip
    if not found:
        return None
    if found[0]["used_at"] is None or at - found[0]["used_at"] > timedelta(minutes=1):
        await rows("UPDATE hd_api_token SET used_at = {} WHERE id = {}", at, found[0]["token_id"])
    return _signed_in(found[0], address)


async def as_agent(agent_id: int) -> SignedIn | None:
    """The agent as if signed in, for jobs that act for a person and for links that name one."""
    found = await rows(_WHO + " FROM hd_agent a WHERE a.id = {} AND a.deactivated_at IS NULL", agent_id)
    return _signed_in(found[0]) if found else None


async def change_password(agent_id: int, password: str, *, keeps_sessions: bool = False) -> None:
    """Set the password; every link, every half-done sign-in and, unless they are kept, every session of the agent ends."""
    agent = await Agent.objects().get(Agent.id == agent_id)
    await passwords.check_new(password, about=agent.email if agent else "")
    password_hash = await passwords.hash_password(password)
    async with transaction():
        await Agent.update({Agent.password_hash: password_hash}).where(Agent.id == agent_id)
        await OneTimeLink.delete().where(OneTimeLink.agent == agent_id)
        await rows("DELETE FROM hd_sign_in_step WHERE agent = {}", agent_id)
        if not keeps_sessions:
            await Session.delete().where(Session.agent == agent_id)


def _signed_in(row: dict[str, Any], address: str = "") -> SignedIn:
    return SignedIn(
        kind="agent", id=row["id"], name=row["name"], email=row["email"], role=row["role"], language=row["language"],
        time_zone=row["time_zone"], theme=row["theme"], signature=row["signature"], sends=row["sends"], goes=row["goes"], team_ids=frozenset(row["team_ids"]),
        hidden_team_ids=frozenset(() if row["role"] in ("admin", "manager") else row["hidden_team_ids"]),
        images_from=frozenset(row["images_from"]), keys=msgspec.json.decode(row["keys"]), uses_keys=row["uses_keys"], session_id=row.get("session_id"),
        proved_at=row.get("proved_at"), address=address,
    )  # fmt: skip
