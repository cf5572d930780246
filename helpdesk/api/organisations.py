"""/organisations and their mail domains."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.customers import Language, MergePage, Side, left_to_a_worker, merge_page, undo_one
from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Id,
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
from helpdesk.customers.organising import delete_organisation, save_organisation
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.profiles.merging import Side as MergeSide
from helpdesk.profiles.merging_many import merge_many

Domains = Annotated[list[Annotated[str, Meta(min_length=3, max_length=255, pattern=WITHOUT_NUL)]], Meta(max_length=200)]


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """People with an address in one of the `domains` belong to it."""

    id: int
    name: str
    notes: str
    domains: list[str]
    language: str | None
    shares_requests: bool
    """Its people see each other's requests in the portal."""
    created_at: Moment
    merged_into: int | None


class OrganisationPage(msgspec.Struct, frozen=True):
    items: list[Organisation]
    next: str | None


class NewOrganisation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: Line
    notes: Notes = ""
    domains: Domains = []
    language: Language | None = None
    shares_requests: bool = False


class OrganisationPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`domains` are all of its domains from now on."""

    name: Line | UnsetType = UNSET
    notes: Notes | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET
    language: Language | UnsetType | None = UNSET
    shares_requests: bool | UnsetType = UNSET


class OrganisationMerging(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`other` is merged into this one. `keep` says whose value of a field stays; otherwise this one's, where it has any."""

    other: Id
    keep: dict[Literal["name", "language", "notes"], Side] = {}


@get("/organisations", tags=["customers"])
async def search_organisations(
    agent: Caller,
    q: Annotated[Word, QueryParameter(description="Words: parts of the name, or how a domain begins.")] = None,
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


@delete("/organisations/{organisation_id:int}", tags=["customers"], responses=problems(403, 404))
async def remove_organisation(organisation_id: PathId, agent: Caller) -> None:
    """Delete an organisation without people and tickets; merge others."""
    await delete_organisation(organisation_id, by=agent)


@get("/organisations/{organisation_id:int}/merges", tags=["customers"], responses=problems(404))
async def get_organisation_merges(organisation_id: PathId, agent: Caller) -> MergePage:
    """What was merged into this organisation and is still, the last first."""
    await _one(organisation_id)
    return await merge_page(MergedKind.ORGANISATION, organisation_id)


@post(
    "/organisations/{organisation_id:int}/merge", tags=["customers"],
    responses=problems(403, 404) | left_to_a_worker(Organisation),
)  # fmt: skip
async def merge_organisation(
    organisation_id: PathId, data: JSONBody[OrganisationMerging], agent: Caller
) -> Response[Organisation]:
    """Take over the people, domains and tickets of the other one. It can be undone."""
    chosen: dict[str, MergeSide] = {**data.keep}
    is_done = await merge_many(MergedKind.ORGANISATION, organisation_id, data.other, by=agent, at=now(), chosen=chosen)
    return Response(await _one(organisation_id), status_code=201 if is_done else 202)


@delete(
    "/organisations/{organisation_id:int}/merges/{merge_id:int}", tags=["customers"],
    responses=problems(403, 404) | left_to_a_worker(MergePage),
)  # fmt: skip
async def undo_organisation_merge(organisation_id: PathId, merge_id: PathId, agent: Caller) -> Response[None]:
    """Part the two again."""
    return await undo_one(MergedKind.ORGANISATION, organisation_id, merge_id, agent)


async def _one(organisation_id: int) -> Organisation:
    found = await list_organisations(only=organisation_id, limit=1)
    if not found:
        raise NotFound(_("There is no such organisation."))
    return msgspec.convert(found[0], Organisation)
