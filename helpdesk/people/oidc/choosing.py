"""Which provider agents sign in by, whom it brings, and whether it is the only way in."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import seal
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.oidc.metadata import Metadata, is_web_address, kept
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof
from helpdesk.people.safety_tables import OidcProvider
from helpdesk.people.tables import Role

NEW_ROLES = (Role.LIGHT_AGENT, Role.AGENT, Role.MANAGER)
"""What those who come uninvited may become: administrators are made by hand."""
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_AUDITED = (
    "name",
    "issuer",
    "client_id",
    "domains",
    "new_role",
    "brings_factor",
    "is_on",
    "is_only_way",
    "break_glass",
)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator enters. `client_secret` is "" to keep the one that is there, `new_role` "" for only the
    invited, `break_glass` the administrator whose password works even when the provider is the only way in."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = ""
    domains: list[str] = []
    new_role: str = ""
    brings_factor: bool = False
    is_on: bool = False
    is_only_way: bool = False
    break_glass: int | None = None

    def __repr__(self) -> str:
        return f"Choice({self.issuer})"


async def way_in() -> dict[str, object] | None:
    """The provider that agents may sign in by: `name`, `is_only_way`, and `leave_url`, where one signs out of it, or "";
    None when there is none."""
    found = await rows("SELECT name, is_only_way, client_id, metadata FROM hd_oidc_provider WHERE is_on")
    if not found:
        return None
    said: Metadata | None = kept(found[0]["metadata"])
    leave_url = said.leave_url(found[0]["client_id"], to=f"{settings().base_url}/console/sign-in") if said else ""
    return {"name": found[0]["name"], "is_only_way": found[0]["is_only_way"], "leave_url": leave_url}


async def the_provider() -> OidcProvider | None:
    return await OidcProvider.objects().first()


def redirect_url() -> str:
    """Where the provider sends people back to; it is to be registered there."""
    return f"{settings().base_url}/console/sign-in/provider/callback"


async def choose(choice: Choice, *, by: SignedIn, at: datetime) -> None:
    """Sign in by this provider from now on. Raises Refused, ProofNeeded, and Invalid at the field.

    Another issuer or client has to be tried anew before it can be the only way in. Who is signed in stays so.
    """
    demand(by, "manage_security")
    await demand_proof(by, at=at)
    async with transaction():
        await lock("oidc")
        before = await the_provider() or OidcProvider(name="", issuer="", client_id="", client_secret="", new_role="")
        is_same = (before.issuer, before.client_id) == (choice.issuer, choice.client_id)
        await _check(choice, before, is_same=is_same)
        audited = {name: getattr(before, name) for name in _AUDITED} | {"client_secret": ""}
        if not is_same:
            before.metadata = before.keys = ""
            before.asked_at = before.keys_at = before.tested_at = None
            await rows("DELETE FROM hd_oidc_visit")  # a code is for whom it was asked of, not for this one
        for name in _AUDITED:
            setattr(before, name, getattr(choice, name))
        if choice.client_secret or not is_same:
            before.client_secret, before.tested_at = seal(choice.client_secret), None
        await before.save()
        after = {name: getattr(choice, name) for name in (*_AUDITED, "client_secret")}
        await _record(by, choice.name, differences(audited, after, secret=["client_secret"]), at=at)


async def remove(*, by: SignedIn, at: datetime) -> None:
    """Passwords are the way in again; who is who at the provider is remembered, in case it comes back."""
    demand(by, "manage_security")
    await demand_proof(by, at=at)
    async with transaction():
        await lock("oidc")
        gone = await rows("DELETE FROM hd_oidc_provider RETURNING name, issuer")
        if gone:
            await _record(by, gone[0]["name"], {"issuer": (gone[0]["issuer"], None)}, at=at)


async def identities_of(agent_id: int) -> list[dict[str, Any]]:
    """Who the agent is at which provider: `issuer` and `since`."""
    return await rows("SELECT issuer, since FROM hd_oidc_identity WHERE agent = {} ORDER BY id", agent_id)


async def forget_identities(agent_id: int, *, by: SignedIn, at: datetime) -> None:
    """The next who comes from the provider with the agent's address is them: after they were given a new account there."""
    demand(by, "manage_agents")
    await demand_proof(by, at=at)
    async with transaction():
        found = await rows("SELECT name FROM hd_agent WHERE id = {}", agent_id)
        if not found:
            raise NotFound(_("There is no such agent."))
        gone = await rows("DELETE FROM hd_oidc_identity WHERE agent = {} RETURNING issuer", agent_id)
        if gone:
            about = About("agent", agent_id, found[0]["name"])
            changes = {"issuer": (", ".join(one["issuer"] for one in gone), None)}
            await record("oidc_unlinked", by=by, at=at, about=about, changes=changes)


async def _record(by: SignedIn, name: str, changes: dict[str, tuple[Any, Any]], *, at: datetime) -> None:
    if changes:
        await record("oidc_changed", by=by, at=at, about=About("oidc", None, name), changes=changes)


async def _check(choice: Choice, before: OidcProvider, *, is_same: bool) -> None:
    faults = {}
    if not 0 < len(choice.name) <= 100:
        faults["name"] = _("Give a name of at most 100 characters.")
    if not is_web_address(choice.issuer) or len(choice.issuer) > 500 or urlsplit(choice.issuer).query:
        faults["issuer"] = _("Give an address that begins with https://.")
    if not 0 < len(choice.client_id) <= 300:
        faults["client_id"] = _("Give the client ID that the provider shows.")
    if len(choice.client_secret) > 1000:
        faults["client_secret"] = _("Use at most 1000 characters.")
    if not is_same and before.client_secret and not choice.client_secret:
        faults["client_secret"] = _("Enter the secret again: it is not sent to another place than it was for.")
    if wrong := [one for one in choice.domains if not _DOMAIN.fullmatch(one) or len(one) > 255]:
        faults["domains"] = _("%(domain)s is no domain. Write them like example.com.") % {"domain": wrong[0][:100]}
    if choice.new_role not in ("", *NEW_ROLES):
        faults["new_role"] = _("Choose one of the list.")
    elif choice.new_role and not choice.domains:
        faults["domains"] = _("Say whose addresses may become agents, or anybody with an account there could.")
    if choice.is_only_way and not choice.is_on:
        faults["is_only_way"] = _("Turn the provider on first.")
    elif choice.is_only_way and not (before.tested_at and is_same and not choice.client_secret):
        faults["is_only_way"] = _("Save it without this and sign in for a trial first, so that nobody is locked out.")
    if choice.break_glass is not None and not await _is_admin(choice.break_glass):
        faults["break_glass"] = _("Choose one of the list.")
    if faults:
        raise Invalid(**faults)


async def _is_admin(agent_id: int) -> bool:
    return bool(await rows(
        "SELECT FROM hd_agent WHERE id = {} AND role = 'admin' AND deactivated_at IS NULL", agent_id
    ))  # fmt: skip
