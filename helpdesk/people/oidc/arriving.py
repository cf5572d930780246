"""Who somebody from the provider is here: by the subject that it knows them by, and once by their address."""

from datetime import UTC, datetime, timedelta

import msgspec

from helpdesk.kernel.database import lock, objects
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.language import _
from helpdesk.people.actor import Actor, SignedIn
from helpdesk.people.admitting import Admission, Visitor, admit
from helpdesk.people.agents import add_agent, is_address
from helpdesk.people.auditing import NOTHING, About, record
from helpdesk.people.oidc.id_tokens import SKEW, Claims
from helpdesk.people.oidc.visiting import Return
from helpdesk.people.proving import note_proof
from helpdesk.people.safety_tables import OidcIdentity, OidcProvider
from helpdesk.people.tables import Agent


class NotLetIn(HelpdeskError):
    """Why somebody whom the provider knows is not let in here, in a sentence that says what to do; `why` for the log."""

    def __init__(self, why: str, message: str, about: About = NOTHING) -> None:
        super().__init__(message)
        self.why, self.about = why, about


class Arrival(msgspec.Struct, frozen=True):
    """A session, or the second step where the provider asks for no factor itself."""

    admission: Admission
    linked: int | None
    """The agent, when they came from the provider for the first time: they are to be told."""


async def let_in(back: Return, visitor: Visitor, *, at: datetime) -> Arrival:
    """In the caller's transaction. Raises NotLetIn: nothing is left of it then, and the caller writes it down (`admitting.refused`)."""
    await lock("oidc")
    provider = await _as_it_is_now(back.provider)
    identity = await _identity(back.claims)
    agent = await (_agent_of(identity) if identity else _link(back.claims, provider, at=at))
    _demand_active(agent)
    admission = await admit(agent.id, visitor, method="oidc", at=at, has_shown_two=provider.brings_factor)
    return Arrival(admission, None if identity else agent.id)


async def prove_by_provider(back: Return, *, by: SignedIn, at: datetime) -> str:
    """They signed in there anew, as themselves: the session's new token. Raises NotLetIn."""
    await _as_it_is_now(back.provider)
    identity = await _identity(back.claims)
    fault = None
    if identity is None or identity.agent != by.id:
        fault = NotLetIn("another account", _("At the provider you are somebody else. Sign in there as yourself."))
    elif back.claims.signed_in_at is None:
        fault = NotLetIn("no auth_time", _(
            "The provider does not say when you signed in there, so it proves nothing. Use a code or your password, or sign out and in again."
        ))  # fmt: skip
    elif datetime.fromtimestamp(back.claims.signed_in_at, UTC) < back.begun_at - timedelta(seconds=SKEW):
        fault = NotLetIn(
            "signed in before", _("The provider did not ask you again. Sign out there, and try once more.")
        )
    if fault:
        await record("proof_refused", by=by, at=at, changes={"why": (None, fault.why)})
        raise fault
    return await note_proof(by, method="oidc", at=at)


async def _as_it_is_now(provider: OidcProvider) -> OidcProvider:
    """An administrator may have turned it off or changed it while somebody was there. Raises NotLetIn when it counts no more."""
    found = await objects(
        OidcProvider, "WHERE id = {} AND issuer = {} AND client_id = {} AND is_on",
        provider.id, provider.issuer, provider.client_id,
    )  # fmt: skip
    if not found:
        raise NotLetIn("provider turned off", _("There is no sign-in by a provider here."))
    return found[0]


async def _agent_of(identity: OidcIdentity) -> Agent:
    [agent] = await objects(Agent, "WHERE id = {}", identity.agent)
    return agent


async def _link(claims: Claims, provider: OidcProvider, *, at: datetime) -> Agent:
    """The agent whose address it is, or a new one: known by their subject from now on."""
    _check_address(claims, provider)
    agent = await Agent.objects().get(Agent.email == claims.email) or await _newcomer(claims, provider, at=at)
    _demand_active(agent)
    if await OidcIdentity.exists().where(OidcIdentity.agent == agent.id, OidcIdentity.issuer == claims.issuer):
        raise NotLetIn("another subject", _(
            "This address belongs to somebody who signed in with another account at the provider. An administrator can take that link away on the agent's page."
        ), _about(agent))  # fmt: skip
    await OidcIdentity(agent=agent.id, issuer=claims.issuer, subject=claims.subject, since=at).save()
    by = Actor(kind="agent", id=agent.id, name=agent.name)
    await record("oidc_linked", by=by, at=at, about=_about(agent), changes={"issuer": (None, claims.issuer)})
    return agent


def _check_address(claims: Claims, provider: OidcProvider) -> None:
    """The first time the address says who it is: so it must be one that the provider has made sure of."""
    if not is_address(claims.email):
        raise NotLetIn("no address", _(
            "The provider does not give your address. An administrator can permit the helpdesk the scope email there."
        ))  # fmt: skip
    if not claims.is_verified:
        raise NotLetIn("address not verified", _(
            "The provider has not verified your address (email_verified). Confirm it there, or ask an administrator of the provider."
        ))  # fmt: skip
    if provider.domains and claims.email.rpartition("@")[2] not in provider.domains:
        raise NotLetIn("domain not allowed", _(
            "Addresses of %(domain)s may not sign in here. Choose another account at the provider, or ask an administrator."
        ) % {"domain": claims.email.rpartition("@")[2]})  # fmt: skip


async def _newcomer(claims: Claims, provider: OidcProvider, *, at: datetime) -> Agent:
    if not provider.new_role:
        raise NotLetIn("not invited", _(
            "Nobody with the address %(email)s works here yet. Ask an administrator to invite you."
        ) % {"email": claims.email})  # fmt: skip
    by = Actor(kind="system", name=provider.name)
    name = claims.name[:200] or claims.email.partition("@")[0]
    return await add_agent(email=claims.email, name=name, role=provider.new_role, by=by, at=at)


def _demand_active(agent: Agent) -> None:
    if agent.deactivated_at is not None:
        raise NotLetIn(
            "deactivated", _("Your account here is deactivated. Ask an administrator if you need it."), _about(agent)
        )


async def _identity(claims: Claims) -> OidcIdentity | None:
    return await OidcIdentity.objects().get(
        (OidcIdentity.issuer == claims.issuer) & (OidcIdentity.subject == claims.subject)
    )


def _about(agent: Agent) -> About:
    return About("agent", agent.id, agent.name)
