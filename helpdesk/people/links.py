"""One-time links: the first admin, invitations and new passwords. Stored as hashes, each works once."""

from datetime import datetime, timedelta

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.settings import settings
from helpdesk.kernel.tokens import digest, new_token
from helpdesk.people import passwords
from helpdesk.people.actor import Actor
from helpdesk.people.agents import add_agent
from helpdesk.people.auditing import record
from helpdesk.people.only_way import demand_passwords
from helpdesk.people.tables import Agent, OneTimeLink, Role, Session

FIRST_ADMIN, INVITATION, PASSWORD, EMAIL, RESCUE = "first_admin", "invitation", "password", "email", "rescue"
WELCOME = (FIRST_ADMIN, INVITATION, PASSWORD)
"""Those that set a password."""
LIFETIME = {
    FIRST_ADMIN: timedelta(days=1), INVITATION: timedelta(days=7), PASSWORD: timedelta(minutes=30), EMAIL: timedelta(minutes=30),
    RESCUE: timedelta(minutes=15),
}  # fmt: skip

_PLACES = {EMAIL: "account/address", RESCUE: "sign-in/link"}


async def first_admin_link(*, at: datetime) -> str | None:
    """A link that makes the first admin, or None when there is an agent already. An older link stops working."""
    async with transaction():
        await lock("first-admin")
        if await Agent.exists():
            return None
        await OneTimeLink.delete().where(OneTimeLink.purpose == FIRST_ADMIN)
        return await make_link(FIRST_ADMIN, None, at=at)


async def make_link(purpose: str, agent_id: int | None, *, at: datetime, email: str = "") -> str:
    """A new link's URL; earlier ones of the same purpose and agent stop working."""
    token = new_token()
    async with transaction():
        if agent_id is not None:
            await OneTimeLink.delete().where(OneTimeLink.agent == agent_id, OneTimeLink.purpose == purpose)
        link = OneTimeLink(
            token_hash=digest(token),
            purpose=purpose,
            agent=agent_id,
            email=email,
            created_at=at,
            expires_at=at + LIFETIME[purpose],
        )
        await link.save()
    return f"{settings().base_url}/console/{_PLACES.get(purpose, 'welcome')}/{token}"


async def find_link(token: str, *purposes: str, at: datetime) -> OneTimeLink:
    """The link, if it still works and is for one of the purposes; raises NotFound with what to do."""
    found = (
        await OneTimeLink.objects()
        .where(OneTimeLink.token_hash == digest(token), OneTimeLink.used_at.is_null(), OneTimeLink.expires_at > at)
        .where(OneTimeLink.purpose.is_in(list(purposes or WELCOME)))
        .first()
    )
    if found is None:
        raise NotFound(_("This link has been used or has expired. Ask for a new one."))
    return found


async def take_up(
    token: str, password: str, *, at: datetime, email: str = "", name: str = "", language: str = "en"
) -> int:
    """Use the link: set the password (and make the first admin); return the agent's id.

    Raises NotFound when the link no longer works, Invalid for a password or address that will not do, and Refused when the
    provider is the only way in.
    """
    link = await find_link(token, at=at)
    agent = await Agent.objects().get(Agent.id == link.agent) if link.agent else None
    if agent:
        await demand_passwords(agent.id)
    await passwords.check_new(password, about=agent.email if agent else email)
    password_hash = await passwords.hash_password(password)
    async with transaction():
        await lock("first-admin")
        used = await rows(
            "UPDATE hd_one_time_link SET used_at = {} WHERE id = {} AND used_at IS NULL RETURNING id", at, link.id
        )
        if not used:
            raise NotFound(_("This link has been used or has expired. Ask for a new one."))
        if agent is None:
            if await Agent.exists():
                raise Invalid(email=_("There is an administrator already. Ask them to invite you."))
            agent = await add_agent(email=email, name=name, role=Role.ADMIN, language=language, at=at)
        await Agent.update({Agent.password_hash: password_hash}).where(Agent.id == agent.id)
        by = Actor(kind="agent", id=agent.id, name=agent.name)
        await record("password_changed", by=by, at=at, changes={"by": (None, link.purpose)})
        await OneTimeLink.delete().where(OneTimeLink.agent == agent.id)
        await Session.delete().where(Session.agent == agent.id)
        await rows("DELETE FROM hd_sign_in_step WHERE agent = {}", agent.id)
    return agent.id
