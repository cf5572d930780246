"""A formatted answer from the form to whoever reads it: the thread, drafts, paper, the portal, and the customer's mail program."""

import email
import json
import re
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from html import unescape

import msgspec

from helpdesk.channels.email.composing import OutgoingAttachment, compose
from helpdesk.deliveries.queueing import Letter
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SYSTEM
from helpdesk.tickets.messages import NewAttachment, NewMessage, write
from helpdesk.tickets.tables import Attachment, Message
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
PATH = "/console/tickets/1001"
PNG = b"\x89PNG\r\n\x1a\n"


async def an_image(visitor: Browser, name: str = "screen.png", content_type: str = "image/png") -> dict[str, str]:
    files = {"file": (name, PNG, content_type)}
    kept = await visitor.post("/console/uploads", {"inline": "1"}, files=files)
    assert kept.status_code == 201
    return kept.json()


async def the_mail() -> EmailMessage:
    """What left last, as a mail program reads it."""
    [row] = await rows("SELECT mail FROM hd_delivery ORDER BY id DESC LIMIT 1")
    letter = msgspec.json.decode(row["mail"], type=Letter)
    files = [OutgoingAttachment(one.name, one.content_type, await blobs.read(one.blob), one.content_id) for one in letter.enclosures]  # fmt: skip
    read = email.message_from_bytes(compose(msgspec.structs.replace(letter.mail, attachments=tuple(files))), policy=policy.default)  # fmt: skip
    assert isinstance(read, EmailMessage)
    return read


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part
    return part.get_content().replace("\r\n", "\n")


async def test_a_formatted_answer_with_an_image_is_read_by_everybody_as_it_was_written(browser: Browsers) -> None:
    ben, _ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    image = await an_image(visitor)
    html = (
        '<div dir="auto">Press <strong>both</strong> <script>alert(1)</script><a href="https://x.example/">keys</a>:</div><ol dir="auto"><li dir="auto">one</li></ol>'
        f'<div dir="auto">سپس این: <img src="cid:{image["cid"]}" alt="screen.png" width="64" height="48"></div>'
    )
    sent = await visitor.post(f"{PATH}/replies", {"text": "what nobody sees", "html": html, "once": "one"}, htmx=True)
    assert sent.status_code == 200
    again = await visitor.post(f"{PATH}/replies", {"text": "", "html": html, "once": "one"}, htmx=True)
    assert again.status_code == 200 and await Message.count().where(Message.author_kind == "agent") == 1

    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message and message.body_text == "Press both keys <https://x.example/>:\n1. one\nسپس این:\nscreen.png"
    mail = await the_mail()
    assert body(mail, "plain").startswith(message.body_text)
    shown = body(mail, "html")
    assert "<strong>both</strong>" in shown and "alert" not in shown and f'src="cid:{image["cid"]}"' in shown
    assert (
        '<div dir="rtl" style="text-align:right">سپس' in shown
        and '<div dir="ltr" style="text-align:left">Press' in shown
    )
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == f"<{image['cid']}>" and picture.get_content_disposition() == "inline"
    assert [part.get_content_type() for part in mail.walk()][:4] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
    ]

    place = f"/console/attachments/{image['id']}"
    for page in (await visitor.get(PATH), await visitor.get(f"{PATH}/print")):
        assert "<strong>both</strong>" in page.text and f'src="{place}"' in page.text and "<iframe" not in page.text
    assert 'class="attachment" href' not in (await visitor.get(PATH)).text
    assert (await visitor.get(place)).headers["content-type"] == "image/png"
    transcript = (await visitor.get(f"{PATH}/transcript/html")).text
    assert "<strong>both</strong>" in transcript and "<img" in transcript and "/console/" not in transcript
    plain = (await visitor.get(f"{PATH}?plain=m{message.id}")).text
    assert "1. one" in plain and "<strong>both</strong>" not in plain and 'class="attachment" href' in plain


async def test_undo_and_drafts_keep_the_formatting_and_its_images(browser: Browsers) -> None:
    ben, _ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    image = await an_image(visitor)
    html = f'<div dir="auto"><em>Look</em> <img src="cid:{image["cid"]}" alt="screen.png"></div>'
    saved = await visitor.post(f"{PATH}/drafts/reply", {"text": "x", "html": html, "once": "two"})
    assert saved.status_code == 200
    [draft] = await rows("SELECT text, html, uploads FROM hd_draft")
    assert (draft["text"], draft["html"], draft["uploads"]) == ("Look\nscreen.png", html, [image["id"]])
    page = (await visitor.get(PATH)).text
    kept = json.loads(unescape(re.search(r"data-kept='([^']*)'", page)[1]))  # pyright: ignore[reportOptionalSubscript]
    assert kept["reply"]["html"] == html and "attachment_ids" not in page

    await visitor.post(f"{PATH}/replies", {"text": "x", "html": html, "once": "two"}, htmx=True)
    message = await Message.objects().where(Message.author_kind == "agent").first()
    assert message
    back = await visitor.post(f"/console/messages/{message.id}/undo", htmx=True)
    assert image["cid"] in back.text and "attachment_ids" not in back.text
    await visitor.post(f"{PATH}/drafts/reply", {"text": "Look", "html": "", "attachment_ids": str(image["id"])})
    assert "attachment_ids" in (await visitor.get(f"{PATH}/composer?mode=reply", htmx=True)).text


async def test_what_is_written_without_the_editor_over_a_formatted_draft_is_what_is_sent(browser: Browsers) -> None:
    ben, _ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    image = await an_image(visitor)
    html = f'<div dir="auto"><b>Look</b><br>here <img src="cid:{image["cid"]}" alt="screen.png"></div>'
    await visitor.post(f"{PATH}/drafts/reply", {"text": "", "html": html, "once": "three"})
    page = (await visitor.get(PATH)).text
    of = unescape(re.search(r'name="formatted" value="([^"]*)"', page)[1])  # pyright: ignore[reportOptionalSubscript]
    assert of == "Look\nhere\nscreen.png"
    typed = {"html": html, "formatted": of, "once": "three"}
    as_it_was = await visitor.post(f"{PATH}/notes", typed | {"text": of.replace("\n", "\r\n")}, htmx=True)
    assert as_it_was.status_code == 200
    note = await Message.objects().where(Message.author_kind == "agent").first()
    assert note and note.body_html == html

    image = await an_image(visitor)
    html = f'<div dir="auto"><b>Look</b><br>here <img src="cid:{image["cid"]}" alt="screen.png"></div>'
    typed |= {"html": html, "text": "Do not look there", "once": "four"}
    assert (await visitor.post(f"{PATH}/replies", typed, htmx=True)).status_code == 200
    [reply] = await Message.objects().where(Message.author_kind == "agent", Message.audience == "public")
    assert (reply.body_text, reply.body_html) == ("Do not look there", None)
    assert "Do not look there" in body(await the_mail(), "html")
    [file] = await Attachment.objects().where(Attachment.message == reply.id)
    assert (file.id, file.is_inline) == (image["id"], False)


async def test_an_image_that_the_text_does_not_show_is_a_file_and_others_can_not_be_taken(browser: Browsers) -> None:
    ben, cleo, _ticket = await hire("ben"), await hire("cleo"), await a_ticket()
    visitor, other = await browser().sign_in(ben), await browser().sign_in(cleo)
    mine, theirs = await an_image(visitor), await an_image(other)
    assert (await an_image(visitor, "a.svg", "image/svg+xml"))["cid"] is None
    html = f'<div dir="auto"><b>See</b> <img src="cid:{theirs["cid"]}" alt="theirs"></div>'
    await visitor.post(f"{PATH}/replies", {"text": "x", "html": html, "attachment_ids": str(mine["id"])}, htmx=True)
    files = await Attachment.objects().where(Attachment.message.is_not_null())
    assert [(one.id, one.is_inline, one.content_id) for one in files] == [(mine["id"], False, None)]
    page = (await visitor.get(PATH)).text
    assert 'alt="theirs"' in page and f"/attachments/{theirs['id']}" not in page


async def test_too_long_a_formatted_text_is_refused_and_says_so(browser: Browsers) -> None:
    ben, _ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    answer = await visitor.post(f"{PATH}/notes", {"text": "x", "html": "<b>x</b>" * 60_000}, htmx=True)
    assert answer.status_code == 422 and "too long" in answer.text


async def test_html_of_a_customer_never_stands_in_the_page_itself(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    await Message.update({Message.body_html: "<p>it <b>burns</b></p>"}).where(Message.ticket == ticket.id)
    page = (await (await browser().sign_in(ben)).get(PATH)).text
    assert "mail-frame" in page and "<b>burns</b>" not in page


async def test_a_forward_keeps_the_html_of_what_it_forwards_and_its_images(browser: Browsers) -> None:
    ben, ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    for text in ("first", "second"):  # both with the same Content-ID, as replies to replies have it
        logo = NewAttachment(name=f"{text}.png", content_type="image/png", size=8, blob=await blobs.keep(PNG), content_id="logo", is_inline=True)  # fmt: skip
        unseen = NewAttachment(name=f"{text}.pdf", content_type="application/pdf", size=8, blob=await blobs.keep(PNG), content_id="pdf")  # fmt: skip
        html = f'<table><tr><td style="color:#aa0000">{text}</td></tr></table><img src="cid:logo"><img src="blocked:https%3A%2F%2Ftracker.example%2Fx.png">'
        await write(ticket, NewMessage(author=SYSTEM, body_text=text, body_html=html, created_at=now(), attachments=[logo, unseen]))  # fmt: skip
    ids = [str(one.id) for one in await Message.objects().where(Message.body_text.is_in(["first", "second"]))]
    asked = {"text": "Can you?", "to": "vendor@supplier.test", "cc": "", "bcc": "", "quoting": ids}
    assert (await visitor.post(f"{PATH}/questions", asked, htmx=True)).status_code == 200
    mail = await the_mail()
    shown = body(mail, "html")
    assert "color:#aa0000" in shown and "tracker" not in shown and "Can you?" in shown
    cids = re.findall(r'src="cid:([^"]+)"', shown)
    assert len(set(cids)) == 2
    assert {part["Content-ID"] for part in mail.walk() if part["Content-ID"]} == {f"<{cid}>" for cid in cids}
    assert sorted(part.get_filename() or "" for part in mail.iter_attachments()) == ["first.pdf", "second.pdf"]
    assert "> first" in body(mail, "plain")


async def test_without_formatting_a_message_is_its_text_alone(browser: Browsers) -> None:
    ben, _ticket = await hire("ben"), await a_ticket()
    visitor = await browser().sign_in(ben)
    await visitor.post(f"{PATH}/notes", {"text": "Just  words.", "html": ""}, htmx=True)
    note = await Message.objects().where(Message.author_kind == "agent").first()
    assert note and (note.body_text, note.body_html) == ("Just  words.", None)
    assert await Delivery.count() == 0


async def test_a_new_ticket_is_written_with_formatting_and_images_and_kept_so(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    image = await an_image(visitor)
    html = f'<div dir="auto">Look <strong>here</strong></div><div dir="auto"><img src="cid:{image["cid"]}" alt="screen.png"></div>'
    typed = {
        "email": "nora@customer.test",
        "subject": "A picture",
        "text": "x",
        "html": html,
        "kind": "mail",
        "team": "",
        "once": "n",
    }
    assert (await visitor.post("/console/tickets/new/drafts/new", typed)).json()["version"] == 1
    page = (await visitor.get("/console/tickets/new")).text
    assert image["cid"] in page and "Look here\nscreen.png</textarea>" in page and "attachment_ids" not in page
    refused = await visitor.post("/console/tickets/new", typed | {"subject": ""})
    assert refused.status_code == 422 and image["cid"] in refused.text and "attachment_ids" not in refused.text
    plain = {"subject": "", "formatted": "Look here", "text": "Do not look."}
    rewritten = (await visitor.post("/console/tickets/new", typed | plain)).text
    assert "Do not look.</textarea>" in rewritten and "strong" not in rewritten, "the old HTML is not of these words"
    made = await visitor.post("/console/tickets/new", typed | {"version-new": "1"})
    assert made.status_code == 303, re.findall(r"error.*", made.text)
    message = await Message.objects().first()
    assert message and message.body_html == html and message.body_text == "Look here\nscreen.png"
    assert f"cid:{image['cid']}" in body(await the_mail(), "html")
