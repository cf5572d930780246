"""Conversations on paper and as transcripts, which never hold a note."""

from collections.abc import Callable

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.queries import find_ticket
from helpdesk.tickets.replying import Draft, note, reply
from helpdesk.tickets.tables import Attachment, Message
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
PATH = "/console/tickets/1001"


async def a_conversation(browser: Browsers) -> Browser:
    await a_ticket(text="It burns.")
    ben = await hire("ben")
    ticket = await find_ticket(1001, seen_by=ben)
    await reply(ticket, Draft(body_text="Throw <b>water</b>."), by=ben, at=now())
    await note(ticket, Draft(body_text="They are angry."), by=ben, at=now())
    return await browser().sign_in(ben)


async def test_the_paper_has_the_conversation_and_notes_if_wanted(browser: Browsers) -> None:
    visitor = await a_conversation(browser)
    page = (await visitor.get(f"{PATH}/print")).text
    assert "It burns." in page and "Throw &lt;b&gt;water" in page and "They are angry." not in page
    assert 'class="console' not in page and "<script" not in page
    assert "They are angry." in (await visitor.get(f"{PATH}/print?notes=1")).text


async def test_a_transcript_is_saved_without_notes(browser: Browsers) -> None:
    visitor = await a_conversation(browser)
    assert "2 messages between the customer and you" in (await visitor.get(f"{PATH}/transcript")).text
    for kind, ending, written in (("html", "html", "Throw &lt;b&gt;water"), ("text", "txt", "Throw <b>water")):
        answer = await visitor.get(f"{PATH}/transcript/{kind}")
        assert f"1001.{ending}" in answer.headers["content-disposition"]
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "It burns." in answer.text and written in answer.text and "angry" not in answer.text


async def test_a_transcript_is_mailed_to_the_customer(browser: Browsers) -> None:
    visitor = await a_conversation(browser)
    assert (await visitor.post(f"{PATH}/transcript", {"text": ""})).status_code == 303
    message = await Message.objects().order_by(Message.id, ascending=False).first()
    assert message is not None and message.body_text == "Attached is our conversation so far."
    file = await Attachment.objects().get(Attachment.message == message.id)
    assert file is not None and file.name == "1001.html"
    [delivery] = await rows("SELECT state, to_addresses FROM hd_delivery WHERE message_id = {}", message.id)
    assert (delivery["state"], delivery["to_addresses"]) == ("queued", ["dora@customer.test"])
    lia = await browser().sign_in(await hire("lia"))
    assert (await lia.get(f"{PATH}/transcript/text")).status_code == 200
    assert (await lia.post(f"{PATH}/transcript", {"text": ""})).status_code == 403
