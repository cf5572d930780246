"""Who is there: agents, teams, mailboxes, organisations and customers."""

from datetime import datetime, timedelta

import msgspec

from helpdesk.channels.mailboxes import default_mailbox
from helpdesk.channels.tables import Channel
from helpdesk.customers.finding import find_or_create, give_domain
from helpdesk.customers.searching import refresh_words
from helpdesk.customers.tables import Customer, Identity, IdentityKind, Organisation
from helpdesk.demo.texts import CustomerSheet, people
from helpdesk.demo.web_forms import make_form
from helpdesk.kernel.database import transaction
from helpdesk.kernel.settings import settings
from helpdesk.kernel.text import normalise, sort_key
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import add_agent, change_preferences
from helpdesk.people.signing_in import as_agent
from helpdesk.people.tables import Agent, Installation, Role
from helpdesk.people.teams import save_team

ZONES = {"fa": "Asia/Tehran", "en": "Europe/Berlin"}


class Cast(msgspec.Struct, kw_only=True):
    """Everybody, for the telling. `teams` are their ids, `assignments` how they give tickets out; `answering` has a team's
    agents by (team, language)."""

    mailbox: Channel
    billing: Channel
    teams: dict[str, int]
    assignments: dict[str, str]
    agents: dict[str, SignedIn]
    answering: dict[tuple[str, str], list[SignedIn]]
    customers: dict[str, Customer] = {}

    @property
    def light_agent(self) -> SignedIn:
        return next(one for one in self.agents.values() if one.role == Role.LIGHT_AGENT)

    @property
    def manager(self) -> SignedIn:
        return next(one for one in self.agents.values() if one.role == Role.MANAGER)

    async def customer(self, sheet: CustomerSheet, *, at: datetime) -> Customer:
        """The customer, known since `at` if this is the first time."""
        address = sheet.emails[0]
        if address not in self.customers:
            self.customers[address] = await _get_to_know(sheet, at)
        return self.customers[address]


async def assemble(*, password_hash: str, at: datetime) -> Cast:
    """Make the agents, their teams, the mailboxes, the web form and the organisations."""
    ids = [await _hire(number, password_hash, at) for number in range(len(people().agent))]
    admin = await as_agent(ids[0])
    assert admin is not None
    teams: dict[str, int] = {}
    for team in people().team:
        members = {
            id: f"{team.key}!" in agent.teams
            for id, agent in zip(ids, people().agent, strict=True)
            if {team.key, f"{team.key}!"} & set(agent.teams)
        }
        saved = await save_team(
            None, name=team.name, is_private=team.private, member_ids=list(members),
            lead_ids=[id for id, is_lead in members.items() if is_lead], by=admin, at=at, assignment=team.assignment,
        )  # fmt: skip
        teams[team.key] = saved.id
    await Installation.update({Installation.name: people().company}, force=True)
    mailbox, billing = await _mailboxes(teams["billing"], at)
    await make_form(mailbox, by=admin, at=at)
    for organisation in people().organisation:
        made = Organisation(
            name=organisation.name,
            sort_key=sort_key(organisation.name),
            words=normalise(organisation.name),
            notes=organisation.notes,
            created_at=at,
        )
        await made.save()
        await give_domain(made, organisation.domain)
    agents = [one for id in ids if (one := await as_agent(id))]
    return Cast(
        mailbox=mailbox, billing=billing, teams=teams, assignments={team.key: team.assignment for team in people().team},
        agents={one.email: one for one in agents},
        answering=_answering(agents, teams),
    )  # fmt: skip


async def _hire(number: int, password_hash: str, at: datetime) -> int:
    sheet = people().agent[number]
    agent = await add_agent(email=sheet.email, name=sheet.name, role=sheet.role, language=sheet.language, at=at)
    await change_preferences(
        agent.id,
        name=sheet.name,
        language=sheet.language,
        time_zone=sheet.zone,
        theme=sheet.theme,
        signature=sheet.signature,
    )
    await Agent.update({Agent.password_hash: password_hash}).where(Agent.id == agent.id)
    return agent.id


async def _mailboxes(billing_team: int, at: datetime) -> tuple[Channel, Channel]:
    """The first mailbox, with the company's signature, and one of the billing team's own."""
    first = await default_mailbox()
    assert first is not None, "the migration made it"
    first.signature = people().signature
    await first.save()
    billing = Channel(
        name="Billing", address=f"billing@{settings().mail_domain}".lower(), team=billing_team, signature=people().signature,
        language=settings().default_language, created_at=at,
    )  # fmt: skip
    await billing.save()
    return first, billing


async def _get_to_know(sheet: CustomerSheet, at: datetime) -> Customer:
    known_since = at - timedelta(minutes=1)
    customer = await find_or_create(sheet.emails[0], sheet.name, language=sheet.language, at=known_since)
    customer.notes, customer.time_zone = sheet.notes, ZONES[sheet.language]
    await customer.save([Customer.notes, Customer.time_zone])
    further = [(IdentityKind.EMAIL, one) for one in sheet.emails[1:]]
    further += [(IdentityKind.PHONE, sheet.phone)] if sheet.phone else []
    if further:
        await Identity.insert(*(
            Identity(customer=customer.id, kind=kind, value=value, created_at=known_since) for kind, value in further
        ))  # fmt: skip
        async with transaction():
            await refresh_words(customer.id)
    return customer


def _answering(agents: list[SignedIn], teams: dict[str, int]) -> dict[tuple[str, str], list[SignedIn]]:
    """Who answers a team's customers in a language: the team's agents, else any who speak it."""
    sheets = {sheet.email: sheet for sheet in people().agent}
    found: dict[tuple[str, str], list[SignedIn]] = {}
    for key, team in teams.items():
        for language in ZONES:
            able = [one for one in agents if language in sheets[one.email].answers]
            members = [one for one in able if team in one.team_ids]
            found[key, language] = sorted(members or able, key=lambda one: one.role != Role.AGENT)
    return found
