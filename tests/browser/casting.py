"""Hires the cast into a running product: `python -m tests.browser.casting` under its environment, the answer is JSON."""

import asyncio
import json
import sys

from helpdesk.kernel.database import connected
from helpdesk.kernel.time import now
from helpdesk.people import passwords
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import add_agent, change_preferences
from helpdesk.people.api_tokens import create_token
from helpdesk.people.sessions import open_session
from helpdesk.people.signing_in import as_agent
from helpdesk.people.tables import Agent, Role
from helpdesk.web.visits import session_cookie
from tests.cast import AGENTS, make_team

PASSWORD = "correct horse battery"
PERSIAN = {"parvin": ("پروین کاظمی", Role.ADMIN), "shirin": ("شیرین نادری", Role.AGENT)}
TEAMS = {"Billing": ("alma", "ben"), "فروش": ("parvin", "shirin")}


async def _hire_all() -> dict[str, dict[str, str | int]]:
    async with connected(size=2):
        password_hash = await passwords.hash_password(PASSWORD)
        hired: dict[str, SignedIn] = {}
        for name, (full_name, role) in (AGENTS | PERSIAN).items():
            language, zone = ("fa", "Asia/Tehran") if name in PERSIAN else ("en", "Europe/Berlin")
            agent = await add_agent(
                email=f"{name}@helpdesk.test", name=full_name, role=role, at=now(), language=language
            )
            await Agent.update({Agent.password_hash: password_hash}).where(Agent.id == agent.id)
            await change_preferences(
                agent.id, name=full_name, language=language, time_zone=zone, theme="system", signature=""
            )
            signed_in = await as_agent(agent.id)
            assert signed_in is not None
            hired[name] = signed_in
        for team, members in TEAMS.items():
            await make_team(team, *(hired[name] for name in members))
        return {name: await _keys_of(one) for name, one in hired.items()}


async def _keys_of(agent: SignedIn) -> dict[str, str | int]:
    """What opens the console and the API as this agent."""
    assert agent.id is not None
    session = await open_session(agent.id, address="127.0.0.1", user_agent="browser tests", at=now())
    return {
        "id": agent.id, "name": agent.name, "email": agent.email, "cookie": session_cookie(), "session": session,
        "token": await create_token(agent.id, "browser tests", at=now()),
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(asyncio.run(_hire_all()), sys.stdout)
