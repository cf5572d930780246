"""/customers and their identities."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Email,
    Id,
    Limit,
    Line,
    Moment,
    Notes,
    OptionalLine,
    PathId,
    Word,
    id_from_cursor,
    page,
    set_fields,
)
from helpdesk.customers.editing import (
    add_customer,
    add_identity,
    change_customer,
    make_primary,
    remove_identity,
    verify,
)
from helpdesk.customers.listing import list_customers
from helpdesk.customers.noting import LONGEST, add_note, list_notes, remove_note
from helpdesk.customers.tables import IdentityKind, MergedKind
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.profiles.merging import Side as MergeSide
from helpdesk.profiles.merging import merges_of
from helpdesk.profiles.merging_many import asked_of, merge_many, undo_many

Language = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^[a-z-]*$")]
Phone = Annotated[str, Meta(min_length=5, max_length=40, pattern=r"^[^\x00]*$")]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach and to recognise a customer: a lower-case address, or a number in E.164."""

    id: int
    kind: IdentityKind
    value: str
    verified_at: Moment | None
    is_primary: bool
    """Mail and calls go there before the others of its kind; when none is, to the first."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """`email` is the primary of the addresses; answers go there unless the customer wrote from another.

    `notes` is what is true of them for long; dated notes are at `/customers/{id}/notes`. Who has `merged_into` goes on as that
    customer, and has no identities. `sees_colleagues` says whether they see the requests of their organisation in the portal;
    null: as the organisation shares them.
    """

    id: int
    name: str
    email: str | None
    identities: list[Identity]
    organisation: int | None
    language: str | None
    time_zone: str | None
    sees_colleagues: bool | None
    notes: str
    created_at: Moment
    merged_into: int | None


class CustomerPage(msgspec.Struct, frozen=True):
    items: list[Customer]
    next: str | None


class NewCustomer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Give `email` or `phone`, or both. Without `organisation` it is the one that owns the address's domain."""

    name: OptionalLine = ""
    email: Email | None = None
    phone: Phone | None = None
    organisation: Id | UnsetType | None = UNSET
    language: Language | None = None
    time_zone: Line | None = None
    sees_colleagues: bool | None = None
    notes: Notes = ""


class CustomerPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: OptionalLine | UnsetType = UNSET
    organisation: Id | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    time_zone: Line | UnsetType | None = UNSET
    sees_colleagues: bool | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET


class NewIdentity(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    kind: IdentityKind
    value: Annotated[str, Meta(min_length=3, max_length=320, pattern=r"^[^\x00]*$")]


class IdentityPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`is_primary` can only be set to true: the one that was primary is it no longer."""

    is_primary: Literal[True] | UnsetType = UNSET
    verified: bool | UnsetType = UNSET


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent told the others about a customer; `author` is null when the agent is gone."""

    id: int
    body: str
    agent: int | None
    author: str | None
    at: Moment


class NotePage(msgspec.Struct, frozen=True):
    items: list[Note]
    next: str | None


class NewNote(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    body: Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=WITHOUT_NUL)]


Side = Literal["mine", "theirs"]


class Merging(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`other` is merged into this one. `keep` says whose value of a field stays; otherwise this one's, where it has any."""

    other: Id
    keep: dict[Literal["name", "organisation", "language", "time_zone", "notes"], Side] = {}


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The id by which the merge is undone: DELETE /customers/{id}/merges/{merge}."""

    id: int
    loser: int
    name: str
    merged_at: Moment
    merged_by: str | None


class MergeAsked(msgspec.Struct, frozen=True):
    """A merge, or the undoing of one, that goes on behind the answer because more than 500 `tickets` move. Until it is done
    nothing has changed; with a `trouble` it was not done, and that says why."""

    tickets: int
    trouble: str


class MergePage(msgspec.Struct, frozen=True):
    """`asked` is what was asked last and is under way, or did not go within the last day."""

    items: list[Merged]
    next: None = None
    asked: MergeAsked | None = None


def left_to_a_worker(answer: type) -> dict[int, ResponseSpec]:
    """The answer besides: with very many tickets."""
    told = "More than 500 tickets move: that goes on behind this answer, and the merges say `asked` meanwhile"
    return {202: ResponseSpec(answer, description=told, generate_examples=False)}


@get("/customers", tags=["customers"])
async def search_customers(
    agent: Caller,
    email: Annotated[Word, QueryParameter(description="Exactly this address.")] = None,
    q: Annotated[
        Word, QueryParameter(description="Words: parts of the name, of an address, a number or the organisation.")
    ] = None,
    organisation: Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CustomerPage:
    """Customers, the oldest first."""
    found = await list_customers(
        email=email, q=q, organisation=organisation, after_id=id_from_cursor(cursor), limit=limit + 1
    )
    shown, following = page(found, limit, lambda row: row["id"])
    return CustomerPage([_customer(row) for row in shown], following)


@post("/customers", tags=["customers"], responses=problems(403))
async def create_customer(data: JSONBody[NewCustomer], agent: Caller) -> Customer:
    """Add a customer; an address or number that another one has is refused."""
    given = [(IdentityKind.EMAIL, data.email), (IdentityKind.PHONE, data.phone)]
    values = {name: value for name, value in set_fields(data).items() if name not in ("email", "phone")}
    async with transaction():
        identities = [(kind, value) for kind, value in given if value is not None]
        customer_id = await add_customer(identities=[*identities], by=agent, at=now(), **values)
        return await _one(customer_id)


@get("/customers/{customer_id:int}", tags=["customers"], responses=problems(404))
async def read_customer(customer_id: PathId, agent: Caller) -> Customer:
    """One customer."""
    return await _one(customer_id)


@patch("/customers/{customer_id:int}", tags=["customers"], responses=problems(403, 404))
async def update_customer(customer_id: PathId, data: JSONBody[CustomerPatch], agent: Caller) -> Customer:
    """Change what is sent."""
    await change_customer(customer_id, by=agent, at=now(), **set_fields(data))
    return await _one(customer_id)


@post("/customers/{customer_id:int}/identities", tags=["customers"], responses=problems(403, 404))
async def create_identity(customer_id: PathId, data: JSONBody[NewIdentity], agent: Caller) -> Customer:
    """Add an address or number; one that the customer has already changes nothing, one of somebody else is refused."""
    await add_identity(customer_id, data.kind, data.value, by=agent, at=now())
    return await _one(customer_id)


@delete("/customers/{customer_id:int}/identities/{identity_id:int}", tags=["customers"], responses=problems(403, 404))
async def delete_identity(customer_id: PathId, identity_id: PathId, agent: Caller) -> None:
    """Remove an address or number; the last one stays."""
    await remove_identity(customer_id, identity_id, by=agent, at=now())


@patch("/customers/{customer_id:int}/identities/{identity_id:int}", tags=["customers"], responses=problems(403, 404))
async def update_identity(
    customer_id: PathId, identity_id: PathId, data: JSONBody[IdentityPatch], agent: Caller
) -> Customer:
    """Make it the primary one of its kind, or say whether it is verified."""
    async with transaction():
        if data.is_primary is True:
            await make_primary(customer_id, identity_id, by=agent, at=now())
        if isinstance(data.verified, bool):
            await verify(customer_id, identity_id, verified=data.verified, by=agent, at=now())
    return await _one(customer_id)


@get("/customers/{customer_id:int}/notes", tags=["customers"], responses=problems(404))
async def get_notes(customer_id: PathId, agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> NotePage:
    """Notes about the customer, the newest first."""
    await _one(customer_id)
    found = await list_notes(customer_id, below=id_from_cursor(cursor) or None, most=limit + 1)
    shown, following = page(found, limit, lambda row: row["id"])
    return NotePage(msgspec.convert(shown, list[Note]), following)


@post("/customers/{customer_id:int}/notes", tags=["customers"], responses=problems(403, 404))
async def create_note(customer_id: PathId, data: JSONBody[NewNote], agent: Caller) -> Note:
    """Write a note, which customers never see."""
    async with transaction():
        note_id = await add_note(customer_id, data.body, by=agent, at=now())
        [found] = await list_notes(customer_id, below=note_id + 1, most=1)
    return msgspec.convert(found, Note)


@delete("/customers/{customer_id:int}/notes/{note_id:int}", tags=["customers"], responses=problems(403, 404))
async def delete_note(customer_id: PathId, note_id: PathId, agent: Caller) -> None:
    """Take a note back: one's own; an administrator any."""
    await remove_note(customer_id, note_id, by=agent)


@get("/customers/{customer_id:int}/merges", tags=["customers"], responses=problems(404))
async def get_merges(customer_id: PathId, agent: Caller) -> MergePage:
    """Who was merged into this customer and is still, the last first."""
    await _one(customer_id)
    return await merge_page(MergedKind.CUSTOMER, customer_id)


@post(
    "/customers/{customer_id:int}/merge", tags=["customers"], responses=problems(403, 404) | left_to_a_worker(Customer)
)
async def merge_customer(customer_id: PathId, data: JSONBody[Merging], agent: Caller) -> Response[Customer]:
    """Take over everything of the other one: tickets, identities, notes. It can be undone."""
    chosen: dict[str, MergeSide] = {**data.keep}
    is_done = await merge_many(MergedKind.CUSTOMER, customer_id, data.other, by=agent, at=now(), chosen=chosen)
    return Response(await _one(customer_id), status_code=201 if is_done else 202)


@delete(
    "/customers/{customer_id:int}/merges/{merge_id:int}", tags=["customers"],
    responses=problems(403, 404) | left_to_a_worker(MergePage),
)  # fmt: skip
async def undo_merge(customer_id: PathId, merge_id: PathId, agent: Caller) -> Response[None]:
    """Part the two again, with what has come to the other one's identities since."""
    return await undo_one(MergedKind.CUSTOMER, customer_id, merge_id, agent)


async def merge_page(kind: MergedKind, survivor: int) -> MergePage:
    """Of a customer or an organisation."""
    asked = await asked_of(kind, survivor)
    items = msgspec.convert(await merges_of(kind, survivor), list[Merged])
    return MergePage(items, asked=MergeAsked(asked.tickets, asked.trouble) if asked else None)


async def undo_one(kind: MergedKind, survivor: int, merge_id: int, agent: SignedIn) -> Response[Any]:
    """Nothing when it is undone already, else the merges as they are."""
    if merge_id not in {one["id"] for one in await merges_of(kind, survivor)}:
        raise NotFound(_("There is no such merge, or it was undone."))
    _row, is_done = await undo_many(merge_id, by=agent, at=now())
    return Response(None, status_code=204) if is_done else Response(await merge_page(kind, survivor), status_code=202)


async def _one(customer_id: int) -> Customer:
    found = await list_customers(only=customer_id, limit=1)
    if not found:
        raise NotFound(_("There is no such customer."))
    return _customer(found[0])


def _customer(row: dict[str, Any]) -> Customer:
    identities = msgspec.convert(row["identities"], list[Identity])
    email = next((one.value for one in identities if one.kind == IdentityKind.EMAIL), None)
    return msgspec.convert(row | {"identities": identities, "email": email}, Customer)
