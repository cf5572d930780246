"""Addresses that are not written to and tickets that are muted, as agents meet them."""

from collections.abc import Callable

from helpdesk.customers.suppressing import suppress, suppressed
from helpdesk.customers.tables import SuppressedFor
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.time import now
from helpdesk.tickets.muting import mute
from helpdesk.tickets.tables import Ticket
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
DORA = "dora@customer.test"


async def suppressed_ticket() -> Ticket:
    ticket = await a_ticket()
    await suppress(DORA, reason=SuppressedFor.BOUNCES, detail="5.1.1", ticket_id=ticket.id, at=now())
    return ticket


async def test_the_composer_says_why_nothing_goes_there_and_a_reply_is_refused_with_its_text_kept(
    browser: Browsers,
) -> None:
    ticket, ben = await suppressed_ticket(), await hire("ben")
    visitor = await browser().sign_in(ben)
    page = await visitor.get(f"/console/tickets/{ticket.number}")
    assert "keep coming back (5.1.1)" in page.text and "Write anyway" in page.text
    assert "Mails come back" in page.text, "on the customer's card too"
    refused = await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "Are you there?"}, htmx=True)
    assert refused.status_code == 422
    assert "nothing was sent" in refused.text and "Are you there?" in refused.text
    assert await Delivery.count() == 0


async def test_write_anyway_lifts_it_and_keeps_what_was_typed(browser: Browsers) -> None:
    ticket, ben = await suppressed_ticket(), await hire("ben")
    visitor = await browser().sign_in(ben)
    for htmx in (True, False):
        await suppress(DORA, reason=SuppressedFor.BOUNCES, detail="5.1.1", ticket_id=ticket.id, at=now())
        answer = await visitor.post(
            f"/console/tickets/{ticket.number}/suppressions/lift", {"text": "Half a sent"}, htmx=htmx
        )
        assert answer.status_code == 200
        assert "Half a sent" in answer.text and "Write anyway" not in answer.text
        assert await suppressed([DORA]) == {}
    sent = await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "Are you there?"}, htmx=True)
    assert sent.status_code == 200
    assert await Delivery.count() == 1


async def test_light_agents_lift_nothing(browser: Browsers) -> None:
    ticket, lia = await suppressed_ticket(), await hire("lia")
    visitor = await browser().sign_in(lia)
    assert (await visitor.get("/console/suppressions")).status_code == 403
    assert (await visitor.post(f"/console/tickets/{ticket.number}/suppressions/lift", {"text": "x"})).status_code == 403
    assert (await visitor.post(f"/console/tickets/{ticket.number}/muting", {"muted": "1"})).status_code == 403
    assert await suppressed([DORA]) != {}


async def test_the_list_finds_an_address_and_lifts_it(browser: Browsers) -> None:
    await suppressed_ticket()
    await suppress("eve@stranger.test", reason=SuppressedFor.COMPLAINT, detail="abuse", ticket_id=None, at=now())
    visitor = await browser().sign_in(await hire("mani"))
    page = await visitor.get("/console/suppressions")
    assert page.text.index("eve@stranger.test") < page.text.index(DORA), "the newest first"
    assert "Complaint" in page.text
    found = await visitor.get("/console/suppressions?q=DORA@")
    assert DORA in found.text and "eve@stranger.test" not in found.text
    assert "Older ones" not in found.text
    lifted = await visitor.post("/console/suppressions/1/lift")
    assert lifted.status_code == 303
    assert DORA not in (await visitor.get(lifted.headers["location"])).text
    assert (await visitor.post("/console/suppressions/1/lift")).status_code == 404


async def test_the_list_does_not_name_a_ticket_of_a_private_team(browser: Browsers) -> None:
    ticket = await suppressed_ticket()
    private = await make_team("Complaints", is_private=True)
    await Ticket.update({Ticket.team: private.id}).where(Ticket.id == ticket.id)
    for name, names_it in (("ben", False), ("mani", True)):
        page = (await (await browser().sign_in(await hire(name))).get("/console/suppressions")).text
        assert DORA in page and 'href="/console/suppressions"' in page
        assert (f"/console/tickets/{ticket.number}" in page) is names_it


async def test_a_muted_ticket_says_so_until_somebody_ends_it(browser: Browsers) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    await mute(ticket, by=ben, at=now())
    visitor = await browser().sign_in(ben)
    path = f"/console/tickets/{ticket.number}"
    page = await visitor.get(path)
    assert "came too fast" in page.text and "Unmute" in page.text
    assert "came too fast" in (await visitor.get(f"{path}/header", htmx=True)).text
    answer = await visitor.post(f"{path}/muting", htmx=True)
    assert answer.status_code == 200
    assert "came too fast" not in answer.text
    after = await visitor.get(path)
    assert "Unmute" not in after.text and "unmuted the ticket" in after.text
