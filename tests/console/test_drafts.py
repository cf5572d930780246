"""The composer's drafts, recipients and ways to send, by pages with and without scripts."""

import re
from collections.abc import Callable
from datetime import timedelta

from helpdesk.channels.tables import Channel
from helpdesk.customers.tables import Customer, Identity
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.tables import Agent
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.tables import Attachment, KeptDraft, Message, Ticket
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.console.test_recipients import hidden, writes
from tests.make import a_ticket

Browsers = Callable[[], Browser]


def base(ticket: Ticket) -> str:
    return f"/console/tickets/{ticket.number}"


async def test_a_draft_is_there_wherever_its_author_signs_in(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    visitor = await browser().sign_in(ben)
    kept = (await visitor.post("/console/uploads", files={"file": ("plan.pdf", b"%PDF", "application/pdf")})).json()
    typed = {
        "text": "Dear Dora,",
        "cc": "eve@stranger.test",
        "attachment_ids": kept["id"],
        "version": "0",
        "once": "form",
    }
    saved = await visitor.post(f"{base(ticket)}/drafts/reply", typed)
    assert saved.status_code == 200 and saved.json()["version"] == 1 and not saved.json()["behind"]
    page = (await (await browser().sign_in(ben)).get(base(ticket))).text
    assert "Dear Dora,</textarea>" in page and 'value="eve@stranger.test"' in page and "plan.pdf" in page
    assert "You have a draft here" in page and "Saved " in page
    assert "Dear Dora" not in (await (await browser().sign_in(cleo)).get(base(ticket))).text
    listed = (await visitor.get("/console?view=drafts")).text
    assert f'id="row-{ticket.number}"' in listed
    assert "No drafts" in (await (await browser().sign_in(cleo)).get("/console?view=drafts")).text


async def test_sending_takes_the_draft_along_and_undo_brings_all_of_it_back(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    typed = {
        "text": "Wrong",
        "to": "dora@customer.test",
        "cc": "boss@customer.test",
        "bcc": "eve@stranger.test",
        "once": "form",
    }
    await visitor.post(f"{base(ticket)}/drafts/reply", typed)
    answer = await visitor.post(f"{base(ticket)}/replies", typed | {"then": "solve"}, htmx=True)
    assert answer.status_code == 200 and await KeptDraft.count() == 0
    delivery = await Delivery.objects().first()
    assert delivery and (delivery.to, delivery.cc, delivery.bcc) == ([typed["to"]], [typed["cc"]], [typed["bcc"]])
    late = await visitor.post(f"{base(ticket)}/drafts/reply", typed)
    assert late.status_code == 204 and await KeptDraft.count() == 0
    back = await visitor.post(f"/console/messages/{delivery.message_id}/undo", htmx=True)
    assert "Wrong</textarea>" in back.text
    for address in ("boss@customer.test", "eve@stranger.test"):
        assert f'value="{address}"' in back.text
    fresh = await Ticket.objects().get(Ticket.id == ticket.id)
    assert fresh and fresh.status == "new" and await KeptDraft.count() == 1


async def test_a_note_that_was_begun_beside_a_reply_is_saved_however_late(browser: Browsers) -> None:
    """Both kinds stand in one form, and the reply may be sent before the pause in which the note is saved."""
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    sent = await visitor.post(f"{base(ticket)}/replies", {"text": "It is on its way.", "once": "form"}, htmx=True)
    late = await visitor.post(f"{base(ticket)}/drafts/note", {"text": "Ask the warehouse.", "once": "form"})
    assert sent.status_code == late.status_code == 200
    assert [(one.kind, one.text) for one in await KeptDraft.objects()] == [("note", "Ask the warehouse.")]


async def test_discard_is_undone_and_an_earlier_version_is_had_back(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor, drafts = await browser().sign_in(ben), f"{base(ticket)}/drafts/note"
    await visitor.post(drafts, {"text": "A long note that is worth keeping for a while", "once": "one"})
    await visitor.post(drafts, {"text": "Short", "once": "one", "version": "1"})
    gone = await visitor.post(f"{drafts}/discard", {"once": "one"}, htmx=True)
    assert "The draft was discarded." in gone.text and re.search(r"<textarea[^>]*></textarea>", gone.text)
    assert "Short</textarea>" in (await visitor.post(f"{drafts}/recovery", htmx=True)).text
    for htmx in (True, False):
        versions = (await visitor.get(f"{drafts}/versions", htmx=htmx)).text
        assert "A long note that is worth keeping for a while" in versions
    found = re.search(r"/versions/(\d+)", versions)
    assert found
    restored = await visitor.post(f"{drafts}/versions/{found[1]}")
    assert "A long note that is worth keeping for a while</textarea>" in restored.text


async def test_the_draft_of_a_new_ticket_stands_in_the_view_and_is_opened_from_there(browser: Browsers) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    visitor = await browser().sign_in(ben)
    typed = {"name": "Fay Colleague", "subject": "About the lamp", "text": "It blinks.", "once": "form"}
    await visitor.post("/console/tickets/new/drafts/new", typed)
    listed = (await visitor.get("/console?view=drafts")).text
    row = re.search(r'<div class="ticket new-draft">.*?</div>', listed, re.DOTALL)
    assert row and all(
        words in row[0] for words in ("Fay Colleague", "About the lamp", "It blinks.", 'href="/console/tickets/new"')
    )
    assert "No drafts" not in listed and re.search(r"Drafts</span><span class=\"count\">1<", listed)
    assert "It blinks.</textarea>" in (await visitor.get("/console/tickets/new")).text
    assert "new-draft" not in (await visitor.get("/console?view=open")).text
    assert "new-draft" not in (await (await browser().sign_in(cleo)).get("/console?view=drafts")).text
    await visitor.post("/console/tickets/new/drafts/new/discard", {"once": "form"})
    assert "No drafts" in (await visitor.get("/console?view=drafts")).text


async def test_drafts_out_of_reach_are_not_there(browser: Browsers) -> None:
    ben, lia, cleo = await hire("ben"), await hire("lia"), await hire("cleo")
    ticket, board = await a_ticket(), await make_team("Board", cleo, is_private=True)
    secret = await a_ticket("Secret", team=board.id)
    visitor = await browser().sign_in(ben)
    for path in (f"{base(secret)}/drafts/note", f"{base(ticket)}/drafts/nonsense", f"{base(ticket)}/drafts/new"):
        assert (await visitor.post(path, {"text": "x"})).status_code == 404, path
    for path in ("composer?mode=forward", "recipients?to=x", "below", "drafts/reply/versions"):
        assert (await visitor.get(f"{base(secret)}/{path}")).status_code == 404, path
    light = await browser().sign_in(lia)
    assert (await light.post(f"{base(ticket)}/drafts/reply", {"text": "x"})).status_code == 403
    assert (await light.post(f"{base(ticket)}/questions", {"text": "x", "to": "v@x.test"})).status_code == 403
    assert (await light.post(f"{base(ticket)}/drafts/note", {"text": "x"})).status_code == 200


async def test_what_is_newer_is_shown_and_send_anyway_sends(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    visitor = await browser().sign_in(ben)
    page = (await visitor.get(base(ticket))).text
    await note(ticket, Draft(body_text="Wait: <b>ask</b> billing first"), by=cleo, at=now())
    typed = {"text": "All is well", "to": "dora@customer.test", "seen": hidden(page, "seen"), "answering": hidden(page, "answering")}  # fmt: skip
    for htmx in (True, False):
        answer = await visitor.post(f"{base(ticket)}/replies", typed, htmx=htmx)
        assert answer.status_code == 409 and "All is well</textarea>" in answer.text
        assert "Wait: &lt;b&gt;ask&lt;/b&gt; billing first" in answer.text and "Send anyway" in answer.text
    assert await Delivery.count() == 0
    again = typed | {"seen": hidden(answer.text, "seen"), "once": hidden(answer.text, "once")}
    assert (await visitor.post(f"{base(ticket)}/replies", again, htmx=True)).status_code == 200
    assert await Delivery.count() == 1


async def test_recipients_left_alone_follow_the_conversation_and_chosen_ones_stay(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    page = (await visitor.get(base(ticket))).text
    await writes(ticket, ("dora@customer.test", "Dora Dogan"), cc=("eve@stranger.test",))
    seen = {"seen": hidden(page, "seen"), "answering": hidden(page, "answering"), "text": "Hello"}
    left = await visitor.post(f"{base(ticket)}/replies", seen | {"to": "dora@customer.test", "cc": ""}, htmx=True)
    assert left.status_code == 409 and re.search(r'name="cc" value="eve@stranger.test"', left.text)
    chosen = await visitor.post(f"{base(ticket)}/replies", seen | {"to": "boss@customer.test", "cc": ""}, htmx=True)
    assert re.search(r'name="to" value="boss@customer.test"', chosen.text)
    assert "Were on the last mail and will not get this" in chosen.text


async def test_a_wrong_address_is_told_at_its_field_and_everything_is_kept(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    typed = {"text": "Hello", "to": "dora@customer.test", "cc": "nobody"}
    answer = await visitor.post(f"{base(ticket)}/replies", typed, htmx=True)
    assert answer.status_code == 422 and "“nobody” is not an e-mail address." in answer.text
    assert "Hello</textarea>" in answer.text and 'value="nobody"' in answer.text
    told = await visitor.get(f"{base(ticket)}/recipients", params={"to": "nobody", "cc": "", "bcc": ""}, htmx=True)
    assert told.status_code == 200 and "“nobody” is not an e-mail address." in told.text
    assert (await visitor.post(f"{base(ticket)}/notes", typed, htmx=True)).status_code == 200


async def test_the_send_button_remembers_what_was_chosen_from_its_menu(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    for then, status, remembered in (("solve", "solved", "send"), ("always-wait", "pending", "wait"), ("send", "pending", "wait")):  # fmt: skip
        assert (await visitor.post(f"{base(ticket)}/replies", {"text": then, "then": then})).status_code == 303
        fresh = await Ticket.objects().get(Ticket.id == ticket.id)
        agent = await Agent.objects().get(Agent.id == ben.id)
        assert fresh and agent and (fresh.status, agent.sends) == (status, remembered)
    assert "Send and wait</button>" in (await visitor.get(base(ticket))).text
    assert (await visitor.post(f"{base(ticket)}/replies", {"text": "x", "then": "explode"})).status_code == 422


async def test_a_reply_is_sent_later_by_spoken_time_shown_and_sent_now(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    typed = {"text": "Are you there?", "then": "later", "unless_answered": "1"}
    for bad in ("", "when it suits"):
        answer = await visitor.post(f"{base(ticket)}/replies", typed | {"later": bad}, htmx=True)
        assert answer.status_code == 422 and "Are you there?</textarea>" in answer.text
        assert 'id="composer-later-error"' in answer.text
    answer = await visitor.post(f"{base(ticket)}/replies", typed | {"later": "tomorrow 9:00"}, htmx=True)
    assert answer.status_code == 200 and "Will be sent " in answer.text
    delivery = await Delivery.objects().first()
    assert delivery and delivery.unless_answered and delivery.not_before > now() + timedelta(hours=1)
    page = (await visitor.get(base(ticket))).text
    assert "not if the customer writes first" in page and "Send now" in page and "Back to draft" in page
    await visitor.post(f"/console/messages/{delivery.message_id}/send-now")
    [row] = await rows("SELECT not_before <= now() AS is_due FROM hd_delivery")
    assert row["is_due"]
    exact = (now() + timedelta(hours=3)).isoformat()
    assert (await visitor.post(f"{base(ticket)}/replies", typed | {"then": f"later:{exact}"})).status_code == 303
    assert (await visitor.post(f"{base(ticket)}/replies", typed | {"then": "later:soon"})).status_code == 422


async def test_an_outsider_is_asked_by_a_form_of_its_own(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    form = (await visitor.get(f"{base(ticket)}/composer?mode=forward", htmx=True)).text
    assert "The customer sees neither this nor the answer." in form and "Please help, it burns." in form
    chosen = re.search(r'name="quoting" value="(\d+)" checked', form)
    assert chosen
    typed = {"text": "", "to": "vendor@supplier.test", "quoting": chosen[1]}
    refused = await visitor.post(f"{base(ticket)}/questions", typed | {"to": "dora@customer.test"}, htmx=True)
    assert refused.status_code == 422 and "Write a reply instead." in refused.text
    assert (await visitor.post(f"{base(ticket)}/questions", typed, htmx=True)).status_code == 200
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message and message.audience == "internal" and message.thread == message.id
    thread = (await visitor.get(f"{base(ticket)}/composer?mode=forward&thread={message.id}", htmx=True)).text
    assert 'value="vendor@supplier.test"' in thread and f'name="thread" value="{message.id}"' in thread


async def test_what_stands_below_is_shown_as_it_will_be_sent(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await rows("UPDATE hd_agent SET signature = 'Kind regards, Ben'")
    visitor = await browser().sign_in(ben)
    below = (await visitor.get(f"{base(ticket)}/below", htmx=True)).text
    assert "Kind regards, Ben" in below and "Dora Dogan wrote:" in below and "it burns" in below
    await Channel.update({Channel.quotes: "none"}, force=True)
    assert "wrote:" not in (await visitor.get(f"{base(ticket)}/below", htmx=True)).text
    await visitor.post(f"{base(ticket)}/replies", {"text": "Hello"})
    delivery = await Delivery.objects().first()
    assert delivery and "burns" not in delivery.mail


async def test_a_call_becomes_a_ticket_of_the_phone_with_its_caller(browser: Browsers) -> None:
    ben = await hire("ben")
    visitor = await browser().sign_in(ben)
    typed = {"kind": "call", "phone": "+98 (912) 345-6789", "name": "نسرین", "language": "fa", "subject": "Parcel", "text": "She asks where it is.", "team": "", "priority": "low"}  # fmt: skip
    assert (await visitor.post("/console/tickets/new/drafts/new", typed | {"once": "form"})).json()["version"] == 1
    assert "She asks where it is.</textarea>" in (await visitor.get("/console/tickets/new")).text
    assert (await visitor.post("/console/tickets/new", typed | {"version-new": "1"})).status_code == 303
    assert (await visitor.post("/console/tickets/new", typed | {"kind": "note", "subject": "Again"})).status_code == 303
    assert await Customer.count() == 1 and await KeptDraft.count() == 0 and await Delivery.count() == 0
    identity = await Identity.objects().first()
    assert identity and (identity.kind, identity.value) == ("phone", "+989123456789")
    first, second = await Ticket.objects().order_by(Ticket.id)
    channel = await Channel.objects().get(Channel.id == first.channel)
    assert channel and channel.kind == "phone" and second.channel == first.channel and first.language == "fa"
    said, noted = await Message.objects().order_by(Message.id)
    assert (said.author_kind, said.audience, noted.author_kind, noted.audience) == ("customer", "public", "agent", "internal")  # fmt: skip
    found = (await visitor.get("/console/tickets/new/people?q=0912345", htmx=True)).text
    assert "+989123456789" in found and 'data-language="fa"' in found
    mail = await visitor.post("/console/tickets/new", typed | {"kind": "mail"})
    assert mail.status_code == 422 and "Give the address that it goes to." in mail.text
    assert (await visitor.post("/console/tickets/new", typed | {"phone": "12"})).status_code == 422


async def test_files_of_a_draft_stay_their_authors(browser: Browsers) -> None:
    ben, cleo, ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    theirs = (await (await browser().sign_in(cleo)).post("/console/uploads", files={"file": ("a.txt", b"1", "text/plain")})).json()  # fmt: skip
    visitor = await browser().sign_in(ben)
    await visitor.post(f"{base(ticket)}/drafts/reply", {"text": "x", "attachment_ids": theirs["id"]})
    assert "a.txt" not in (await visitor.get(base(ticket))).text and await Attachment.count() == 1


async def test_a_draft_to_an_outsider_whose_conversation_is_gone_does_not_take_the_page_along(
    browser: Browsers,
) -> None:
    visitor, ticket = await browser().sign_in(await hire("ben")), await a_ticket()
    for thread in ("999999", "9" * 18, "x"):
        saved = await visitor.post(f"{base(ticket)}/drafts/forward", {"text": "Any news?", "thread": thread})
        assert saved.status_code == 200
        page = await visitor.get(base(ticket))
        assert page.status_code == 200 and "Any news?" in page.text
