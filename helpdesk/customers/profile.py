"""A customer as agents see them, and what agents may correct."""

from datetime import datetime
from typing import Any

import msgspec

from helpdesk.customers.tables import Customer, Organisation
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import sort_key

_PROFILE = """
SELECT c.id, c.name, c.language, c.time_zone, c.notes, c.created_at, o.name AS organisation,
    (SELECT coalesce(json_agg(json_build_object('kind', i.kind, 'value', i.value, 'is_verified', i.verified_at IS NOT NULL)
        ORDER BY i.id), '[]') FROM hd_identity i WHERE i.customer = c.id) AS identities
FROM hd_customer c LEFT JOIN hd_organisation o ON o.id = c.organisation WHERE c.id = {}
"""


async def profile_of(customer_id: int) -> dict[str, Any]:
    """Name, language, zone, notes, the organisation's name and `identities` [{kind, value, is_verified}]; raises NotFound."""
    found = await rows(_PROFILE, customer_id)
    if not found:
        raise NotFound(_("There is no such customer."))
    return found[0] | {"identities": msgspec.json.decode(found[0]["identities"])}


async def correct(customer_id: int, *, name: str, organisation: str, language: str, notes: str, at: datetime) -> None:
    """Set what agents know better. `organisation` is a name, made when it is new, "" for none; raises Invalid at the field."""
    if len(name) > 200:
        raise Invalid(name=_("Use at most 200 characters."))
    if len(organisation) > 200:
        raise Invalid(organisation=_("Use at most 200 characters."))
    if language and language not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    if len(notes) > 20_000:
        raise Invalid(notes=_("This is too long."))
    async with transaction():
        changed = await Customer.update({
            Customer.name: name, Customer.sort_key: sort_key(name), Customer.language: language or None, Customer.notes: notes,
            Customer.organisation: await _organisation(organisation, at) if organisation else None,
        }).where(Customer.id == customer_id).returning(Customer.id)  # fmt: skip
    if not changed:
        raise NotFound(_("There is no such customer."))


async def _organisation(name: str, at: datetime) -> int:
    await lock("organisation", sort_key(name))
    found = (
        await Organisation.objects().where(Organisation.sort_key == sort_key(name)).order_by(Organisation.id).first()
    )
    if found is None:
        found = Organisation(name=name, sort_key=sort_key(name), created_at=at)
        await found.save()
    return found.id
