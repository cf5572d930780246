"""Who gets a mail: as agents type it, and how it differs from the last mail."""

import msgspec
import pytest

from helpdesk.channels.email.composing import compose
from helpdesk.customers.tables import Customer, Organisation, OrganisationDomain
from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.deliveries.undoing import cancel
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.time import now
from helpdesk.tickets.answering import answered
from helpdesk.tickets.recipients import Recipients, difference, read_recipients
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.tables import Message
from tests.cast import hire
from tests.console.test_recipients import writes
from tests.make import a_ticket

DORA, EVE, BOSS = "dora@customer.test", "eve@stranger.test", "boss@customer.test"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (f"{DORA}, {EVE}", [DORA, EVE]),
        (f"{DORA}؛ {EVE}، {BOSS}", [DORA, EVE, BOSS]),
        (f"{DORA} {EVE}\n{BOSS};", [DORA, EVE, BOSS]),
        (f'"Dogan, Dora" <{DORA}>, Eve <{EVE}>', [DORA, EVE]),
        (f"Dogan, Dora <{DORA}>", [DORA]),
        (f"دورا <{DORA.upper()}>", [DORA]),
        ("", []),
    ],
)
async def test_addresses_are_read_however_they_are_pasted(database: None, text: str, addresses: list[str]) -> None:
    assert (await read_recipients(text)).addresses == addresses


@pytest.mark.parametrize("text", ["dora", "dora@", "@customer.test", f"{DORA}, and Eve", "Dora <dora>", '"'])
async def test_what_is_no_address_is_named_at_its_field(database: None, text: str) -> None:
    with pytest.raises(Invalid) as invalid:
        await read_recipients(DORA, text)
    assert list(invalid.value.fields) == ["cc"] and "“" in invalid.value.fields["cc"]


async def test_our_own_mailbox_and_too_many_are_refused(database: None) -> None:
    for text in (
        "support@helpdesk.test",
        "support+anything@helpdesk.test",
        ", ".join(f"a{n}@x.test" for n in range(51)),
    ):
        with pytest.raises(Invalid) as invalid:
            await read_recipients(text)
        assert list(invalid.value.fields) == ["to"]


async def test_an_address_counts_once_in_the_first_field_that_names_it(database: None) -> None:
    found = await read_recipients(DORA, f"{EVE}, {DORA}, {EVE}", f"{EVE}, {BOSS}")
    assert [[one.addr for one in field] for field in (found.to, found.cc, found.bcc)] == [[DORA], [EVE], [BOSS]]


async def test_a_blind_copy_reaches_its_reader_and_stands_in_no_header(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    chosen = await read_recipients(DORA, BOSS, EVE)
    message = await reply(ticket, Draft(body_text="Hello", recipients=chosen), by=ben, at=now())
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery and delivery.left_to == [DORA, BOSS, EVE] and delivery.bcc == [EVE]
    raw = compose(msgspec.json.decode(delivery.mail, type=Letter).mail)
    assert BOSS.encode() in raw and EVE.encode() not in raw and b"stranger" not in raw
    assert EVE not in (await answered(ticket)).addresses
    assert await cancel(message.id)


async def test_a_suppressed_address_is_told_before_anything_is_sent(database: None) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await rows("INSERT INTO hd_suppression (address, reason, detail, at) VALUES ({}, 'bounces', '5.1.1', now())", EVE)
    for chosen in (await read_recipients(EVE), await read_recipients(DORA, EVE), Recipients()):
        with pytest.raises(Invalid):
            await reply(ticket, Draft(body_text="Hello", recipients=chosen), by=ben, at=now())
    assert await Delivery.count() == 0 and await Message.count() == 1


async def test_the_difference_names_who_is_new_who_is_missing_and_who_is_outside(database: None) -> None:
    ticket = await a_ticket()
    await writes(ticket, (DORA, "Dora Dogan"), cc=(EVE, "support@helpdesk.test"))
    said = await difference(ticket, [DORA, "vendor@else.test"])
    assert (said.added, said.missing, said.outside) == (["vendor@else.test"], [EVE], ["vendor@else.test"])
    assert (await difference(ticket, [BOSS])).outside == []


async def test_an_organisations_people_are_not_outside(database: None) -> None:
    ticket = await a_ticket(who=("dora@gmail.com", "Dora"))
    assert (await difference(ticket, ["stranger@gmail.com"])).outside == ["stranger@gmail.com"]
    ours = Organisation(name="Acme", sort_key="acme", created_at=now())
    await ours.save()
    await OrganisationDomain(organisation=ours.id, domain="acme.test").save()
    await Customer.update({Customer.organisation: ours.id}, force=True)
    await rows("UPDATE hd_ticket SET organisation = {}", ours.id)
    ticket.organisation = ours.id
    assert (await difference(ticket, ["boss@acme.test", "x@gmail.com"])).outside == ["x@gmail.com"]


async def test_nothing_is_sent_past_what_somebody_else_wrote_meanwhile(database: None) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    seen = (await Message.objects().first() or Message()).id
    mine = await note(ticket, Draft(body_text="My own note stops nothing"), by=ben, at=now())
    theirs = await note(ticket, Draft(body_text="Do not answer yet"), by=cleo, at=now())
    with pytest.raises(Conflict) as conflict:
        await reply(ticket, Draft(body_text="Hello"), by=ben, at=now(), seen=seen)
    assert conflict.value.fields == {"seen": (theirs.id, seen)}
    assert await Delivery.count() == 0
    await reply(ticket, Draft(body_text="Hello"), by=ben, at=now(), seen=theirs.id)
    assert mine.id < theirs.id
