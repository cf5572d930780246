"""What agents change of their own way in: password, address, second factor. Each wants a fresh proof (ASVS 7.5.1).

Each ends with a new session token, and with all other sessions if the agent wants that (ASVS 7.4.3).
"""

from datetime import datetime, timedelta

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import is_address
from helpdesk.people.auditing import record
from helpdesk.people.links import EMAIL, find_link, make_link
from helpdesk.people.only_way import demand_passwords
from helpdesk.people.proving import demand_proof
from helpdesk.people.recovery_codes import new_recovery_codes
from helpdesk.people.second_factor import enrol, factor_state, remove_factor
from helpdesk.people.sessions import end_other_sessions, renew_session
from helpdesk.people.signing_in import change_password
from helpdesk.people.tables import Agent
from helpdesk.people.throttling import count_try


async def change_own_password(by: SignedIn, password: str, *, ends_others: bool, at: datetime) -> str:
    """Set the password; raises Invalid(password=…) for one that will not do, Refused where there are none."""
    await demand_passwords(by.id or 0)
    await demand_proof(by, at=at)
    async with transaction():
        await change_password(by.id or 0, password, keeps_sessions=True)
        await record("password_changed", by=by, at=at)
        return await _renewed(by, ends_others=ends_others, at=at)


async def ask_for_address(by: SignedIn, email: str, *, at: datetime) -> str:
    """A link that proves the new address; it is to be mailed there. Raises Invalid(email=…), and TooMany after five in an hour."""
    await demand_proof(by, at=at)
    email = email.strip().lower()
    if not is_address(email):
        raise Invalid(email=_("This is not an e-mail address."))
    if email == by.email:
        raise Invalid(email=_("This is your address already."))
    await count_try(f"own-address:{by.id}", at_most=5, within=timedelta(hours=1), at=at)
    return await make_link(EMAIL, by.id, at=at, email=email)


async def take_address(token: str, *, by: SignedIn, at: datetime) -> str:
    """The address that the link proves is the agent's from now on; returns the old one, which is to be told.

    Raises NotFound for a link that is not theirs, and Invalid(email=…) when somebody else took the address meanwhile.
    """
    link = await find_link(token, EMAIL, at=at)
    if link.agent != by.id:
        raise NotFound(_("This link has been used or has expired. Ask for a new one."))
    async with transaction():
        if await Agent.exists().where(Agent.email == link.email):
            raise Invalid(email=_("There is an agent with this address already."))
        await rows("DELETE FROM hd_one_time_link WHERE agent = {}", by.id)
        await Agent.update({Agent.email: link.email}).where(Agent.id == by.id)
        await record("email_changed", by=by, at=at, changes={"email": (by.email, link.email)})
    return by.email


async def add_own_factor(
    by: SignedIn, sealed: str, code: str, *, ends_others: bool, at: datetime
) -> tuple[str, list[str]]:
    """Begin to use the app that shows the code; returns the session's token and the recovery codes."""
    await demand_proof(by, at=at)
    async with transaction():
        codes = await enrol(by.id or 0, sealed, code, at=at)
        await record("factor_added", by=by, at=at)
        return await _renewed(by, ends_others=ends_others, at=at), codes


async def remove_own_factor(by: SignedIn, *, ends_others: bool, at: datetime) -> str:
    """Sign in with the password alone again, where the role allows that; raises Refused."""
    await demand_proof(by, at=at)
    if (await factor_state(by.id or 0))["must"]:
        raise Refused(_("Your role must have a second factor. You can set up another app instead."))
    async with transaction():
        if await remove_factor(by.id or 0):
            await record("factor_removed", by=by, at=at)
        return await _renewed(by, ends_others=ends_others, at=at)


async def make_own_recovery_codes(by: SignedIn, *, at: datetime) -> list[str]:
    """Ten new ones; those before stop working. Raises Refused without a second factor."""
    await demand_proof(by, at=at)
    if (await factor_state(by.id or 0))["since"] is None:
        raise Refused(_("Set up an app first."))
    async with transaction():
        await record("recovery_codes_made", by=by, at=at)
        return await new_recovery_codes(by.id or 0)


async def _renewed(by: SignedIn, *, ends_others: bool, at: datetime) -> str:
    if ends_others:
        await end_other_sessions(by=by, at=at)
    return await renew_session(by.session_id or 0, at=at)
