"""Signing in and out: server-side sessions, stored as hashes."""

from datetime import datetime, timedelta

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people import passwords
from helpdesk.people.actor import SignedIn
from helpdesk.people.tables import Agent, OneTimeLink, Session
from helpdesk.people.throttling import count_try, forget

IDLE, ABSOLUTE = timedelta(hours=8), timedelta(days=7)
WINDOW = timedelta(minutes=15)

_WHO = """
SELECT a.id, a.name, a.email, a.role, a.language, a.time_zone, a.theme, a.signature, a.images_from,
    ARRAY(SELECT m.team FROM hd_membership m WHERE m.agent = a.id) AS team_ids,
    ARRAY(SELECT t.id FROM hd_team t WHERE t.is_private
        AND NOT EXISTS (SELECT FROM hd_membership m WHERE m.agent = a.id AND m.team = t.id)) AS hidden_team_ids
"""


async def sign_in(email: str, password: str, *, address: str, user_agent: str, at: datetime) -> str:
    """Check the password and open a session; return its token, for the cookie.

    Raises Invalid with one text for every kind of failure, and TooMany after ten tries an account or fifty an
    address in a quarter of an hour.
    """
    email = email.strip().lower()
    await count_try(f"sign-in:address:{address}", at_most=50, within=WINDOW, at=at)
    await count_try(f"sign-in:account:{email}", at_most=10, within=WINDOW, at=at)
    agent = await Agent.objects().where(Agent.email == email, Agent.deactivated_at.is_null()).first()
    if not await passwords.is_right(agent.password_hash if agent else None, password) or agent is None:
        raise Invalid(password=_("The address or the password is wrong."))
    await forget(f"sign-in:account:{email}")
    if passwords.needs_rehash(agent.password_hash):
        better = await passwords.hash_password(password)
        await Agent.update({Agent.password_hash: better}).where(Agent.id == agent.id)
    return await open_session(agent.id, address=address, user_agent=user_agent, at=at)


async def open_session(agent_id: int, *, address: str, user_agent: str, at: datetime) -> str:
    token = new_token()
    await Session(
        token_hash=digest(token),
        agent=agent_id,
        created_at=at,
        seen_at=at,
        address=address[:64],
        user_agent=user_agent[:300],
    ).save()
    return token


async def sign_out(token: str) -> None:
    await Session.delete().where(Session.token_hash == digest(token))


async def whose_session(token: str, *, at: datetime, is_visit: bool = True) -> SignedIn | None:
    """The signed-in agent, or None when the session is unknown, idle for 8 hours, older than 7 days, or its agent gone.

    Only a visit counts as use: an open stream alone does not keep a session alive.
    """
    found = await rows(
        _WHO + """, s.id AS session_id, s.seen_at
        FROM hd_session s JOIN hd_agent a ON a.id = s.agent
        WHERE s.token_hash = {} AND a.deactivated_at IS NULL AND s.seen_at > {} AND s.created_at > {}""",
        digest(token), at - IDLE, at - ABSOLUTE,
    )  # fmt: skip
    if not found:
        return None
    if is_visit and at - found[0]["seen_at"] > timedelta(minutes=1):
        await Session.update({Session.seen_at: at}).where(Session.id == found[0]["session_id"])
    return _signed_in(found[0])


async def whose_token(token: str, *, at: datetime) -> SignedIn | None:
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
    return _signed_in(found[0])


async def as_agent(agent_id: int) -> SignedIn | None:
    """The agent as if signed in, for jobs that act for a person and for links that name one."""
    found = await rows(_WHO + " FROM hd_agent a WHERE a.id = {} AND a.deactivated_at IS NULL", agent_id)
    return _signed_in(found[0]) if found else None


async def change_password(agent_id: int, password: str, *, keep_session: int | None = None) -> None:
    """Set the password; every other session and every link of the agent ends."""
    agent = await Agent.objects().get(Agent.id == agent_id)
    passwords.check_new(password, about=agent.email if agent else "")
    password_hash = await passwords.hash_password(password)
    async with transaction():
        await Agent.update({Agent.password_hash: password_hash}).where(Agent.id == agent_id)
        await OneTimeLink.delete().where(OneTimeLink.agent == agent_id)
        ended = Session.delete().where(Session.agent == agent_id)
        await (ended.where(Session.id != keep_session) if keep_session else ended)


async def change_own_password(agent: SignedIn, current: str, password: str, *, at: datetime) -> None:
    """Set the agent's password, if they know the one they have; this session goes on, all others end.

    Raises Invalid at `current` or `password`, and TooMany after ten tries in a quarter of an hour.
    """
    await count_try(f"change-password:{agent.id}", at_most=10, within=WINDOW, at=at)
    row = await Agent.objects().get(Agent.id == agent.id)
    if row is None or not await passwords.is_right(row.password_hash, current):
        raise Invalid(current=_("This is not your password."))
    await change_password(row.id, password, keep_session=agent.session_id)
    await forget(f"change-password:{agent.id}")


def _signed_in(row: dict) -> SignedIn:
    return SignedIn(
        kind="agent", id=row["id"], name=row["name"], email=row["email"], role=row["role"], language=row["language"],
        time_zone=row["time_zone"], theme=row["theme"], signature=row["signature"], team_ids=frozenset(row["team_ids"]),
        hidden_team_ids=frozenset(() if row["role"] in ("admin", "manager") else row["hidden_team_ids"]),
        images_from=frozenset(row["images_from"]), session_id=row.get("session_id"),
    )  # fmt: skip
