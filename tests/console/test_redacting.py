"""What is removed for good is nowhere any more; who did it and when stays."""

from collections.abc import Callable

import pytest

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, Refused
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent
from helpdesk.tickets.drafting import Typed, keep
from helpdesk.tickets.editing import rename
from helpdesk.tickets.merging import merge_into
from helpdesk.tickets.redacting import Redaction, redact, what_goes
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.tables import Event, Message, Ticket
from helpdesk.tickets.uploading import upload
from tests.api.conftest import ClientOf, client_of
from tests.cast import hire
from tests.console.browsing import Browser
from tests.intake.test_taking_in import a_mail, receive

SECRET = "4556 7375 8689 9855"
Browsers = Callable[[], Browser]

__all__ = ["client_of"]


async def everything() -> str:
    """All that the database says, apart from people and search indexes of other languages."""
    tables = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'hd\\_%'")
    said = ""
    for table in tables:
        for row in await rows(f"SELECT to_jsonb(t)::text AS said FROM {table['tablename']} t"):
            said += row["said"] + "\n"
    for row in await rows("SELECT content FROM hd_raw_message"):
        said += row["content"].decode(errors="replace")
    return said


async def a_leak() -> tuple[Ticket, Message]:
    """A mail with a card number, quoted in a reply, a note, a draft, the subject and its history."""
    mani, ben = await hire("mani"), await hire("ben")
    await receive(a_mail(Subject=f"My card {SECRET}", text=f"Please charge {SECRET} again.\nThank you."))
    ticket = await Ticket.objects().first()
    message = await Message.objects().first()
    assert ticket is not None and message is not None
    await reply(ticket, Draft(body_text="We did.", body_html=f"<p>We charged {SECRET}.</p>"), by=ben, at=now())
    await note(ticket, Draft(body_text="They sent 4556 7375\n8689 9855 in clear!"), by=ben, at=now())
    await keep(
        Typed(text=f"About {SECRET}"), kind="reply", ticket_id=ticket.id, once=None, version=0, by=mani, at=now()
    )
    await rename(ticket, f"Card {SECRET}", by=ben, at=now())
    return ticket, message


async def test_a_passage_is_gone_from_everywhere(database: None) -> None:
    ticket, message = await a_leak()
    mani = await hire_again("mani")
    assert SECRET in await everything()
    wanted = Redaction(passages=[SECRET])
    gone = await what_goes(ticket, message.id, wanted, by=mani)
    assert SECRET in await everything(), "looking changes nothing"
    assert (gone.originals, gone.drafts) == (1, 1) and gone.messages == 3
    assert await redact(ticket, message.id, wanted, by=mani, at=now()) == gone
    said = await everything()
    for part in (SECRET, "4556 7375", "8689 9855"):
        assert part not in said
    assert "Please charge █████ again." in said
    [event] = await Event.objects().where(Event.kind == "redacted")
    assert (event.actor_id, event.message) == (mani.id, message.id)
    with pytest.raises(Invalid, match="nowhere"):
        await redact(ticket, message.id, wanted, by=mani, at=now())


async def test_it_goes_from_what_is_kept_for_api_calls_from_copies_merged_subjects_and_drafts_fields(
    database: None, client_of: ClientOf
) -> None:
    ticket, message = await a_leak()
    mani = await hire_again("mani")
    await receive(a_mail(Subject=f"My card {SECRET}", text=f"Please charge {SECRET} again.\nThank you."))  # once more
    assert await rows("SELECT FROM hd_raw_message WHERE fate = 'duplicate'")
    api = await client_of(mani)
    new = {
        "subject": f"Also {SECRET}",
        "body_text": "Hello",
        "customer": {"email": "dora@customer.test", "name": "Dora"},
    }
    opened = await api.post("/tickets", json=new, headers={"idempotency-key": "1"})
    file = await upload("card.txt", "text/plain", SECRET.encode(), by=mani, at=now())
    said = {"audience": "internal", "body_text": f"It is {SECRET}.", "attachments": [file.id]}
    here = f"/tickets/{ticket.number}/messages"
    answered = await api.post(here, json=said, headers={"idempotency-key": "2"})
    other = await Ticket.objects().get(Ticket.number == opened.json()["number"])
    assert other
    await merge_into(other, ticket, by=mani, at=now())
    fields = {"subject": f"Fwd: {SECRET}"}
    await keep(
        Typed(text="See", fields=fields), kind="forward", ticket_id=ticket.id, once=None, version=0, by=mani, at=now()
    )
    fresh = await Ticket.objects().get(Ticket.id == ticket.id)
    assert fresh
    await redact(fresh, message.id, Redaction(passages=[SECRET]), by=mani, at=now())
    assert "4556" not in await everything()
    again = await api.post(here, json=said, headers={"idempotency-key": "2"})
    assert again.json() == answered.json() | {"body_text": "It is █████."}
    await redact(fresh, answered.json()["id"], Redaction(whole=True), by=mani, at=now())
    again = await api.post(here, json=said, headers={"idempotency-key": "2"})
    assert (again.json()["body_text"], again.json()["attachments"]) == ("█████", [])
    assert "card.txt" not in await everything()


async def test_a_whole_message_goes_with_its_files_and_where_it_is_quoted(database: None) -> None:
    ticket, message = await a_leak()
    mani = await hire_again("mani")
    file = await upload("card.txt", "text/plain", SECRET.encode(), by=mani, at=now())
    written = await note(
        ticket, Draft(body_text="A private thing that others quote.", uploads=[file.id]), by=mani, at=now()
    )
    quoting = await note(
        ticket, Draft(body_text="You said:\n> A private thing that\n> others quote."), by=mani, at=now()
    )
    gone = await redact(ticket, written.id, Redaction(whole=True), by=mani, at=now())
    assert gone.files == 1
    assert await rows("SELECT FROM hd_attachment") == []
    texts = {row["id"]: row["body_text"] for row in await rows("SELECT id, body_text FROM hd_message")}
    assert texts[written.id] == "█████" and "private" not in texts[quoting.id]
    assert SECRET in texts[message.id], "another message stays"


async def test_what_stands_in_the_subject_alone_goes_from_the_mail_log_too(database: None) -> None:
    mani = await hire("mani")
    await receive(a_mail(Subject=f"My card {SECRET}", text="See above."))
    [ticket], [message] = await Ticket.objects(), await Message.objects()
    await redact(ticket, message.id, Redaction(passages=[SECRET]), by=mani, at=now())
    [logged] = await rows("SELECT subject, words FROM hd_raw_message")
    assert "4556" not in await everything()
    assert ticket.subject == logged["subject"] == "My card █████" and "4556" not in logged["words"]


async def test_html_that_hides_it_between_tags_goes(database: None) -> None:
    ticket, _message = await a_leak()
    mani = await hire_again("mani")
    html = '<p>Card 4556 <b>7375</b> 8689 9855 <a href="https://x.test">see</a></p>'
    hidden = await note(ticket, Draft(body_text="Card 4556 7375 8689 9855 see", body_html=html), by=mani, at=now())
    await redact(ticket, hidden.id, Redaction(passages=[SECRET]), by=mani, at=now())
    kept = await Message.objects().get(Message.id == hidden.id)
    assert kept is not None and (kept.body_text, kept.body_html) == ("Card █████ see", None)


async def test_who_may_and_what_may_be_asked(database: None) -> None:
    ticket, message = await a_leak()
    mani, ben = await hire_again("mani"), await hire_again("ben")
    with pytest.raises(Refused):
        await redact(ticket, message.id, Redaction(passages=[SECRET]), by=ben, at=now())
    for wanted in (Redaction(), Redaction(passages=["ab"]), Redaction(passages=["nobody said this"])):
        with pytest.raises(Invalid):
            await redact(ticket, message.id, wanted, by=mani, at=now())


async def test_the_page_shows_what_will_be_gone_first(database: None, browser: Browsers) -> None:
    _ticket, message = await a_leak()
    path = f"/console/messages/{message.id}/redaction"
    ben = await browser().sign_in(await hire_again("ben"))
    assert (await ben.get(path)).status_code == (await ben.post(path, {"passages": SECRET})).status_code == 403
    mani = await browser().sign_in(await hire_again("mani"))
    assert "Copied from the message" in (await mani.get(path)).text
    shown = await mani.post(path, {"passages": SECRET})
    assert "This will be gone" in shown.text and "the original of 1 mail" in shown.text
    assert "stands nowhere" in (await mani.post(path, {"passages": "unsaid words"})).text
    assert (await mani.post(path, {"passages": SECRET, "sure": "1"})).status_code == 303
    opened = (await mani.get("/console/tickets/1001")).text
    assert SECRET not in opened and "redacted" in opened and "removed a part of a message for good" in opened


async def hire_again(name: str) -> SignedIn:
    """An agent who was hired before."""
    [row] = await rows("SELECT id FROM hd_agent WHERE email = {}", f"{name}@helpdesk.test")
    agent = await as_agent(row["id"])
    assert agent is not None
    return agent
