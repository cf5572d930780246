"""Organisations and the mail domains whose people belong to them."""

import re
from datetime import datetime

from helpdesk.customers.finding import give_domain
from helpdesk.customers.tables import Organisation, OrganisationDomain
from helpdesk.kernel.database import lock, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import normalise, sort_key
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

_DOMAIN = re.compile(r"(?=.{1,253}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W_]([\w-]{0,61}[^\W_])?", re.UNICODE)


async def save_organisation(
    organisation_id: int | None, *, by: SignedIn, at: datetime, name: str | None = None, notes: str | None = None,
    domains: list[str] | None = None, language: str | None = None,
) -> int:  # fmt: skip
    """Add or change an organisation and return its id; what is None stays. `domains` are all of its domains from now on;
    a `language` of "" is none.

    People of a new domain join it unless they belong to another organisation. Raises Invalid at the field, NotFound.
    """
    demand(by, "change")
    async with transaction():
        if organisation_id is None:
            organisation = Organisation(created_at=at)
        else:
            found = await Organisation.objects().where(Organisation.id == organisation_id).lock_rows("UPDATE").first()
            if found is None:
                raise NotFound(_("There is no such organisation."))
            if found.merged_into:
                raise Invalid(name=_("This organisation was merged into another one. Change that one instead."))
            organisation = found
        if name is not None:
            organisation.name = _checked(name)
            organisation.sort_key = sort_key(organisation.name)
            organisation.words = normalise(organisation.name)
        if language is not None:
            organisation.language = _language(language)
        if notes is not None:
            organisation.notes = notes
        await organisation.save()
        if domains is not None:
            await _set_domains(organisation, {_normal(one) for one in domains})
    return organisation.id


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


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise Invalid(name=_("Give a name of at most 200 characters."))
    return name


def _language(language: str) -> str | None:
    if language and language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    return language or None


def _normal(domain: str) -> str:
    domain = domain.strip().lower().removeprefix("@").rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise Invalid(domains=_("%(domain)s is not a domain.") % {"domain": domain[:100]})
    return domain
