"""What a request shows its customer, and what it does not."""

from collections.abc import Callable
from datetime import timedelta

from helpdesk.channels.email.automatic import MACHINE, is_machine
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.joining import join
from helpdesk.tickets.messages import MailFacts, NewMessage
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.tables import Message
from helpdesk.tickets.uploading import upload
from tests.cast import hire
from tests.make import a_ticket
from tests.portal.conversing import answer_from_us, with_a_file
from tests.portal.guests import Guest


async def test_notes_what_was_taken_back_and_what_has_not_left_are_not_shown(guest: Callable[[], Guest]) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    await note(ticket, Draft(body_text="Between ourselves"), by=ben, at=now())
    await answer_from_us(ticket, "Have you tried water?", by=ben)
    await answer_from_us(ticket, "May still be undone", by=ben, hold=timedelta(hours=1))
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


async def test_a_new_answer_is_marked_until_it_is_read(guest: Callable[[], Guest]) -> None:
    ticket, ben = await a_ticket(), await hire("ben")
    dora = guest()
    await dora.sign_in()
    assert "New answer" not in (await dora.page("/requests")).text
    await answer_from_us(ticket, "Have you tried water?", by=ben)
    assert "New answer" in (await dora.page("/requests")).text
    await dora.page(f"/requests/{ticket.number}")
    assert "New answer" not in (await dora.page("/requests")).text


async def test_html_is_shown_in_a_frame_that_can_run_nothing_and_loads_nothing(guest: Callable[[], Guest]) -> None:
    places = await with_a_file(await a_ticket())
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
