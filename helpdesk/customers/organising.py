"""Organisations and the mail domains whose people belong to them."""

import re
from datetime import datetime
from typing import Any

from helpdesk.customers.finding import give_domain
from helpdesk.customers.holding import hold_unless_merged
from helpdesk.customers.listing import list_organisations
from helpdesk.customers.tables import MergedKind, Organisation, OrganisationDomain
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Conflict, Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import normalise, sort_key
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand

_DOMAIN = re.compile(r"(?=.{1,253}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W_]([\w-]{0,61}[^\W_])?", re.UNICODE)

_TOLD = ("name", "shares_requests", "domains")
"""What decides who belongs there and whose requests they see: written into the audit log."""


async def organisation_profile(organisation_id: int) -> dict[str, Any]:
    """The organisation with its `domains`; raises NotFound."""
    found = await list_organisations(only=organisation_id, limit=1)
    if not found:
        raise NotFound(_("There is no such organisation."))
    return found[0]


async def save_organisation(
    organisation_id: int | None, *, by: SignedIn, at: datetime, seen: dict[str, Any] | None = None, **values: Any
) -> int:
    """Add or change an organisation and return its id: `name`, `language` ("" or None for none), `notes`,
    `shares_requests`, and `domains`, all of its domains from now on; what is not given stays.

    `seen` is what the person looked at: only what differs from it is set, and raises Conflict for each field that somebody
    else has set to something else since. People of a new domain join unless they belong to another organisation.
    Raises Invalid at the field, NotFound.
    """
    demand(by, "change")
    values = _checked(values)
    before: dict[str, Any] = {}
    async with transaction():
        if organisation_id is None:
            organisation = Organisation(created_at=at)
        else:
            await hold_unless_merged(MergedKind.ORGANISATION, organisation_id)
            organisation, before = await _standing(organisation_id), await organisation_profile(organisation_id)
            if seen is not None:
                values = _changes(values, _checked(seen), before)
        for name in ("name", "language", "notes", "shares_requests"):
            if name in values:
                setattr(organisation, name, values[name])
        organisation.sort_key, organisation.words = sort_key(organisation.name), normalise(organisation.name)
        await organisation.save()
        if "domains" in values:
            await _set_domains(organisation, set(values["domains"]))
        told = {name: value for name, value in values.items() if name in _TOLD}
        if changes := differences(before, told):
            kind = "organisation_changed" if before else "organisation_added"
            about = About("organisation", organisation.id, organisation.name)
            await record(kind, by=by, at=at, about=about, changes=changes)
    return organisation.id


async def delete_organisation(organisation_id: int, *, by: SignedIn) -> None:
    """Delete an organisation that has neither people nor tickets, with its domains; raises Invalid, NotFound."""
    demand(by, "change")
    async with transaction():
        await hold_unless_merged(MergedKind.ORGANISATION, organisation_id)
        found = await rows(
            """SELECT o.name, EXISTS (SELECT FROM hd_customer WHERE organisation = o.id) OR EXISTS (SELECT FROM hd_ticket WHERE organisation = o.id)
                OR EXISTS (SELECT FROM hd_organisation WHERE merged_into = o.id) AS is_used
            FROM hd_organisation o WHERE o.id = {} FOR UPDATE""",
            organisation_id,
        )  # fmt: skip
        if not found:
            raise NotFound(_("There is no such organisation."))
        if found[0]["is_used"]:
            raise Invalid(
                organisation=_(
                    "It still has people, tickets or merged organisations. Merge it into another one instead."
                )
            )
        await rows("DELETE FROM hd_organisation WHERE id = {}", organisation_id)
        await record("organisation_deleted", by=by, about=About("organisation", organisation_id, found[0]["name"]))


async def _standing(organisation_id: int) -> Organisation:
    found = await Organisation.objects().where(Organisation.id == organisation_id).lock_rows("UPDATE").first()
    if found is None:
        raise NotFound(_("There is no such organisation."))
    if found.merged_into:
        raise Invalid(name=_("This organisation was merged into another one. Change that one instead."))
    return found


def _changes(values: dict[str, Any], seen: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    changes = {name: value for name, value in values.items() if value != seen.get(name)}
    if conflicts := {
        name: (stored[name], value) for name, value in changes.items() if stored[name] not in (seen.get(name), value)
    }:
        raise Conflict(**conflicts)
    return changes


async def _set_domains(organisation: Organisation, wanted: set[str]) -> None:
    await lock("domains")
    has = {
        row["domain"]
        for row in await OrganisationDomain.select(OrganisationDomain.domain).where(
            OrganisationDomain.organisation == organisation.id
        )
    }
    if gone := has - wanted:
        await OrganisationDomain.delete().where(OrganisationDomain.domain.is_in(sorted(gone)))
    for domain in sorted(wanted - has):
        if await OrganisationDomain.exists().where(OrganisationDomain.domain == domain):
            raise Invalid(domains=_("%(domain)s belongs to another organisation.") % {"domain": domain})
        await give_domain(organisation, domain)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored."""
    checked = dict(values)
    if "name" in values:
        checked["name"] = _name(values["name"])
    if "language" in values:
        checked["language"] = _language(values["language"])
    if "domains" in values:
        checked["domains"] = sorted({_normal(one) for one in values["domains"]})
    if len(values.get("notes", "")) > 20_000:
        raise Invalid(notes=_("This is too long."))
    return checked


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise Invalid(name=_("Give a name of at most 200 characters."))
    return name


def _language(language: str | None) -> str | None:
    if language and language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    return language or None


def _normal(domain: str) -> str:
    domain = domain.strip().lower().removeprefix("@").rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise Invalid(domains=_("%(domain)s is not a domain.") % {"domain": domain[:100]})
    return domain
