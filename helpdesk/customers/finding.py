"""Finding who wrote by identity, or making a new customer."""

from datetime import datetime

from helpdesk.customers.tables import Customer, Identity, IdentityKind, Organisation, OrganisationDomain
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.text import sort_key


async def find_or_create(email: str, name: str, *, language: str | None, at: datetime) -> Customer:
    """The customer with this address, made when there is none; several processes may ask at once."""
    email = email.strip().lower()
    if found := await find_by_email(email):
        if not found.name and name:
            await rename(found, name)
        return found
    async with transaction():
        await lock("identity", email)
        if found := await find_by_email(email):
            return found
        customer = Customer(
            name=name[:200], sort_key=sort_key(name or email), language=language, created_at=at,
            organisation=await organisation_of(email),
        )  # fmt: skip
        await customer.save()
        await Identity(customer=customer.id, kind=IdentityKind.EMAIL, value=email, created_at=at).save()
        return customer


async def find_by_email(email: str) -> Customer | None:
    found = await rows(
        "SELECT c.* FROM hd_identity i JOIN hd_customer c ON c.id = i.customer WHERE i.kind = 'email' AND i.value = {}",
        email.strip().lower(),
    )
    return Customer(**found[0], _exists_in_db=True) if found else None


async def organisation_of(email: str) -> int | None:
    """The organisation that owns the address's domain."""
    domain = email.rpartition("@")[2]
    found = await OrganisationDomain.objects().where(OrganisationDomain.domain == domain).first()
    return found.organisation if found else None


async def rename(customer: Customer, name: str) -> None:
    customer.name, customer.sort_key = name[:200], sort_key(name)
    await Customer.update({Customer.name: customer.name, Customer.sort_key: customer.sort_key}).where(
        Customer.id == customer.id
    )


async def emails_of(customer_id: int) -> list[str]:
    """The customer's mail addresses, the first known first."""
    addresses = "SELECT value FROM hd_identity WHERE customer = {} AND kind = 'email' ORDER BY id"
    return [row["value"] for row in await rows(addresses, customer_id)]


async def give_domain(organisation: Organisation, domain: str) -> None:
    """Make the domain the organisation's, and its people its members, where they belong to no other."""
    domain = domain.strip().lower().removeprefix("@")
    async with transaction():
        await OrganisationDomain(organisation=organisation.id, domain=domain).save()
        people = Identity.select(Identity.customer).where(
            Identity.kind == IdentityKind.EMAIL, Identity.value.like(f"%@{domain}")
        )
        ids = [row["customer"] for row in await people]
        if ids:
            await Customer.update({Customer.organisation: organisation.id}).where(
                Customer.id.is_in(ids), Customer.organisation.is_null()
            )
