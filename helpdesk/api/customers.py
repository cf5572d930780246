"""/customers and their identities."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
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
from helpdesk.customers.editing import add_customer, add_identity, change_customer, remove_identity
from helpdesk.customers.listing import list_customers
from helpdesk.customers.tables import IdentityKind
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now

Language = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^[a-z-]*$")]
Phone = Annotated[str, Meta(min_length=5, max_length=40, pattern=r"^[^\x00]*$")]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach and to recognise a customer: a lower-case address, or a number in E.164."""

    id: int
    kind: IdentityKind
    value: str
    verified_at: Moment | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """`email` is the first of the addresses; answers go there unless the customer wrote from another."""

    id: int
    name: str
    email: str | None
    identities: list[Identity]
    organisation: int | None
    language: str | None
    time_zone: str | None
    notes: str
    created_at: Moment


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
    notes: Notes = ""


class CustomerPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: OptionalLine | UnsetType = UNSET
    organisation: Id | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    time_zone: Line | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET


class NewIdentity(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    kind: IdentityKind
    value: Annotated[str, Meta(min_length=3, max_length=320, pattern=r"^[^\x00]*$")]


@get("/customers", tags=["customers"])
async def search_customers(
    agent: Caller,
    email: Annotated[Word, QueryParameter(description="Exactly this address.")] = None,
    q: Annotated[Word, QueryParameter(description="A part of the name, or how an address or number begins.")] = None,
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


async def _one(customer_id: int) -> Customer:
    found = await list_customers(only=customer_id, limit=1)
    if not found:
        raise NotFound(_("There is no such customer."))
    return _customer(found[0])


def _customer(row: dict[str, Any]) -> Customer:
    identities = msgspec.convert(row["identities"], list[Identity])
    email = next((one.value for one in identities if one.kind == IdentityKind.EMAIL), None)
    return msgspec.convert(row | {"identities": identities, "email": email}, Customer)
