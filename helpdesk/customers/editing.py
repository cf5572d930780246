"""Adding and correcting customers, their identities and their organisations."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from piccolo.columns import Column

from helpdesk.customers.finding import organisation_of
from helpdesk.customers.tables import Customer, Identity, IdentityKind, Organisation
from helpdesk.kernel.database import lock, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import latin_digits, sort_key
from helpdesk.people.actor import SignedIn
from helpdesk.people.agents import is_address
from helpdesk.people.permissions import demand

_SEPARATORS = re.compile(r"[\s().\-/\u200c\u200e\u200f]")
_E164 = re.compile(r"\+[1-9]\d{6,14}")

NewIdentities = list[tuple[str, str]]


async def add_customer(*, identities: NewIdentities, by: SignedIn, at: datetime, **values: Any) -> int:
    """Add a customer with at least one identity (kind, value) and return the id; `values` as for `change_customer`.

    Raises Invalid at the field; at `email` or `phone` for an identity.
    """
    demand(by, "change")
    if not identities:
        raise Invalid(identities=_("Give an address or a number, so that the customer can be recognised."))
    async with transaction():
        email = next(
            (normal_value(kind, value, field=kind) for kind, value in identities if kind == IdentityKind.EMAIL), ""
        )
        if "organisation" not in values and email:
            values["organisation"] = await organisation_of(email)
        checked = await _checked(values)
        customer = Customer(name="", sort_key="", created_at=at)
        await customer.save()
        await Customer.update(checked | {"sort_key": checked.get("sort_key") or sort_key(email)}).where(
            Customer.id == customer.id
        )
        for kind, value in identities:
            await add_identity(customer.id, kind, value, by=by, at=at, field=kind)
    return customer.id


async def change_customer(customer_id: int, *, by: SignedIn, **values: Any) -> None:
    """Set `name`, `organisation`, `language`, `time_zone` or `notes`; raises Invalid at the field, NotFound.

    Tickets keep the organisation that they were opened for.
    """
    demand(by, "change")
    checked = await _checked(values)
    if checked:
        await Customer.update(checked).where(Customer.id == customer_id)
    if not await Customer.exists().where(Customer.id == customer_id):
        raise NotFound(_("There is no such customer."))


async def add_identity(
    customer_id: int, kind: str, value: str, *, by: SignedIn, at: datetime, field: str = "value"
) -> int:
    """Give the customer one more address or number; the id. One that somebody has already is refused, not moved."""
    demand(by, "change")
    value = normal_value(kind, value, field=field)
    async with transaction():
        await lock("identity", value)
        found = await Identity.objects().where(Identity.kind == kind, Identity.value == value).first()
        if found and found.customer == customer_id:
            return found.id
        if found:
            raise Invalid(**{field: _("This belongs to another customer.")})
        if not await Customer.exists().where(Customer.id == customer_id):
            raise NotFound(_("There is no such customer."))
        identity = Identity(customer=customer_id, kind=kind, value=value, created_at=at)
        await identity.save()
    return identity.id


async def remove_identity(customer_id: int, identity_id: int, *, by: SignedIn) -> None:
    """Take an identity away. The last one stays: a customer without any could never be found again."""
    demand(by, "change")
    async with transaction():
        await lock("identities of", customer_id)
        found = await Identity.select(Identity.id).where(Identity.customer == customer_id)
        if identity_id not in {row["id"] for row in found}:
            raise NotFound(_("This customer has no such address or number."))
        if len(found) == 1:
            raise Invalid(identity=_("The last address or number stays. Add another one first."))
        await Identity.delete().where(Identity.id == identity_id)


def normal_value(kind: str, value: str, *, field: str = "value") -> str:
    """A lower-case address, or a number in E.164 from what people type; raises Invalid at `field`."""
    if kind == IdentityKind.EMAIL:
        address = value.strip().lower()
        if not is_address(address):
            raise Invalid(**{field: _("This is not an e-mail address.")})
        return address
    digits = _SEPARATORS.sub("", latin_digits(value))
    number = f"+{digits[2:]}" if digits.startswith("00") else digits
    if not _E164.fullmatch(number):
        raise Invalid(**{field: _("Give the number with its country code: +98 912 345 6789.")})
    return number


async def _checked(values: dict[str, Any]) -> dict[Column | str, Any]:
    """The values as they are stored."""
    if (language := values.get("language")) is not None and language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    if (time_zone := values.get("time_zone")) is not None and time_zone not in available_timezones():
        raise Invalid(time_zone=_("There is no such time zone."))
    if (organisation := values.get("organisation")) is not None and not await Organisation.exists().where(
        Organisation.id == organisation
    ):
        raise Invalid(organisation=_("There is no such organisation."))
    if "name" in values:
        name = " ".join(str(values["name"]).split())[:200]
        return {**values, "name": name, "sort_key": sort_key(name)}
    return {**values}
