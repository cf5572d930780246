"""What a customer sees of a request that was merged."""

from collections.abc import Callable
from datetime import datetime

import pytest

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.solving import solve
from helpdesk.tickets.tables import Message
from tests.cast import EVE, hire
from tests.make import a_ticket
from tests.portal.conversing import answer_from_us, with_a_file
from tests.portal.guests import Guest

FAY = ("fay@customer.test", "Fay Colleague")


async def test_a_merged_request_leads_to_where_it_goes_on(guest: Callable[[], Guest]) -> None:
    kept, merged = await a_ticket("Kept"), await a_ticket("Merged")
    await rows("UPDATE hd_ticket SET merged_into = {} WHERE id = {}", kept.id, merged.id)
    dora = guest()
    await dora.sign_in()
    assert (await dora.get(f"/requests/{merged.number}")).headers["location"] == f"/requests/{kept.number}"


async def test_a_request_merged_into_somebody_elses_shows_its_owner_their_part_of_it(
    guest: Callable[[], Guest],
) -> None:
    ben, eves = await hire("ben"), await a_ticket("Eve's own", text="Eve's words", who=EVE)
    ticket, between = await a_ticket("Printer on fire"), await a_ticket("Fay's", text="Fay's words", who=FAY)
    places = await with_a_file(ticket)
    await answer_from_us(ticket, "Use water.", by=ben)
    await merge_into(ticket, between, by=ben, at=now())
    await merge_into(between, eves, by=ben, at=now())
    await answer_from_us(eves, "Nobody else's business.", by=ben)
    dora, here = guest(), f"/requests/{ticket.number}"
    await dora.sign_in()
    sent = await dora.post(f"{here}/answers", {"text": "It still burns."}, on=here)
    assert sent.headers["location"].startswith(f"{here}?said=sent")
    [written] = await Message.objects().where(Message.body_text == "It still burns.")
    assert written.ticket == eves.id
    page = (await dora.page(here)).text
    assert "goes on together with another one" in page and "/solution" not in page
    for words, is_shown in {
        "Please help, it burns.": True, "Use water.": True, "It still burns.": True, "Eve&#39;s": False, "Fay&#39;s": False,
        "Nobody else&#39;s": False,
    }.items():  # fmt: skip
        assert (words in page) is is_shown, words
    assert (await dora.get(f"{here}/files/{places['file']}")).status_code == 200
    assert (await dora.post(f"{here}/solution", on=here)).status_code == 404
    for other in (between, eves):
        assert (await dora.get(f"/requests/{other.number}")).status_code == 404
    assert here in (await dora.page("/requests")).text
    await solve(eves, by=ben, at=now())
    assert here not in (await dora.page("/requests")).text and here in (await dora.page("/requests?show=solved")).text
    await rows("UPDATE hd_ticket SET trashed_at = now() WHERE id = {}", eves.id)
    assert (await dora.get(here)).status_code == 404 and here not in (await dora.page("/requests?show=all")).text


async def test_words_for_a_request_that_is_just_being_merged_reach_where_it_goes_on(
    guest: Callable[[], Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, kept, merged = await hire("ben"), await a_ticket("Kept"), await a_ticket("Merged")
    dora = guest()
    await dora.sign_in()

    async def merge_first(customer: int, *, at: datetime) -> None:
        await merge_into(merged, kept, by=ben, at=at)

    monkeypatch.setattr("helpdesk.portal.requests.admit_answer", merge_first)
    on = f"/requests/{merged.number}"
    answer = await dora.post(f"{on}/answers", {"text": "It still burns."}, on=on)
    assert answer.headers["location"] == f"/requests/{kept.number}?said=sent"
    [written] = await Message.objects().where(Message.body_text == "It still burns.")
    assert written.ticket == kept.id
    again = await dora.post(f"{on}/answers", {"text": "And again."}, on=on)  # of a page that was open all along
    assert again.headers["location"].startswith(f"/requests/{kept.number}?said=sent")
