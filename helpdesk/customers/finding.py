"""Finding who wrote by identity, or making a new customer."""

from datetime import datetime

from helpdesk.customers.searching import refresh_words, words_of
from helpdesk.customers.tables import Customer, Identity, IdentityKind, Organisation, OrganisationDomain
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
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
            organisation=await organisation_of(email), words=words_of(name[:200], [email]),
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


async def survivor_of(customer_id: int) -> int | None:
    """Who goes on with this customer: themselves, or whom they were merged into; None when there is no such customer."""
    found: int | None = customer_id
    while found is not None:
        row = await rows("SELECT merged_into FROM hd_customer WHERE id = {}", found)
        if not row:
            return None
        if row[0]["merged_into"] is None:
            return found
        found = row[0]["merged_into"]
    return None


async def demand_standing(customer_id: int) -> None:
    """Raise NotFound when there is no such customer, and Invalid when another one goes on with them.

    In a transaction nobody merges or erases them until it ends.
    """
    found = await rows("SELECT merged_into FROM hd_customer WHERE id = {} FOR KEY SHARE", customer_id)
    if not found:
        raise NotFound(_("There is no such customer."))
    if found[0]["merged_into"]:
        raise Invalid(customer=_("This customer was merged into another one. Change that one instead."))


async def organisation_of(email: str) -> int | None:
    """The organisation that owns the address's domain."""
    domain = email.rpartition("@")[2]
    found = await OrganisationDomain.objects().where(OrganisationDomain.domain == domain).first()
    return found.organisation if found else None


async def rename(customer: Customer, name: str) -> None:
    customer.name, customer.sort_key = name[:200], sort_key(name)
    async with transaction():
        await lock("customer", customer.id)  # before its row, as everybody who changes a customer
        await Customer.update({Customer.name: customer.name, Customer.sort_key: customer.sort_key}).where(
            Customer.id == customer.id
        )
        await refresh_words(customer.id)


async def emails_of(customer_id: int) -> list[str]:
    """The customer's mail addresses, the primary one first, then in the order in which they became known."""
    addresses = "SELECT value FROM hd_identity WHERE customer = {} AND kind = 'email' ORDER BY is_primary DESC, id"
    return [row["value"] for row in await rows(addresses, customer_id)]


async def give_domain(organisation: Organisation, domain: str) -> None:
    """Make the domain the organisation's, and its people its members, where they belong to no other."""
    domain = domain.strip().lower().removeprefix("@")
    async with transaction():
        await OrganisationDomain(organisation=organisation.id, domain=domain).save()
        await rows(
            """UPDATE hd_customer SET organisation = {} WHERE organisation IS NULL AND id IN (
                SELECT customer FROM hd_identity WHERE kind = 'email' AND split_part(value, '@', 2) = {})""",
            organisation.id, domain,
        )  # fmt: skip
