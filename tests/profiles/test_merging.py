"""Two customers, or two organisations, that turn out to be one: what moves, and that undoing restores it."""

import asyncio
import contextvars
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.customers.editing import add_identity, change_customer, make_primary
from helpdesk.customers.finding import emails_of, find_by_email, find_or_create, give_domain, rename, survivor_of
from helpdesk.customers.noting import add_note, list_notes
from helpdesk.customers.profile import FIELDS, correct, profile_of
from helpdesk.customers.tables import Customer, MergedKind, Organisation
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound, Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.profiles import merging_many
from helpdesk.profiles.mergeable import hold
from helpdesk.profiles.merging import REFERENCES, differences, merge, merges_of, undo
from helpdesk.profiles.merging_many import asked_of, find_asked, forget_old, merge_many, undo_many, work_off
from helpdesk.tickets.messages import NewMessage
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.tables import Ticket
from tests.cast import DORA, hire, make_team
from tests.make import a_ticket

DORA_AT_HOME = ("dora@home.test", "Dora D.")
CUSTOMER, ORGANISATION = MergedKind.CUSTOMER, MergedKind.ORGANISATION

TABLES = ("hd_customer", "hd_identity", "hd_customer_note", "hd_organisation", "hd_organisation_domain")


async def two() -> tuple[Customer, Customer]:
    """Dora at work, and Dora at home with a note and a phone."""
    ben = await hire("ben")
    work = await find_or_create(*DORA, language="en", at=now())
    home = await find_or_create(*DORA_AT_HOME, language=None, at=now())
    await add_identity(home.id, "phone", "+98 912 345 6789", by=ben, at=now())
    await add_note(home.id, "Prefers calls.", by=ben, at=now())
    await Customer.update({Customer.time_zone: "Asia/Tehran", Customer.notes: "Knits."}).where(Customer.id == home.id)
    return work, home


async def snapshot() -> dict[str, list[dict[str, Any]]]:
    """All that a merge may touch, besides histories."""
    found = {table: await rows(f"SELECT * FROM {table} ORDER BY id") for table in TABLES}
    return found | {
        "tickets": await rows("SELECT id, customer, organisation FROM hd_ticket ORDER BY id"),
        "messages": await rows("SELECT id, customer FROM hd_message ORDER BY id"),
    }


async def test_all_that_refers_to_one_is_known(database: None) -> None:
    """A new table that refers to customers or organisations must say what merging does to it."""
    for kind, table in ((CUSTOMER, "hd_customer"), (ORGANISATION, "hd_organisation")):
        found = await rows(
            """SELECT c.conrelid::regclass::text || '.' || a.attname AS reference FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'f' AND c.confrelid = {}::regclass""",
            table,
        )
        stays = {"hd_not_the_same.one", "hd_not_the_same.other"} if kind == CUSTOMER else set()
        known = {*REFERENCES[kind], f"hd_ticket.{kind}", f"{table}.merged_into"} | stays
        assert {row["reference"] for row in found} == known


async def test_the_survivor_takes_everything(database: None) -> None:
    work, home = await two()
    ben, ticket = await hire("cleo"), await a_ticket(who=DORA_AT_HOME)
    said = {one.field: one.side for one in await differences(CUSTOMER, work.id, home.id)}
    assert said == {
        "name": "mine",
        "organisation": "mine",
        "language": "mine",
        "time_zone": "theirs",
        "notes": "theirs",
    }
    await merge(CUSTOMER, work.id, home.id, by=ben, at=now(), chosen={"name": "theirs"})
    profile = await profile_of(work.id)
    assert (profile["name"], profile["time_zone"], profile["notes"]) == ("Dora D.", "Asia/Tehran", "Knits.")
    assert [one["value"] for one in profile["identities"]] == ["dora@customer.test", "dora@home.test", "+989123456789"]
    assert [one["body"] for one in await list_notes(work.id)] == ["Prefers calls."]
    await ticket.refresh()
    assert ticket.customer == work.id
    [event] = await rows("SELECT * FROM hd_event WHERE ticket = {} AND kind = 'customer_merged'", ticket.id)
    assert (event["version"], event["actor_id"]) == (ticket.version, ben.id)
    assert await survivor_of(home.id) == work.id
    found = await find_by_email("DORA@home.test")
    assert found and found.id == work.id, "mail to either address reaches the survivor"
    assert (await a_ticket(who=DORA_AT_HOME)).customer == work.id


async def test_undoing_restores_exactly(database: None) -> None:
    work, home = await two()
    ben = await hire("cleo")
    await a_ticket(who=DORA)
    await a_ticket(who=DORA_AT_HOME)
    second = await add_identity(home.id, "email", "d@home.test", by=ben, at=now())
    await make_primary(home.id, second, by=ben, at=now())
    before = await snapshot()
    merge_id = await merge(CUSTOMER, work.id, home.id, by=ben, at=now())
    assert await snapshot() != before
    assert (await emails_of(work.id))[0] == DORA[0], "mail goes on to where it went"
    await undo(merge_id, by=ben, at=now())
    assert await snapshot() == before
    with pytest.raises(NotFound):
        await undo(merge_id, by=ben, at=now())
    await merge(CUSTOMER, home.id, work.id, by=ben, at=now())
    assert len(await merges_of(CUSTOMER, home.id)) == 1, "and the other way round afterwards"


async def test_what_came_since_goes_to_whom_it_came_for(database: None) -> None:
    work, home = await two()
    ben = await hire("cleo")
    merge_id = await merge(CUSTOMER, work.id, home.id, by=ben, at=now())
    tickets = {who[0]: await a_ticket(who=who) for who in (DORA, DORA_AT_HOME)}
    for address, ticket in tickets.items():  # the factory's are no mails
        mail = f'{{"from": "{address}"}}'
        await rows("UPDATE hd_message SET mail = {}::jsonb WHERE ticket = {}", mail, ticket.id)
    await Customer.update({Customer.notes: "Knits socks."}).where(Customer.id == work.id)
    await undo(merge_id, by=ben, at=now())
    for address, customer in ((DORA[0], work), (DORA_AT_HOME[0], home)):
        await tickets[address].refresh()
        [message] = await rows("SELECT customer FROM hd_message WHERE ticket = {}", tickets[address].id)
        assert tickets[address].customer == message["customer"] == customer.id
    assert (await profile_of(work.id))["notes"] == "Knits socks.", "what somebody changed since stays"


async def test_merges_in_opposite_directions_make_no_ring(database: None) -> None:
    work, home = await two()
    ben = await hire("cleo")
    done = await asyncio.gather(
        merge(CUSTOMER, work.id, home.id, by=ben, at=now()), merge(CUSTOMER, home.id, work.id, by=ben, at=now()),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted(type(one).__name__ for one in done) == ["Invalid", "int"]
    assert len({await survivor_of(work.id), await survivor_of(home.id)}) == 1
    with pytest.raises(Invalid):
        await merge(CUSTOMER, work.id, work.id, by=ben, at=now())


async def test_merges_are_undone_in_their_order(database: None) -> None:
    work, home = await two()
    ben, third = await hire("cleo"), await find_or_create("third@customer.test", "Third", language=None, at=now())
    before = await snapshot()
    first = await merge(CUSTOMER, work.id, home.id, by=ben, at=now())
    second = await merge(CUSTOMER, third.id, work.id, by=ben, at=now())
    with pytest.raises(Invalid):
        await undo(first, by=ben, at=now())
    assert (await a_ticket(who=DORA_AT_HOME)).customer == third.id
    await rows("DELETE FROM hd_event")
    await rows("DELETE FROM hd_message")
    await rows("DELETE FROM hd_ticket")
    for one in (second, first):
        await undo(one, by=ben, at=now())
    assert await snapshot() == before


async def test_a_ticket_that_is_being_opened_reaches_the_survivor(database: None) -> None:
    """The customer was found before the merge, the ticket is opened after it."""
    work, home = await two()
    ben, stale = await hire("cleo"), await find_by_email(DORA_AT_HOME[0])
    assert stale
    await merge(CUSTOMER, work.id, home.id, by=ben, at=now())
    author = Actor(kind="customer", id=stale.id, name=stale.name)
    message = NewMessage(author=author, body_text="Hello", created_at=now())
    ticket, _message = await open_ticket(
        subject="Late", customer=stale, channel=None, message=message, by=author, at=now()
    )
    assert ticket.customer == work.id


async def test_hidden_tickets_move_and_stay_hidden(database: None) -> None:
    work, home = await two()
    ben = await hire("cleo")
    secret = await make_team("Legal", is_private=True)
    ticket = await a_ticket(who=DORA_AT_HOME, team=secret.id)
    await merge(CUSTOMER, work.id, home.id, by=ben, at=now())
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found and (found.customer, found.team) == (work.id, secret.id)


async def test_who_only_reads_merges_nothing(database: None) -> None:
    work, home = await two()
    with pytest.raises(Refused):
        await merge(CUSTOMER, work.id, home.id, by=await hire("lia"), at=now())


async def test_organisations_merge_and_part(database: None) -> None:
    ben = await hire("ben")
    acme, rival = [Organisation(name=name, sort_key=name.lower(), words=name.lower()) for name in ("Acme", "Rival")]
    for one, domain in ((acme, "acme.test"), (rival, "rival.test")):
        await one.save()
        await give_domain(one, domain)
    ticket = await a_ticket(who=("eve@rival.test", "Eve"))
    assert ticket.organisation == rival.id
    before = await snapshot()
    merge_id = await merge(ORGANISATION, acme.id, rival.id, by=ben, at=now())
    new = await find_or_create("new@rival.test", "New", language=None, at=now())
    assert new.organisation == acme.id
    await undo(merge_id, by=ben, at=now())
    [back] = await rows("SELECT organisation FROM hd_customer WHERE id = {}", new.id)
    assert back["organisation"] == rival.id
    await rows("DELETE FROM hd_customer WHERE id = {}", new.id)
    assert await snapshot() == before


@pytest.mark.parametrize("change", ["rename", "add_identity"])
async def test_who_changes_a_customer_waits_for_who_merges_them_without_holding_the_row(
    database: None, change: str
) -> None:
    """Both take the customer's lock before the row: the other way round each would wait for the other."""
    ben, dora = await hire("ben"), await find_or_create(*DORA, language=None, at=now())
    changing: dict[str, Coroutine[Any, Any, Any]] = {
        "rename": rename(dora, "Dora Again"),
        "add_identity": add_identity(dora.id, "email", "dora@home.test", by=ben, at=now()),
    }
    wanted = changing.pop(change)
    for other in changing.values():
        other.close()
    async with transaction():
        await hold(MergedKind.CUSTOMER, dora.id, dora.id)
        waiting = asyncio.create_task(wanted, context=contextvars.Context())
        while not await rows("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            await asyncio.sleep(0.01)
        await rows("SELECT FROM hd_customer WHERE id = {} FOR UPDATE NOWAIT", dora.id)
    await waiting


async def test_where_very_many_tickets_move_a_worker_does_it_once_and_says_what_came_in_between(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging_many, "MANY", 0)
    work, home = await two()
    ben, ticket = await hire("cleo"), await a_ticket(who=DORA_AT_HOME)
    before = await snapshot()
    for _ in range(2):
        assert not await merge_many(CUSTOMER, work.id, home.id, by=ben, at=now(), chosen={"name": "theirs"})
    asked = await asked_of(CUSTOMER, home.id)
    assert asked and (asked.tickets, asked.trouble) == (1, "") and await snapshot() == before
    await asyncio.gather(*(work_off(asked.id) for _ in range(3)))
    await ticket.refresh()
    assert ticket.customer == work.id and await find_asked(asked.id) is None
    assert (await profile_of(work.id))["name"] == "Dora D." and await rows("SELECT FROM hd_merge_asked") == []

    [made] = await merges_of(CUSTOMER, work.id)
    assert (await undo_many(made["id"], by=ben, at=now()))[1] is False
    asked = await asked_of(CUSTOMER, work.id)
    assert asked
    await work_off(asked.id)
    assert await snapshot() == before

    await merge_many(CUSTOMER, work.id, home.id, by=ben, at=now(), chosen={})
    await merge(CUSTOMER, home.id, work.id, by=ben, at=now())
    asked = await asked_of(CUSTOMER, work.id)
    assert asked
    await work_off(asked.id)
    told = await find_asked(asked.id)
    assert told and "merged already" in told.trouble
    await rows("UPDATE hd_merge_asked SET done_at = now() - interval '2 days'")
    assert await asked_of(CUSTOMER, work.id) is None and await find_asked(asked.id)
    await forget_old(at=now() + timedelta(days=6))
    assert await find_asked(asked.id) is None


async def test_while_very_many_tickets_move_nobody_waits_but_is_told_at_once(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, home = await two()
    ben = await hire("cleo")
    other = await find_or_create("dora@school.test", "Dora", language=None, at=now())
    before = await merge(CUSTOMER, work.id, other.id, by=ben, at=now())
    monkeypatch.setattr(merging_many, "MANY", -1)
    await merge_many(CUSTOMER, work.id, home.id, by=ben, at=now(), chosen={})
    tries: list[Coroutine[Any, Any, Any]] = [
        differences(CUSTOMER, work.id, home.id), merge(CUSTOMER, other.id, home.id, by=ben, at=now()), undo(before, by=ben, at=now()),
        merge_many(CUSTOMER, home.id, work.id, by=ben, at=now(), chosen={}), change_customer(home.id, name="D.", by=ben, at=now()),
        add_identity(work.id, "email", "d@work.test", by=ben, at=now()), correct(home.id, dict.fromkeys(FIELDS, ""), seen=None, by=ben, at=now()),
    ]  # fmt: skip
    async with transaction():  # as the worker who is at it
        await hold(CUSTOMER, work.id, home.id)
        for one in tries:
            with pytest.raises(Invalid, match="just being merged"):
                await asyncio.create_task(one, context=contextvars.Context())
    asked = await asked_of(CUSTOMER, work.id)
    assert asked
    await work_off(asked.id)
    assert await find_asked(asked.id) is None


async def test_a_fault_in_a_merge_of_many_leaves_both_as_they_were(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging_many, "MANY", 0)
    work, home = await two()
    ben = await hire("cleo")
    await a_ticket(who=DORA_AT_HOME)
    before = await snapshot()
    await merge_many(CUSTOMER, work.id, home.id, by=ben, at=now(), chosen={})
    real = merging_many.merge_now

    async def breaking(*what: Any, **how: Any) -> int:
        await real(*what, **how)
        raise ZeroDivisionError

    monkeypatch.setattr(merging_many, "merge_now", breaking)
    asked = await asked_of(CUSTOMER, work.id)
    assert asked
    await work_off(asked.id)
    told = await find_asked(asked.id)
    assert told and "fault of the helpdesk" in told.trouble and await snapshot() == before
