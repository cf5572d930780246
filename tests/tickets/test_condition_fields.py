"""What conditions ask of tickets: the same in memory, in lists, and in words."""

import pytest

from helpdesk.customers.organising import save_organisation
from helpdesk.kernel.condition_words import described, reasons
from helpdesk.kernel.conditions import Conditions, Line, holds
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.tickets.condition_fields import FIELDS, checked_conditions, facts_of, matching, names_for
from helpdesk.tickets.queries import page_of
from tests.cast import hire, make_team
from tests.make import a_ticket

MAILBOX = {"channel_kind": "email", "language": "en", "is_automatic": False, "priority": "normal", "status": "new"}


async def test_every_field_answers_in_memory_and_in_the_database(database: None) -> None:
    ben = await hire("ben")
    care = await make_team("Care", ben)
    one, other = await a_ticket("VAT invoice", team=care.id), await a_ticket("Printer")
    await rows("UPDATE hd_ticket SET tags = ARRAY['vat'], assignee = {} WHERE id = {}", ben.id, one.id)
    found = await facts_of([one.id, other.id])

    assert {**found[one.id], **MAILBOX} == found[one.id]
    assert found[one.id]["customer_domains"] == ["customer.test"]
    for name, field in FIELDS.items():
        value = found[one.id][name]
        if value is None:
            asked = Line(name, "is_empty")
        elif field.kind == "set":
            asked = Line(name, "has_all", value)
        elif field.kind == "time":
            asked = Line(name, "within", 3600)
        else:
            asked = Line(name, "is", value)
        kept = await checked_conditions(Conditions([asked]))
        listed = await page_of(matching(kept, at=now()), seen_by=ben)
        assert [row["number"] for row in listed.rows if holds(kept, found[row["id"]], FIELDS, at=now())] == [
            row["number"] for row in listed.rows
        ], name
        assert one.number in [row["number"] for row in listed.rows], name


async def test_a_ticket_is_asked_about_by_names(database: None) -> None:
    alma = await hire("alma")
    care = await make_team("Care", alma)
    organisation = await save_organisation(None, by=alma, at=now(), name="Acme", domains=["customer.test"])
    ticket = await a_ticket(team=care.id)
    asked = Conditions([Line("team", "is", care.id), Line("organisation", "in", [organisation])])
    facts = (await facts_of([ticket.id]))[ticket.id]
    names = await names_for(asked, facts=facts)
    words = described(asked, FIELDS, names).translate({0x2068: None, 0x2069: None})

    assert words == "Team is Care and Organisation is Acme"
    assert [one.holds for one in reasons(asked, facts, FIELDS, names, at=now())] == [True, True]


async def test_what_is_not_there_is_refused(database: None) -> None:
    with pytest.raises(Invalid, match="Condition 1: What it asks for is not there"):
        await checked_conditions(Conditions([Line("customer", "is", 7)]))
