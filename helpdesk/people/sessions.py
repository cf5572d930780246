"""Sessions: on the server, stored as hashes, listed and ended by their owner and by administrators."""

from datetime import datetime, timedelta
from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Session

LONGEST = timedelta(days=30)
"""What an administrator may allow at most; the cookie lives so long, the server decides."""

IN_USE = """
s.seen_at + make_interval(mins => i.session_idle_minutes) > {} AND s.created_at + make_interval(days => i.session_days) > {}
"""
"""In a statement with hd_session s and hd_installation i; takes the moment twice."""


async def open_session(agent_id: int, *, address: str, user_agent: str, at: datetime) -> str:
    """A new session's token, for the cookie."""
    token = new_token()
    await Session(
        token_hash=digest(token),
        agent=agent_id,
        created_at=at,
        seen_at=at,
        proved_at=at,
        address=address[:64],
        user_agent=user_agent[:300],
    ).save()
    return token


async def renew_session(session_id: int, *, at: datetime) -> str:
    """A new token for the session, whose agent has just shown who they are; the old one is dead (ASVS 7.2.4)."""
    token = new_token()
    won = await rows(
        "UPDATE hd_session SET token_hash = {}, proved_at = {}, seen_at = {} WHERE id = {} RETURNING id",
        digest(token), at, at, session_id,
    )  # fmt: skip
    if not won:
        raise NotFound(_("This session has ended. Sign in again."))
    return token


async def list_sessions(agent_id: int, *, at: datetime) -> list[dict[str, Any]]:
    """The agent's sessions in use, the last seen first."""
    return await rows(
        f"""SELECT s.id, s.created_at, s.seen_at, s.address, s.user_agent FROM hd_session s CROSS JOIN hd_installation i
        WHERE s.agent = {{}} AND {IN_USE} ORDER BY s.seen_at DESC, s.id DESC""",
        agent_id, at, at,
    )  # fmt: skip


async def end_session(session_id: int, *, by: SignedIn, at: datetime) -> None:
    """End one of one's own; administrators, anybody's. One that has ended already stays so."""
    async with transaction():
        found = await rows("SELECT agent FROM hd_session WHERE id = {}", session_id)
        if not found:
            return
        if found[0]["agent"] != by.id:
            demand(by, "manage_agents")
        await _end("s.id = {}", session_id, by=by, at=at)


async def end_other_sessions(*, by: SignedIn, at: datetime) -> int:
    """End all of one's own but this one; how many went."""
    return await _end("s.agent = {} AND s.id <> {}", by.id, by.session_id or 0, by=by, at=at)


async def end_sessions_of(agent_id: int, *, by: SignedIn | None, at: datetime) -> int:
    """End all of an agent's; how many went."""
    if by and by.id != agent_id:
        demand(by, "manage_agents")
    return await _end("s.agent = {}", agent_id, by=by, at=at)


async def sign_out(token: str, *, by: SignedIn | None = None, at: datetime | None = None) -> None:
    async with transaction():
        ended = await rows("DELETE FROM hd_session WHERE token_hash = {} RETURNING id", digest(token))
        if ended and by and at:
            await record("signed_out", by=by, at=at)


async def _end(which: str, *values: object, by: SignedIn | None, at: datetime) -> int:
    async with transaction():
        ended = await rows(
            f"""DELETE FROM hd_session s USING hd_agent a WHERE a.id = s.agent AND {which}
            RETURNING s.agent, a.name, s.address""",
            *values,
        )
        for one in ended:
            about = About("agent", one["agent"], one["name"])
            await record("session_ended", by=by, at=at, about=about, changes={"address": (one["address"], None)})
    return len(ended)
