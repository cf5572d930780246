"""What customers write in the portal, and what they do with their requests."""

import re
from collections.abc import Callable

import pytest

from helpdesk.channels.web_form import proving
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake import limits
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.solving import set_status, solve
from helpdesk.tickets.tables import Attachment, Event, Message, Status, Ticket
from tests.cast import DORA, hire
from tests.make import a_ticket
from tests.portal.conversing import CARL, answer_from_us, with_a_file
from tests.portal.filling import a_form
from tests.portal.guests import Guest


async def _status(ticket: Ticket) -> str:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found
    return found.status


def _slip(page: str) -> str:
    found = re.search(r'name="slip" value="([^"]+)"', page)
    assert found, page[:1500]
    return found[1]


async def test_an_answer_is_a_message_like_a_mails(guest: Callable[[], Guest]) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    places = await with_a_file(ticket)
    await answer_from_us(ticket, "Have you tried water?", by=ben)
    await set_status(ticket, Status.PENDING, by=ben, at=now())
    dora = guest()
    await dora.sign_in()
    slip = _slip((await dora.page(f"/requests/{ticket.number}")).text)
    fields = {"slip": slip, "text": "It burns more.\nMuch more."}
    files = [("files", ("fire.txt", b"orange", "text/plain"))]
    for _click in range(2):
        done = await dora.post(
            f"/requests/{ticket.number}/answers", fields, files=files, on=f"/requests/{ticket.number}"
        )
        assert done.status_code == 303, done.text
    said = await Message.objects().where(Message.body_text.like("It burns more%"))
    assert len(said) == 1 and said[0].author_kind == "customer" and not said[0].is_unverified
    [file] = await Attachment.objects().where(Attachment.message == said[0].id)
    assert (file.name, file.size) == ("fire.txt", 6)
    now_it_is = await Ticket.objects().get(Ticket.id == ticket.id)
    assert now_it_is and now_it_is.status == Status.OPEN
    assert await Event.exists().where(Event.kind == "customer_replied", Event.message == said[0].id)
    answer = await answer_from_us(ticket, "On our way", by=ben)
    delivery = await Delivery.objects().get(Delivery.message_id == answer.id)
    assert delivery and delivery.to == [DORA[0]] and delivery.cc == [CARL[0]]
    first = await Delivery.objects().order_by(Delivery.id).first()
    assert first and first.mail_id in delivery.mail  # in the thread of the mails before
    assert places["n"] == ticket.number


async def test_nothing_typed_or_attached_is_lost_when_something_is_wrong(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    dora, here = guest(), f"/requests/{ticket.number}"
    await dora.sign_in()
    slip = _slip((await dora.page(here)).text)
    big = [
        ("files", ("big.bin", b"x" * 10_000_001, "application/octet-stream")),
        ("files", ("small.txt", b"ok", "text/plain")),
    ]
    again = await dora.post(f"{here}/answers", {"slip": slip, "text": "With two files"}, files=big, on=here)
    assert again.status_code == 422 and "With two files" in again.text and "small.txt" in again.text
    handle = re.search(r'name="kept" value="([^"]+)"', again.text)
    assert handle
    sent = await dora.post(
        f"{here}/answers", {"slip": _slip(again.text), "text": "With one file", "kept": handle[1]}, on=here
    )
    assert sent.status_code == 303
    assert await Attachment.exists().where(Attachment.name == "small.txt", Attachment.message.is_not_null())
    empty = await dora.post(f"{here}/answers", {"slip": slip, "text": "  "}, on=here)
    assert empty.status_code == 422 and "Write something" in empty.text


async def test_what_was_typed_in_a_session_that_ended_comes_back(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    dora, here = guest(), f"/requests/{ticket.number}"
    await dora.sign_in()
    await dora.page(here)
    await rows("DELETE FROM hd_customer_session")
    answer = await dora.post(f"{here}/answers", {"slip": "", "text": "Two hours of typing"})
    assert (
        answer.status_code == 401
        and "Two hours of typing" in answer.text
        and not await Message.exists().where(Message.body_text.like("Two hours%"))
    )


async def test_solving_reopening_and_a_follow_up(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    dora, here = guest(), f"/requests/{ticket.number}"
    await dora.sign_in()
    await dora.post(f"{here}/solution", on=here)
    assert await _status(ticket) == Status.SOLVED
    event = await Event.objects().get(Event.kind == "solved")
    assert event and (event.actor_kind, event.actor_id) == ("customer", ticket.customer)
    await dora.post(f"{here}/reopening", on=here)
    assert await _status(ticket) == Status.OPEN
    await solve(ticket, by=SYSTEM, at=now())
    await set_status(ticket, Status.CLOSED, by=SYSTEM, at=now())
    page = (await dora.page(here)).text
    assert "This request is closed" in page and "/solution" not in page and "/reopening" not in page
    for words in ("It burns again", "And again"):
        slip = _slip((await dora.page(here)).text)
        done = await dora.post(f"{here}/answers", {"slip": slip, "text": words}, on=here)
    follow_ups = await Ticket.objects().where(Ticket.follow_up_of == ticket.id)
    assert len(follow_ups) == 1 and done.headers["location"].startswith(f"/requests/{follow_ups[0].number}")
    assert await Message.count().where(Message.ticket == follow_ups[0].id) == 2
    assert await _status(ticket) == Status.CLOSED


async def test_strangers_who_use_up_the_files_of_all_keep_no_customer_from_sending(
    guest: Callable[[], Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, form = await a_ticket(), await a_form()
    monkeypatch.setattr(limits, "UPLOADS_OVER_ALL", 1)
    monkeypatch.setattr(limits, "UPLOADS_OF_CUSTOMER", 2)

    async def to_form(one: Guest) -> int:
        typed = {"slip": proving.issue(form.id, at=now()).text, "_csrf_token": ""}
        files = {"file": ("a.txt", b"words", "text/plain")}
        return (await one.client.post(f"/forms/{form.slug}/files", data=typed, files=files)).status_code

    stranger, dora, here = guest(), guest(), f"/requests/{ticket.number}"
    assert [await to_form(stranger) for _ in range(2)] == [201, 429]
    await dora.sign_in()
    slip = proving.issue(-ticket.id, at=now()).text
    sent = await dora.post(
        f"{here}/answers/files", {"slip": slip}, on=here, files={"file": ("b.txt", b"words", "text/plain")}
    )
    assert sent.status_code == 201
    assert [await to_form(dora) for _ in range(2)] == [201, 429], "their own limit"
