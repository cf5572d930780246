"""A customer as agents see them, and what agents may correct."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

import msgspec

from helpdesk.customers.finding import demand_standing
from helpdesk.customers.history import record
from helpdesk.customers.holding import hold_unless_merged
from helpdesk.customers.searching import refresh_words
from helpdesk.customers.tables import Customer, MergedKind, Organisation
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Conflict, Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.text import normalise, sort_key
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

FIELDS = ("name", "organisation", "language", "time_zone", "notes")

_PROFILE = """
SELECT c.id, c.name, c.language, c.time_zone, c.notes, c.created_at, o.name AS organisation,
    c.organisation AS organisation_id, c.merged_into, c.sees_colleagues, coalesce(o.shares_requests, false) AS organisation_shares,
    (SELECT coalesce(json_agg(json_build_object('id', i.id, 'kind', i.kind, 'value', i.value, 'is_verified', i.verified_at IS NOT NULL,
        'is_primary', i.is_primary, 'suppressions', (SELECT coalesce(json_agg(s.id), '[]') FROM hd_suppression s WHERE s.address = i.value),
        'suppressed_for', (SELECT coalesce(json_agg(s.reason), '[]') FROM hd_suppression s WHERE s.address = i.value))
        ORDER BY i.is_primary DESC, i.id), '[]') FROM hd_identity i WHERE i.customer = c.id) AS identities
FROM hd_customer c LEFT JOIN hd_organisation o ON o.id = c.organisation WHERE c.id = {}
"""


async def profile_of(customer_id: int) -> dict[str, Any]:
    """Name, language, zone, notes, `sees_colleagues`, the organisation's name and whether it shares, and `identities` [{id, kind, value, is_verified, is_primary,
    suppressions, suppressed_for}], the last two lists; raises NotFound."""
    found = await rows(_PROFILE, customer_id)
    if not found:
        raise NotFound(_("There is no such customer."))
    return found[0] | {"identities": msgspec.json.decode(found[0]["identities"])}


async def correct(
    customer_id: int, typed: dict[str, str], *, seen: dict[str, str] | None, by: SignedIn, at: datetime
) -> None:
    """Set what agents know better: of FIELDS those that differ from what was `seen` (all of them when that is not known).

    `organisation` is a name, made when it is new, "" for none. Raises Invalid at the field, and Conflict for each field
    that somebody else has set to something else since.
    """
    demand(by, "change")
    _check(typed)
    async with transaction():
        await hold_unless_merged(MergedKind.CUSTOMER, customer_id)
        await demand_standing(customer_id)
        stored = as_typed(await profile_of(customer_id))
        seen = stored if seen is None else seen
        changes = {name: value for name, value in typed.items() if value != seen[name]}
        if conflicts := {
            name: (stored[name], value) for name, value in changes.items() if stored[name] not in (seen[name], value)
        }:
            raise Conflict(**conflicts)
        if changes:
            await Customer.update({**await _columns(changes, at)}).where(Customer.id == customer_id)
            told = {name: (stored[name] or None, value or None) for name, value in changes.items()}
            await record(customer_id, "changed", by=by, at=at, changes=told)
            await refresh_words(customer_id)


def as_typed(profile: dict[str, Any]) -> dict[str, str]:
    """The fields of a profile as a form shows them."""
    return {name: profile[name] or "" for name in FIELDS}


def _check(typed: dict[str, str]) -> None:
    if len(typed["name"]) > 200:
        raise Invalid(name=_("Use at most 200 characters."))
    if len(typed["organisation"]) > 200:
        raise Invalid(organisation=_("Use at most 200 characters."))
    if typed["language"] and typed["language"] not in LANGUAGES:
        raise Invalid(language=_("This language is not spoken here."))
    if typed["time_zone"] and typed["time_zone"] not in available_timezones():
        raise Invalid(time_zone=_("There is no such time zone."))
    if len(typed["notes"]) > 20_000:
        raise Invalid(notes=_("This is too long."))


async def _columns(changes: dict[str, str], at: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {name: value for name, value in changes.items() if name in ("name", "notes")}
    if "name" in changes:
        columns["sort_key"] = sort_key(changes["name"])
    for name in ("language", "time_zone"):
        if name in changes:
            columns[name] = changes[name] or None
    if "organisation" in changes:
        columns["organisation"] = await _organisation(changes["organisation"], at) if changes["organisation"] else None
    return columns


async def _organisation(name: str, at: datetime) -> int:
    await lock("organisation", sort_key(name))
    same = Organisation.objects().where(Organisation.sort_key == sort_key(name), Organisation.merged_into.is_null())
    found = await same.order_by(Organisation.id).first()
    if found is None:
        found = Organisation(name=name, sort_key=sort_key(name), words=normalise(name), created_at=at)
        await found.save()
    return found.id
