"""The composer: what is sent, what is kept when it cannot be, and what can be taken back."""

import re
from collections.abc import Callable
from datetime import timedelta

from helpdesk.deliveries.tables import Delivery, DeliveryState
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.solving import set_status
from helpdesk.tickets.tables import Attachment, Message, Ticket
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]


async def test_a_reply_by_plain_form_is_one_message_and_one_delivery(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "Use water.\r\n\r\nThen call."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/tickets/{ticket.number}?view=mine")
    page = await visitor.get(answer.headers["location"])
    assert "Use water." in page.text and "Undo" in page.text
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message and message.body_text == "Use water.\n\nThen call."
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery and delivery.to == ["dora@customer.test"] and delivery.state == DeliveryState.QUEUED


async def test_send_with_htmx_answers_an_empty_composer_and_a_toast(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(
        f"/console/tickets/{ticket.number}/replies", {"text": "Use water.", "then": "solve"}, htmx=True
    )
    assert answer.status_code == 200 and answer.headers["hx-trigger"] == "timeline"
    assert re.search(r"<textarea[^>]*></textarea>", answer.text)
    assert "toast undo" in answer.text and 'data-seconds="10"' in answer.text
    assert "item-m" not in answer.text
    fresh = await Ticket.objects().get(Ticket.id == ticket.id)
    assert fresh and fresh.status == "solved"


async def test_undo_gives_text_and_files_back(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    kept = await visitor.post("/console/uploads", files={"file": ("پیوست.pdf", b"%PDF", "application/pdf")})
    assert kept.status_code == 201 and kept.json()["name"] == "پیوست.pdf"
    path = f"/console/tickets/{ticket.number}"
    sent = await visitor.post(
        f"{path}/replies", {"text": "Wrong one", "attachment_ids": str(kept.json()["id"])}, htmx=True
    )
    assert sent.status_code == 200
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message
    answer = await visitor.post(f"/console/messages/{message.id}/undo", htmx=True)
    assert answer.status_code == 200
    assert "Wrong one</textarea>" in answer.text and "پیوست.pdf" in answer.text
    assert f"item-m{message.id}" in answer.headers["hx-trigger-after-swap"] and "hx-swap-oob" not in answer.text
    assert (await visitor.get(f"{path}/timeline/m{message.id}", htmx=True)).status_code == 204
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery and delivery.state == DeliveryState.CANCELLED
    again = await visitor.post(
        f"{path}/replies", {"text": "Right", "attachment_ids": str(kept.json()["id"])}, htmx=True
    )
    assert again.status_code == 200
    assert await Attachment.count().where(Attachment.message.is_not_null()) == 1


async def test_undo_after_it_left_says_so_and_keeps_the_composer(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "Gone"})
    await rows("UPDATE hd_delivery SET state = 'sent'")
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message
    answer = await visitor.post(f"/console/messages/{message.id}/undo", htmx=True)
    assert answer.headers["hx-reswap"] == "none" and "Too late" in answer.text
    plain = await visitor.post(f"/console/messages/{message.id}/undo")
    assert plain.status_code == 409 and "Too late" in plain.text


async def test_a_note_of_ones_own_is_taken_back_for_ten_minutes_and_is_a_draft_again(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    visitor, other = await browser().sign_in(ben), await browser().sign_in(cleo)
    path = f"/console/tickets/{ticket.number}"
    await visitor.post(f"{path}/notes", {"text": "They lied to us."})
    note = await Message.objects().where(Message.author_kind == "agent").first()
    assert note
    undo = f"/console/messages/{note.id}/undo"
    assert f'action="{undo}"' in (await visitor.get(path)).text and undo not in (await other.get(path)).text
    assert "ten minutes" in (await other.post(undo, htmx=True)).text
    taken = await visitor.post(undo, htmx=True)
    assert "They lied to us.</textarea>" in taken.text and ">Add note</button>" in taken.text
    assert (await visitor.get(f"{path}/timeline/m{note.id}", htmx=True)).status_code == 204
    seen = (await other.get(path)).text
    assert "They lied" not in seen and "Ben Weber took a note back" in seen
    assert (await visitor.post(undo)).status_code == 404, "once"
    await visitor.post(f"{path}/notes", {"text": "They erred."})
    await rows("UPDATE hd_message SET created_at = now() - interval '11 minutes' WHERE body_text = 'They erred.'")
    stands = await Message.objects().get(Message.body_text == "They erred.")
    assert stands and f"/console/messages/{stands.id}/undo" not in (await visitor.get(path)).text
    late = await visitor.post(f"/console/messages/{stands.id}/undo")
    assert late.status_code == 409 and "ten minutes" in late.text


async def test_an_empty_reply_keeps_the_page_and_says_what_is_missing(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    for htmx in (True, False):
        answer = await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "  "}, htmx=htmx)
        assert answer.status_code == 422 and "Write something before you send it." in answer.text
    assert await Message.count().where(Message.author_kind == "agent") == 0


async def test_files_without_scripts_go_with_the_form(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    files = [("files", ("a.txt", b"one", "text/plain")), ("files", ("../../etc/passwd", b"two", "text/html"))]
    answer = await visitor.post(f"/console/tickets/{ticket.number}/notes", {"text": ""}, files=files)
    assert answer.status_code == 303
    kept = await Attachment.objects().order_by(Attachment.id)
    assert [one.name for one in kept] == ["a.txt", "passwd"] and all(one.message for one in kept)


async def test_a_refused_reply_keeps_its_files(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await set_status(ticket, "closed", by=SYSTEM, at=now())
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(
        f"/console/tickets/{ticket.number}/replies",
        {"text": "Kept"},
        files=[("files", ("a.txt", b"one", "text/plain"))],
    )
    assert answer.status_code == 422
    assert "Kept</textarea>" in answer.text and "a.txt" in answer.text and 'name="attachment_ids"' in answer.text


async def test_a_light_agent_writes_notes_and_no_replies(browser: Browsers) -> None:
    lia, ticket = await hire("lia"), await a_ticket()
    visitor = await browser().sign_in(lia)
    page = await visitor.get(f"/console/tickets/{ticket.number}")
    assert 'value="reply"' not in page.text and "data-send-solve" not in page.text
    assert (await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "Hello"})).status_code == 403
    assert (await visitor.post(f"/console/tickets/{ticket.number}/notes", {"text": "Known fault"})).status_code == 303
    assert await Message.count().where(Message.audience == "internal") == 1
    assert await Delivery.count() == 0


async def test_writing_on_a_closed_ticket_opens_a_linked_one(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket("Printer on fire")
    await set_status(ticket, "closed", by=SYSTEM, at=now())
    visitor = await browser().sign_in(ben)
    page = await visitor.get(f"/console/tickets/{ticket.number}")
    assert "Open a follow-up" in page.text
    answer = await visitor.post(f"/console/tickets/{ticket.number}/follow-ups", {"text": "One more thing"})
    follower = await Ticket.objects().where(Ticket.follow_up_of == ticket.id).first()
    assert follower and answer.headers["location"].startswith(f"/console/tickets/{follower.number}")
    assert f"#{ticket.number}" in (await visitor.get(f"/console/tickets/{follower.number}")).text
    assert f"#{follower.number}" in (await visitor.get(f"/console/tickets/{ticket.number}")).text
    assert await Delivery.count() == 1


async def test_somebody_elses_reply_cannot_be_taken_back(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    await (await browser().sign_in(ben)).post(f"/console/tickets/{ticket.number}/replies", {"text": "Mine"})
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message
    answer = await (await browser().sign_in(cleo)).post(f"/console/messages/{message.id}/undo")
    assert answer.status_code == 409
    assert await Delivery.exists().where(Delivery.state == DeliveryState.QUEUED)


async def test_a_failed_reply_can_be_sent_again(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    await visitor.post(f"/console/tickets/{ticket.number}/replies", {"text": "Hello"})
    await rows("UPDATE hd_delivery SET state = 'failed', last_error = '550 no such user'")
    page = await visitor.get(f"/console/tickets/{ticket.number}")
    assert "550 no such user" in page.text and "Send again" in page.text
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message
    answer = await visitor.post(f"/console/messages/{message.id}/retry", htmx=True)
    assert answer.status_code == 200 and "550 no such user" not in answer.text.split("<footer")[0]
    assert await Delivery.exists().where(Delivery.state == DeliveryState.QUEUED)


async def test_what_is_out_of_reach_is_not_there(browser: Browsers) -> None:
    """A private team's ticket, its messages and files answer like ones that never were."""
    ben, cleo = await hire("ben"), await hire("cleo")
    team = await make_team("Board", cleo, is_private=True)
    ticket = await a_ticket(team=team.id)
    await (await browser().sign_in(cleo)).post(
        f"/console/tickets/{ticket.number}/replies", {"text": "x"}, files=[("files", ("a.txt", b"1", "text/plain"))]
    )
    file, message = await Attachment.objects().first(), await Message.objects().first()
    assert file and message
    visitor, base = await browser().sign_in(ben), f"/console/tickets/{ticket.number}"
    for path in (base, f"{base}/header", f"{base}/timeline", f"{base}/timeline/m{message.id}", f"/console/attachments/{file.id}",
                 f"/console/messages/{message.id}/frame"):  # fmt: skip
        assert (await visitor.get(path)).status_code == 404, path
    assert (await visitor.get(f"{base}/row?view=open", htmx=True)).status_code == 204
    for path in (
        f"{base}/replies",
        f"{base}/notes",
        f"{base}/status",
        f"{base}/solution",
        f"{base}/assignment/me",
        f"/console/messages/{message.id}/undo",
    ):
        assert (await visitor.post(path, {"text": "x", "status": "solved"})).status_code == 404, path
    assert str(ticket.number) not in (await visitor.get("/console?view=open")).text.replace(str(ben.id), "")


async def test_held_long_enough_for_undo(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await (await browser().sign_in(ben)).post(f"/console/tickets/{ticket.number}/replies", {"text": "Hello"})
    delivery = await Delivery.objects().first()
    assert delivery and delivery.not_before - delivery.queued_at == timedelta(seconds=13)


async def test_a_refused_file_does_not_take_the_others_with_it(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    files = [("files", (name, content, "text/plain")) for name, content in (("a.txt", b"one"), ("b.txt", b""), ("c.txt", b"two"))]  # fmt: skip
    typed = {"email": "eve@stranger.test", "subject": "Parcel", "priority": "low", "team": "", "kind": "mail"}
    for path, more in ((f"/console/tickets/{ticket.number}/replies", {}), ("/console/tickets/new", typed)):
        answer = await visitor.post(path, more | {"text": "See these"}, files=files)
        assert answer.status_code == 422 and "b.txt: This file is empty." in answer.text
        kept = re.findall(r'name="attachment_ids" value="(\d+)"', answer.text)
        assert len(kept) == 2 and "See these</textarea>" in answer.text, path
        again = await visitor.post(path, more | {"text": "See these", "attachment_ids": kept})
        assert again.status_code == 303
    assert await Attachment.count().where(Attachment.message.is_not_null()) == 4
