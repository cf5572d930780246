"""Whether sign-in by the provider works: what can be seen without anybody signing in, then by a trial."""

from datetime import datetime
from typing import Literal

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import open_sealed
from helpdesk.kernel.tokens import new_token
from helpdesk.people.actor import SignedIn
from helpdesk.people.oidc.asking import Client, WrongClient, discover, fetch_keys, redeem
from helpdesk.people.oidc.choosing import redirect_url, the_provider
from helpdesk.people.oidc.metadata import Metadata, NotGiven
from helpdesk.people.oidc.visiting import Return
from helpdesk.people.permissions import demand
from helpdesk.people.safety_tables import OidcProvider


class Finding(msgspec.Struct, frozen=True):
    """One sentence, and what to do about it."""

    level: Literal["ok", "warning", "problem"]
    text: str
    advice: str = ""


async def try_provider(*, by: SignedIn) -> list[Finding]:
    """What works and what does not, step by step; takes some seconds at most."""
    demand(by, "manage_security")
    provider = await the_provider()
    if provider is None:
        raise NotFound(_("There is no sign-in by a provider here."))
    found: list[Finding] = []
    try:
        said = await discover(provider.issuer)
        found.append(Finding("ok", _("The provider describes itself at its address.")))
        await fetch_keys(said)
        found.append(Finding("ok", _("It gives the keys that its tokens are signed with.")))
        found += [*_abilities(said), await _client(provider, said)]
    except NotGiven as error:
        found.append(Finding("problem", str(error), error.advice))
    return found


async def note_trial(back: Return, *, by: SignedIn, at: datetime) -> list[Finding]:
    """What it says of somebody who came back; if that would let them in, this provider may be the only way in."""
    demand(by, "manage_security")
    claims = back.claims
    await rows(
        """UPDATE hd_oidc_provider SET tested_at = {} WHERE id = {} AND issuer = {} AND client_id = {}
            AND ({} OR EXISTS (SELECT FROM hd_oidc_identity i WHERE i.issuer = {} AND i.subject = {}))""",
        at, back.provider.id, back.provider.issuer, back.provider.client_id, bool(claims.email) and claims.is_verified,
        claims.issuer, claims.subject,
    )  # fmt: skip
    found = [Finding("ok", _("The trial worked: the provider let you go there and come back."))]
    if not claims.email:
        found.append(
            Finding("problem", _("It does not give your address."), _("Permit the helpdesk the scope email there."))
        )
    elif not claims.is_verified:
        found.append(Finding(
            "problem", _("It gives your address, %(email)s, but does not say that it is verified.") % {"email": claims.email},
            _("Let it send the claim email_verified: without it, nobody can sign in for the first time."),
        ))  # fmt: skip
    else:
        found.append(Finding("ok", _("It knows you as %(email)s, verified.") % {"email": claims.email}))
    if claims.signed_in_at is None:
        found.append(Finding(
            "warning", _("It does not say when you signed in there (auth_time)."),
            _("So important changes cannot be confirmed by signing in again; a code or a password still can."),
        ))  # fmt: skip
    return found


def _abilities(said: Metadata) -> list[Finding]:
    if "code" not in said.response_types_supported:
        return [Finding("problem", _("It does not offer the authorisation code flow, the only one used here."))]
    if said.code_challenge_methods_supported and "S256" not in said.code_challenge_methods_supported:
        return [Finding("warning", _("It does not say that it checks PKCE with S256; it is sent all the same."))]
    return []


async def _client(provider: OidcProvider, said: Metadata) -> Finding:
    """A code that nobody gave: who we are is checked before it, so the error tells whether we are known."""
    client = Client(provider.client_id, open_sealed(provider.client_secret))
    try:
        await redeem(said, client, code=new_token(), verifier=new_token(), redirect_url=redirect_url())
    except WrongClient as error:
        return Finding("problem", str(error), error.advice)
    except NotGiven:
        return Finding("ok", _("It knows the client ID and the secret."))
    return Finding("warning", _("It took a code that nobody gave. Ask who runs it."))
