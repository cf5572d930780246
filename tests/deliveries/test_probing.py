"""That a mailbox takes addresses with a plus is proven by a mail that makes the round."""

import msgspec
import pytest

from helpdesk.channels.email import transports
from helpdesk.channels.mail_accounts import Server, save_account
from helpdesk.channels.mailboxes import save_mailbox
from helpdesk.channels.tables import Channel, Direction
from helpdesk.deliveries.delivering import deliver
from helpdesk.deliveries.probing import find_plus, recognise_probe, send_probe
from helpdesk.deliveries.tables import Delivery
from helpdesk.following_up import settle
from helpdesk.intake.accepting import accept
from helpdesk.intake.tables import RawMessage
from helpdesk.intake.taking_in import take_in
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Refused
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.tables import Ticket
from tests.cast import hire
from tests.mail_servers import PASSWORD, USER, Outgoing, outgoing_server


async def mailbox() -> Channel:
    found = await Channel.objects().first()
    assert found is not None
    return found


async def as_alma() -> SignedIn:
    found = await as_agent(1)
    assert found is not None
    return found


async def sent_probe(server: Outgoing) -> Delivery:
    alma = await hire("alma")
    account = Server(host="127.0.0.1", port=server.port, tls="none", username=USER, password=PASSWORD)
    await save_account(1, Direction.OUT, account, by=alma, at=now())
    await rows("UPDATE hd_channel SET is_plus_addressed = false")
    await send_probe(await mailbox(), by=alma, at=now())
    await send_probe(await mailbox(), by=alma, at=now())
    [probe] = await Delivery.objects()
    await deliver(probe.id)
    await settle(probe.id)
    return probe


async def settle_again() -> None:
    """What follows from the probe, for a mailbox that is said to take addresses with a plus."""
    await rows("UPDATE hd_channel SET is_plus_addressed = true")
    [probe] = await Delivery.objects()
    await rows("UPDATE hd_delivery SET settled_at = NULL")
    await settle(probe.id)


@pytest.mark.parametrize("envelope", ["plus", "mailbox"], ids=["by SMTP", "fetched, without its envelope"])
async def test_a_probe_that_comes_back_proves_it_and_opens_no_ticket(database: None, envelope: str) -> None:
    assert (await find_plus(await mailbox())).level == "unknown"
    async with outgoing_server() as server:
        probe = await sent_probe(server)
    assert server.recipients == [probe.to]
    assert probe.to[0].startswith("support+")
    assert (await find_plus(await mailbox())).level == "unknown"
    assert not (await mailbox()).is_plus_addressed
    to = probe.to if envelope == "plus" else ["support@helpdesk.test"]
    raw = await accept(server.mails[0], channel=await mailbox(), envelope_from="", envelope_to=to, source="smtp")
    await take_in(raw)
    found = await find_plus(await mailbox())
    assert (found.level, (await mailbox()).is_plus_addressed) == ("ok", True)
    assert await Ticket.count() == 0
    kept = await RawMessage.objects().get(RawMessage.id == raw)
    assert kept is not None and kept.fate == "automatic"


async def test_another_address_is_not_proven_by_the_probe_of_the_old_one(database: None) -> None:
    async with outgoing_server() as server:
        probe = await sent_probe(server)
    await recognise_probe(probe.to)
    assert (await find_plus(await mailbox())).level == "ok"
    await save_mailbox(
        1, name="Support", address="help@helpdesk.test", team=None, language="en", signature="", is_plus_addressed=True,
        acknowledges=True, by=await as_alma(), at=now(),
    )  # fmt: skip
    assert (await find_plus(await mailbox())).level == "unknown"


async def test_an_address_that_is_refused_is_not_given_to_customers(database: None) -> None:
    async with outgoing_server() as server:
        server.at_recipient = "550 5.1.1 no such user"
        await sent_probe(server)
    found = await find_plus(await mailbox())
    assert found.level == "problem" and "no such user" in found.text
    assert not (await mailbox()).is_plus_addressed


async def test_an_address_that_is_refused_for_another_reason_may_still_exist(database: None) -> None:
    async with outgoing_server() as server:
        server.at_recipient = "550 5.7.1 your network is on a list"
        await sent_probe(server)
    await settle_again()
    assert (await find_plus(await mailbox())).level == "problem"
    assert (await mailbox()).is_plus_addressed


async def test_a_server_that_refuses_the_sender_proves_nothing(database: None) -> None:
    async with outgoing_server() as server:
        server.at_mail = "550 not as this sender"
        await sent_probe(server)
    await settle_again()
    assert (await find_plus(await mailbox())).level == "problem"
    assert (await mailbox()).is_plus_addressed


async def test_a_probe_that_does_not_arrive_is_told_after_a_while(database: None) -> None:
    async with outgoing_server() as server:
        await sent_probe(server)
    await rows("UPDATE hd_delivery SET queued_at = now() - interval '11 minutes'")
    assert (await find_plus(await mailbox())).level == "problem"


async def test_a_probe_that_cannot_leave_says_why(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = msgspec.structs.replace(settings(), smtp_url="smtp://127.0.0.1:1")
    monkeypatch.setattr(transports, "settings", lambda: nowhere)
    await send_probe(await mailbox(), by=await hire("alma"), at=now())
    [probe] = await Delivery.objects()
    await deliver(probe.id)
    assert (await find_plus(await mailbox())).level == "problem"


async def test_a_name_without_room_for_a_signature_is_told_and_not_tried(database: None) -> None:
    await rows("UPDATE hd_channel SET address = {}", "a" * 60 + "@helpdesk.test")
    await send_probe(await mailbox(), by=await hire("alma"), at=now())
    assert (await find_plus(await mailbox())).level == "warning"
    assert await Delivery.count() == 0


async def test_only_who_manages_channels_sends_probes(database: None) -> None:
    with pytest.raises(Refused):
        await send_probe(await mailbox(), by=await hire("ben"), at=now())
