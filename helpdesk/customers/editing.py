"""Adding and correcting customers, their identities and their organisations."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from piccolo.columns import Column

from helpdesk.customers.finding import demand_standing, organisation_of
from helpdesk.customers.history import record
from helpdesk.customers.holding import hold_unless_merged
from helpdesk.customers.searching import refresh_words
from helpdesk.customers.tables import Customer, Identity, IdentityKind, MergedKind, Organisation
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import latin_digits, sort_key
from helpdesk.people import auditing
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
            await _add_identity(customer.id, kind, value, at=at, field=kind)
        await refresh_words(customer.id)
        await record(customer.id, "created", by=by, at=at)
    return customer.id


async def change_customer(customer_id: int, *, by: SignedIn, at: datetime, **values: Any) -> None:
    """Set `name`, `organisation`, `language`, `time_zone`, `sees_colleagues` or `notes`; raises Invalid at the field, NotFound.

    Tickets keep the organisation that they were opened for.
    """
    demand(by, "change")
    checked = await _checked(values)
    async with transaction():
        await hold_unless_merged(MergedKind.CUSTOMER, customer_id)
        await demand_standing(customer_id)
        if not checked:
            return
        [before] = await Customer.select(*map(Customer._meta.get_column_by_name, values)).where(
            Customer.id == customer_id
        )
        changes = {name: (before[name], checked[name]) for name in values if before[name] != checked[name]}
        if changes:
            await Customer.update(checked).where(Customer.id == customer_id)
            await record(customer_id, "changed", by=by, at=at, changes=changes)
            if right := {name: changes[name] for name in changes if name == "sees_colleagues"}:
                about = auditing.About("customer", customer_id)
                await auditing.record("customer_changed", by=by, at=at, about=about, changes=right)
            await refresh_words(customer_id)


async def add_identity(
    customer_id: int, kind: str, value: str, *, by: SignedIn, at: datetime, field: str = "value"
) -> int:
    """Give the customer one more address or number; the id. One that somebody has already is refused, not moved."""
    demand(by, "change")
    async with transaction():
        identity_id, is_new = await _add_identity(customer_id, kind, value, at=at, field=field)
        if is_new:
            await refresh_words(customer_id)
            await record(customer_id, "identity_added", by=by, at=at, changes={"value": (None, value)})
    return identity_id


async def _add_identity(customer_id: int, kind: str, value: str, *, at: datetime, field: str) -> tuple[int, bool]:
    """The identity's id, and whether it is new."""
    value = normal_value(kind, value, field=field)
    await lock("identity", value)
    found = await Identity.objects().where(Identity.kind == kind, Identity.value == value).first()
    if found and found.customer == customer_id:
        return found.id, False
    if found:
        raise Invalid(**{field: _("This belongs to another customer.")})
    # Before its row, as merging does: the other way round each waits for the other.
    await hold_unless_merged(MergedKind.CUSTOMER, customer_id)
    await demand_standing(customer_id)
    identity = Identity(customer=customer_id, kind=kind, value=value, created_at=at)
    await identity.save()
    return identity.id, True


async def remove_identity(customer_id: int, identity_id: int, *, by: SignedIn, at: datetime) -> None:
    """Take an identity away. The last one stays: a customer without any could never be found again."""
    demand(by, "change")
    async with transaction():
        identity = await _identity(customer_id, identity_id)
        if await Identity.count().where(Identity.customer == customer_id) == 1:
            raise Invalid(identity=_("The last address or number stays. Add another one first."))
        await Identity.delete().where(Identity.id == identity_id)
        await refresh_words(customer_id)
        await record(customer_id, "identity_removed", by=by, at=at, changes={"value": (identity.value, None)})


async def make_primary(customer_id: int, identity_id: int, *, by: SignedIn, at: datetime) -> None:
    """Write to this address, or call this number, before the others of its kind. Raises NotFound."""
    demand(by, "change")
    async with transaction():
        identity = await _identity(customer_id, identity_id)
        await rows(
            "UPDATE hd_identity SET is_primary = (id = {}) WHERE customer = {} AND kind = {}",
            identity_id, customer_id, identity.kind,
        )  # fmt: skip
        await record(customer_id, "identity_preferred", by=by, at=at, changes={"value": (None, identity.value)})


async def verify(customer_id: int, identity_id: int, *, verified: bool, by: SignedIn, at: datetime) -> None:
    """Say that an agent has made sure, by calling back for example, that it is the customer's; or take that back."""
    demand(by, "change")
    async with transaction():
        identity = await _identity(customer_id, identity_id)
        if (identity.verified_at is not None) == verified:
            return
        await Identity.update({Identity.verified_at: at if verified else None}).where(Identity.id == identity_id)
        kind = "identity_verified" if verified else "identity_unverified"
        await record(customer_id, kind, by=by, at=at, changes={"value": (None, identity.value)})


async def _identity(customer_id: int, identity_id: int) -> Identity:
    """One of the customer's identities, whose set nobody else changes until the transaction ends."""
    await hold_unless_merged(MergedKind.CUSTOMER, customer_id)
    found = await Identity.objects().where(Identity.customer == customer_id, Identity.id == identity_id).first()
    if found is None:
        raise NotFound(_("This customer has no such address or number."))
    return found


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
