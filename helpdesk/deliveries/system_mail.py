"""Mails of the helpdesk itself to its agents: invitations, new passwords, alarms."""

from datetime import datetime

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import Delivery, DeliveryKind
from helpdesk.kernel.database import transaction
from helpdesk.kernel.language import N_, _, digits, ngettext, speaking
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import add_agent
from helpdesk.people.auditing import About, record
from helpdesk.people.installing import this_installation
from helpdesk.people.links import INVITATION, PASSWORD, make_link
from helpdesk.people.oidc import way_in
from helpdesk.people.only_way import has_passwords
from helpdesk.people.own_safety import ask_for_address
from helpdesk.people.proving import demand_proof
from helpdesk.people.tables import Agent, Role

CHANGES = {
    "password": N_("Your password was changed."),
    "address": N_("Your address was changed; mails go to the new one from now on."),
    "factor_added": N_("A second factor was set up: signing in asks for a code of your app."),
    "factor_removed": N_("Your second factor was removed: signing in asks for the password alone."),
    "linked": N_("You signed in with the provider for the first time: its account opens yours from now on."),
    "factor_reset": N_(
        "An administrator reset your second factor and signed you out. Set up a new one when you sign in."
    ),
}


async def invite(*, email: str, name: str, role: str, language: str, by: SignedIn, at: datetime) -> tuple[Agent, str]:
    """Add an agent and mail them a link to choose a password; the link is returned too, for when mail does not work yet."""
    async with transaction():
        agent = await add_agent(email=email, name=name, role=role, language=language, by=by, at=at)
        link = await send_invitation(agent, by=by, at=at)
    return agent, link


async def send_invitation(agent: Agent, *, by: SignedIn, at: datetime) -> str:
    """Mail a link to choose a password; an older one stops working. Raises ProofNeeded: the link opens the account.

    Where a provider is the only way in, it leads to the sign-in.
    """
    await demand_proof(by, at=at)
    provider = await way_in()
    async with transaction():
        await record("agent_invited", by=by, at=at, about=About("agent", agent.id, agent.name))
        with speaking(agent.language):
            if provider and provider["is_only_way"]:
                link = f"{settings().base_url}/console/sign-in"
                text = _(
                    "Hello %(name)s,\n\n%(inviter)s invites you to answer customers. Sign in here with %(provider)s:\n\n%(link)s"
                )
            else:
                link = await make_link(INVITATION, agent.id, at=at)
                text = _(
                    "Hello %(name)s,\n\n%(inviter)s invites you to answer customers. Choose a password here within 7 days:\n\n%(link)s"
                )
            said = {"name": agent.name, "inviter": by.name, "link": link, "provider": provider and provider["name"]}
            await _write(agent, _("Your invitation to the helpdesk"), text % said, at=at)
    return link


async def mail_new_password_link(email: str, *, at: datetime) -> None:
    """Mail a link to set a new password, if there is such an agent who can have one; nobody learns which."""
    agent = await Agent.objects().where(Agent.email == email.strip().lower(), Agent.deactivated_at.is_null()).first()
    if agent is None or not await has_passwords(agent.id):
        return
    async with transaction():
        link = await make_link(PASSWORD, agent.id, at=at)
        with speaking(agent.language):
            await _write(agent, _("A new password for the helpdesk"), _(
                "Hello %(name)s,\n\nSomebody, probably you, asked for a new password. Choose it here within 30 minutes:\n\n%(link)s\n\n"
                "If it was not you, you need do nothing."
            ) % {"name": agent.name, "link": link}, at=at)  # fmt: skip


async def mail_address_link(by: SignedIn, email: str, *, at: datetime) -> None:
    """Mail the link that proves a new address of the agent there; raises Invalid(email=…), and ProofNeeded."""
    async with transaction():
        link = await ask_for_address(by, email, at=at)
        with speaking(by.language):
            await _write_to(Address(by.name, email), _("Your new address for the helpdesk"), _(
                "Hello %(name)s,\n\nConfirm here within 30 minutes that this is your address:\n\n%(link)s\n\n"
                "If you know nothing of it, you need do nothing."
            ) % {"name": by.name, "link": link}, language=by.language, at=at)  # fmt: skip


async def tell_of_change(agent_id: int, what: str, *, at: datetime, address: str = "") -> None:
    """Mail the agent what has changed of their way in (a key of CHANGES), at the address they have or had (ASVS 6.3.7)."""
    async with transaction():
        agent = await Agent.objects().get(Agent.id == agent_id)
        if agent is None:
            return
        with speaking(agent.language):
            await _write_to(Address(agent.name, address or agent.email), _("Your account at the helpdesk has changed"), _(
                "Hello %(name)s,\n\n%(what)s\n\nIf it was not you, tell an administrator at once:\n\n%(link)s"
            ) % {"name": agent.name, "what": _(CHANGES[what]), "link": f"{settings().base_url}/console/account"},
                language=agent.language, at=at)  # fmt: skip


async def tell_of_gap(channel_id: int, address: str, mails: int, *, at: datetime) -> None:
    """Mail the administrators that mails of a fetched mailbox had been missed."""
    async with transaction():
        for agent in await Agent.objects().where(Agent.role == Role.ADMIN, Agent.deactivated_at.is_null()):
            with speaking(agent.language):
                await _write(agent, _("Mails had been missed"), ngettext(
                    "Hello %(name)s,\n\nThe nightly comparison with the mail server found %(number)s mail to %(mailbox)s that had not been taken in. "
                    "It is being fetched now:\n\n%(link)s",
                    "Hello %(name)s,\n\nThe nightly comparison with the mail server found %(number)s mails to %(mailbox)s that had not been taken in. "
                    "They are being fetched now:\n\n%(link)s",
                    mails,
                ) % {
                    "name": agent.name, "number": digits(mails), "mailbox": address,
                    "link": f"{settings().base_url}/console/channels/{channel_id}",
                }, at=at)  # fmt: skip


async def _write(agent: Agent, subject: str, text: str, *, at: datetime) -> Delivery:
    return await _write_to(Address(agent.name, agent.email), subject, text, language=agent.language, at=at)


async def _write_to(to: Address, subject: str, text: str, *, language: str, at: datetime) -> Delivery:
    installation = await this_installation()
    mail = OutgoingMail(
        from_=Address(installation.name, ""), to=(to,), subject=subject, date=at, message_id="",
        language=language, text=text, automatic="auto-generated", instance_id=str(installation.instance_id),
    )  # fmt: skip
    return await queue(Letter(mail), kind=DeliveryKind.SYSTEM, channel=None, not_before=at, at=at)
