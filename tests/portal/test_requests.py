"""What customers see and do in the portal."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from piccolo.columns import Column

from helpdesk.channels.email.automatic import MACHINE, is_machine
from helpdesk.channels.web_form import proving
from helpdesk.customers.finding import find_by_email
from helpdesk.customers.tables import Customer, Identity, Organisation
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake import limits
from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM, Actor, SignedIn
from helpdesk.tickets.joining import join
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.messages import MailFacts, NewAttachment, NewMessage
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.solving import set_status, solve
from helpdesk.tickets.tables import Attachment, Event, Message, Status, Ticket
from helpdesk.tickets.uploading import upload
from tests.cast import DORA, EVE, hire
from tests.make import a_ticket
from tests.portal.filling import a_form
from tests.portal.guests import Guest

FAY = ("fay@customer.test", "Fay Colleague")
CARL = ("carl@copied.test", "Carl Copied")


async def _answer(ticket: Ticket, text: str, *, by: SignedIn, hold: timedelta = timedelta(0)) -> Message:
    return await reply(ticket, Draft(body_text=text), by=by, at=now(), leaving=Leaving(hold=hold))


async def _organisation(*, shares: bool, sees: bool | None = None) -> int:
    """Dora and Fay work there; `sees` is Fay's own setting."""
    made = Organisation(name="Customer Inc", sort_key="customer inc", shares_requests=shares, created_at=now())
    await made.save()
    for address, _name in (DORA, FAY):
        customer = await find_by_email(address)
        assert customer
        values: dict[Column | str, Any] = {Customer.organisation: made.id}
        if address == FAY[0]:
            values[Customer.sees_colleagues] = sees
        await Customer.update(values).where(Customer.id == customer.id)
    await rows("UPDATE hd_ticket t SET organisation = c.organisation FROM hd_customer c WHERE c.id = t.customer")
    return made.id


@pytest.fixture
def everything() -> list[str]:
    return ["/requests/{n}", "/requests/{n}/files/{file}", "/requests/{n}/messages/{message}/frame"]


async def _with_a_file(ticket: Ticket) -> dict[str, int]:
    """A message with HTML and a file; what stands for them in paths."""
    customer = await Customer.objects().get(Customer.id == ticket.customer)
    assert customer
    blob = await blobs.keep(b"secret")
    message = await join(ticket, NewMessage(
        author=Actor(kind="customer", id=customer.id, name=customer.name), body_text="Secret words", body_html="<p><b>Secret</b> words <img src='blocked:https://track.test/x.png'></p>",
        created_at=now(), mail=MailFacts(from_=DORA[0], cc=[CARL[0]]),
        attachments=[NewAttachment(name="secret.txt", content_type="text/plain", size=6, blob=blob)],
    ))  # fmt: skip
    file = await Attachment.objects().get(Attachment.message == message.id)
    assert file
    return {"n": ticket.number, "message": message.id, "file": file.id}


@pytest.mark.parametrize(
    ("who", "shares", "sees", "may"),
    [
        (DORA, False, None, True),
        (FAY, False, None, False), (FAY, True, None, True), (FAY, True, False, False), (FAY, False, True, True),
        (EVE, True, None, False), (CARL, True, None, False),
    ],
)  # fmt: skip
async def test_who_reaches_a_request(
    guest: Callable[[], Guest], everything: list[str], who: tuple[str, str], shares: bool, sees: bool | None, may: bool
) -> None:
    """The customer, a colleague with and without sharing, a stranger, and somebody who was copied."""
    ticket = await a_ticket("Dora's secret", text="For few eyes")
    for other in (FAY, EVE, CARL):
        await a_ticket(who=other)
    await _organisation(shares=shares, sees=sees)
    places = await _with_a_file(ticket)
    someone = guest()
    await someone.sign_in(who[0])
    for path in everything:
        answer = await someone.get(path.format(**places))
        assert answer.status_code == (200 if may else 404), (path, answer.status_code)
        assert may or ("ecret" not in answer.text and "few eyes" not in answer.text)
    lists = [
        (await someone.page(path)).text
        for path in (
            "/requests",
            "/requests?of=organisation",
            "/requests?q=secret",
            "/requests?of=organisation&q=secret",
            "/",
        )
    ]
    assert any("Dora&#39;s secret" in page for page in lists) == may
    said = await someone.post(f"/requests/{ticket.number}/answers", {"slip": "", "text": "Hello"}, on="/account")
    assert said.status_code == (303 if may else 404)
    for path in ("solution", "reopening"):
        done = await someone.post(f"/requests/{ticket.number}/{path}", on="/account")
        assert done.status_code == (303 if who == DORA else 404), path


async def test_a_stranger_without_a_session_is_asked_to_sign_in_whatever_the_number(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    for number in (ticket.number, 999_999):
        answer = await guest().get(f"/requests/{number}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next=/requests/{number}")


async def test_notes_what_was_taken_back_and_what_has_not_left_are_not_shown(guest: Callable[[], Guest]) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    await note(ticket, Draft(body_text="Between ourselves"), by=ben, at=now())
    await _answer(ticket, "Have you tried water?", by=ben)
    await _answer(ticket, "May still be undone", by=ben, hold=timedelta(hours=1))
    dora = guest()
    await dora.sign_in()
    for path in (f"/requests/{ticket.number}", "/requests?q=ourselves", "/requests?q=undone"):
        page = (await dora.page(path)).text
        assert not any(
            word in page.replace('value="ourselves"', "").replace('value="undone"', "")
            for word in ("ourselves", "undone", ben.email)
        ), path
    page = (await dora.page(f"/requests/{ticket.number}")).text
    assert "Have you tried water?" in page and "Ben Weber" in page
    hidden = await Message.objects().where(Message.body_text == "Between ourselves").first()
    assert hidden and (await dora.get(f"/requests/{ticket.number}/messages/{hidden.id}/frame")).status_code == 404


async def test_spam_trash_and_what_machines_opened_are_nowhere(guest: Callable[[], Guest]) -> None:
    kinds = ["spam_at = now()", "trashed_at = now()", "is_automatic = true"]
    tickets = [await a_ticket(f"Hidden {kind}") for kind in kinds]
    for ticket, kind in zip(tickets, kinds, strict=True):
        await rows(f"UPDATE hd_ticket SET {kind} WHERE id = {{}}", ticket.id)
    dora = guest()
    await dora.sign_in()
    assert "Hidden" not in (await dora.page("/requests")).text
    for ticket in tickets:
        assert (await dora.get(f"/requests/{ticket.number}")).status_code == 404


async def test_a_mail_of_a_machine_that_landed_there_is_masked(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    machine = await a_ticket(who=("noreply@chat.test", "Chat"))
    author = Actor(kind="customer", id=machine.customer, name="Chat")
    await join(
        ticket,
        NewMessage(
            author=author, body_text="Your code is 123-456", created_at=now(), mail=MailFacts(from_="noreply@chat.test")
        ),
    )
    dora = guest()
    await dora.sign_in()
    page = (await dora.page(f"/requests/{ticket.number}")).text
    assert "123-456" not in page and "It is not shown here" in page
    for words, is_found in (("123-4", False), ("code", False), ("burns", True)):
        assert ("Printer on fire" in (await dora.page(f"/requests?q={words}")).text) is is_found, words


async def test_the_database_knows_machines_by_their_addresses_as_we_do(database: None) -> None:
    names = [
        "noreply", "No-Reply+x", "MAILER-DAEMON", "bounces", "bounce-1=a.b", "list-owner", "owner-list", "robot", "exchange" + "0f" * 12,
        "donotreply42", "dora", "noah", "replyno", "x.noreply", "", "auto_confirm",
    ]  # fmt: skip
    found = await rows("SELECT name FROM unnest({}::text[]) AS name WHERE name ~* {}", names, MACHINE)
    assert [row["name"] for row in found] == [name for name in names if is_machine(f"{name}@x.test")]
    assert len(found) == 10


async def test_an_answer_is_a_message_like_a_mails(guest: Callable[[], Guest]) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    places = await _with_a_file(ticket)
    await _answer(ticket, "Have you tried water?", by=ben)
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
    answer = await _answer(ticket, "On our way", by=ben)
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


async def test_a_new_answer_is_marked_until_it_is_read(guest: Callable[[], Guest]) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    dora = guest()
    await dora.sign_in()
    assert "New answer" not in (await dora.page("/requests")).text
    await _answer(ticket, "Have you tried water?", by=ben)
    assert "New answer" in (await dora.page("/requests")).text
    await dora.page(f"/requests/{ticket.number}")
    assert "New answer" not in (await dora.page("/requests")).text


async def test_lists_search_by_words_and_turn_pages(guest: Callable[[], Guest]) -> None:
    for number in range(45):
        await a_ticket(
            f"Plate {number:02}",
            text="۱۲ بشقاب كم است" if number == 7 else "Twelve plates",
            at=now() - timedelta(minutes=number),
        )
    dora = guest()
    await dora.sign_in()
    seen: list[str] = []
    path = "/requests"
    for _page in range(3):
        page = (await dora.page(path)).text
        seen += re.findall(r"Plate \d\d", page)
        more = re.search(r'href="(/requests[^"]*cursor=[^"]+)"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert seen == [f"Plate {number:02}" for number in range(45)] and not path
    for words, wanted in (("12 کم", ["Plate 07"]), ("plate 09", ["Plate 09"]), ("100%", [])):
        page = (await dora.page(f"/requests?q={words.replace('%', '%25')}")).text
        assert re.findall(r"Plate \d\d", page.replace(f'value="{words}"', "")) == wanted, words
    assert (await dora.get("/requests?cursor=nonsense")).status_code == 422


async def test_among_very_many_requests_words_are_found_by_the_index(
    guest: Callable[[], Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.tickets.requests.NEWEST", 3)
    ben, last = await hire("ben"), 0
    for number in range(8):
        ticket = await a_ticket(f"Plate {number}", text="A cracked plate", at=now() - timedelta(minutes=number))
        last = ticket.number
        if number == 7:
            await _answer(ticket, "Glued together.", by=ben)
            await note(ticket, Draft(body_text="A nuisance."), by=ben, at=now())
            await rows("UPDATE hd_ticket SET last_message_at = now() - interval '1 hour' WHERE id = {}", ticket.id)
    dora = guest()
    await dora.sign_in()
    for words, wanted in {
        "crack plate": range(8), "glue": [7], "nuisance": [], f"%23{last}": [7], "lue": [], "acked": range(4), "%25": [],
    }.items():  # fmt: skip
        page = (await dora.page(f"/requests?q={words}")).text
        assert re.findall(r"Plate (\d)<", page) == [str(number) for number in wanted], words


async def test_a_merged_request_leads_to_where_it_goes_on(guest: Callable[[], Guest]) -> None:
    kept, merged = await a_ticket("Kept"), await a_ticket("Merged")
    await rows("UPDATE hd_ticket SET merged_into = {} WHERE id = {}", kept.id, merged.id)
    dora = guest()
    await dora.sign_in()
    assert (await dora.get(f"/requests/{merged.number}")).headers["location"] == f"/requests/{kept.number}"


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


async def test_a_request_merged_into_somebody_elses_shows_its_owner_their_part_of_it(
    guest: Callable[[], Guest],
) -> None:
    ben, eves = await hire("ben"), await a_ticket("Eve's own", text="Eve's words", who=EVE)
    ticket, between = await a_ticket("Printer on fire"), await a_ticket("Fay's", text="Fay's words", who=FAY)
    places = await _with_a_file(ticket)
    await _answer(ticket, "Use water.", by=ben)
    await merge_into(ticket, between, by=ben, at=now())
    await merge_into(between, eves, by=ben, at=now())
    await _answer(eves, "Nobody else's business.", by=ben)
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


async def test_html_is_shown_in_a_frame_that_can_run_nothing_and_loads_nothing(guest: Callable[[], Guest]) -> None:
    places = await _with_a_file(await a_ticket())
    dora = guest()
    await dora.sign_in()
    answer = await dora.get(f"/requests/{places['n']}/messages/{places['message']}/frame")
    policy = answer.headers["content-security-policy"]
    assert (
        "sandbox" in policy
        and "script" not in policy
        and "img-src 'self' data:;" in policy
        and "'https://track.test" not in answer.text
    )
    file = await dora.get(f"/requests/{places['n']}/files/{places['file']}")
    assert (
        file.headers["content-disposition"].startswith("attachment")
        and file.headers["x-content-type-options"] == "nosniff"
    )


async def test_a_list_costs_the_same_however_long(
    guest: Callable[[], Guest], queries_at_most: Callable[[int], Any]
) -> None:
    await a_ticket()
    dora = guest()
    await dora.sign_in()
    await dora.page("/requests")
    with queries_at_most(4):
        await dora.page("/requests")
    for number in range(15):
        await a_ticket(f"More {number}")
    with queries_at_most(4):
        await dora.page("/requests")


async def _status(ticket: Ticket) -> str:
    found = await Ticket.objects().get(Ticket.id == ticket.id)
    assert found
    return found.status


def _slip(page: str) -> str:
    found = re.search(r'name="slip" value="([^"]+)"', page)
    assert found, page[:1500]
    return found[1]


async def test_addresses_are_proved_one_by_one(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    await Identity(customer=ticket.customer, kind="email", value="second@customer.test", created_at=now()).save()
    dora = guest()
    await dora.sign_in()
    proved = {one.value for one in await Identity.objects().where(Identity.verified_at.is_not_null())}
    assert proved == {DORA[0]}


async def test_a_formatted_answer_stands_in_the_page_with_its_images(guest: Callable[[], Guest]) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    image = await upload("screen.png", "image/png", b"\x89PNG", by=ben, at=now(), is_inline=True)
    html = f'<div dir="auto">Press <strong>both</strong> <img src="cid:{image.content_id}" alt="screen.png"></div>'
    draft = Draft(body_text="Press both screen.png", body_html=html, uploads=[image.id])
    await reply(ticket, draft, by=ben, at=now(), leaving=Leaving(hold=timedelta(0)))
    dora = guest()
    await dora.sign_in()
    page = (await dora.page(f"/requests/{ticket.number}")).text
    place = f"/requests/{ticket.number}/files/{image.id}"
    assert "<strong>both</strong>" in page and f'src="{place}"' in page and "mail-frame" not in page
    assert f'href="{place}"' not in page and (await dora.get(place)).headers["content-type"] == "image/png"
