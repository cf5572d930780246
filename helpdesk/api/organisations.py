"""/organisations and their mail domains."""

from typing import Annotated

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Limit,
    Line,
    Moment,
    Notes,
    PathId,
    Word,
    id_from_cursor,
    page,
    set_fields,
)
from helpdesk.customers.listing import list_organisations
from helpdesk.customers.organising import save_organisation
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now

Domains = Annotated[list[Annotated[str, Meta(min_length=3, max_length=255, pattern=WITHOUT_NUL)]], Meta(max_length=200)]


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """People with an address in one of the `domains` belong to it."""

    id: int
    name: str
    notes: str
    domains: list[str]
    created_at: Moment


class OrganisationPage(msgspec.Struct, frozen=True):
    items: list[Organisation]
    next: str | None


class NewOrganisation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: Line
    notes: Notes = ""
    domains: Domains = []


class OrganisationPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`domains` are all of its domains from now on."""

    name: Line | UnsetType = UNSET
    notes: Notes | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET


@get("/organisations", tags=["customers"])
async def search_organisations(
    agent: Caller,
    q: Annotated[Word, QueryParameter(description="A part of the name.")] = None,
    domain: Annotated[Word, QueryParameter(description="The one that owns this mail domain.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OrganisationPage:
    """Organisations, the oldest first."""
    found = await list_organisations(q=q, domain=domain, after_id=id_from_cursor(cursor), limit=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    return OrganisationPage(msgspec.convert(shown, list[Organisation]), following)


@post("/organisations", tags=["customers"], responses=problems(403))
async def create_organisation(data: JSONBody[NewOrganisation], agent: Caller) -> Organisation:
    """Add an organisation; people of its domains join it unless they belong to another."""
    async with transaction():
        return await _one(await save_organisation(None, by=agent, at=now(), **set_fields(data)))


@get("/organisations/{organisation_id:int}", tags=["customers"], responses=problems(404))
async def read_organisation(organisation_id: PathId, agent: Caller) -> Organisation:
    """One organisation."""
    return await _one(organisation_id)


@patch("/organisations/{organisation_id:int}", tags=["customers"], responses=problems(403, 404))
async def update_organisation(
    organisation_id: PathId, data: JSONBody[OrganisationPatch], agent: Caller
) -> Organisation:
    """Change what is sent."""
    return await _one(await save_organisation(organisation_id, by=agent, at=now(), **set_fields(data)))


async def _one(organisation_id: int) -> Organisation:
    found = await list_organisations(only=organisation_id, limit=1)
    if not found:
        raise NotFound(_("There is no such organisation."))
    return msgspec.convert(found[0], Organisation)
