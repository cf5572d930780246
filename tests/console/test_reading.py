"""Whatever a customer sent can be read or saved: no file is hidden by mistake, and no words are only in the HTML."""

from collections.abc import Callable

import pytest

from helpdesk.channels.email.sanitising import cids_shown, sanitise
from helpdesk.console.timeline import shows_as_html
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel import blobs
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.messages import NewAttachment, NewMessage
from helpdesk.tickets.opening import open_ticket
from tests.cast import DORA, hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
STUB = "To read this mail, use a program that shows HTML."


async def a_mail(text: str, html: str, *files: tuple[str, str, str]) -> int:
    """A ticket's number; files are (name, type, Content-ID) and inline."""
    customer = await find_or_create(*DORA, language="en", at=now())
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    blob = await blobs.keep(b"content")
    attachments = [
        NewAttachment(name=name, content_type=kind, size=7, blob=blob, content_id=cid, is_inline=True)
        for name, kind, cid in files
    ]
    message = NewMessage(
        author=author, body_text=text, body_html=sanitise(html).html, created_at=now(), attachments=attachments
    )
    ticket, _written = await open_ticket(
        subject="HTML", customer=customer, channel=None, message=message, by=author, at=now()
    )
    return ticket.number


async def test_only_an_image_that_stands_in_the_html_is_not_listed_beside_it(browser: Browsers) -> None:
    html = '<p>About cid:named <a href="https://x.test/cid:linked">here</a></p><img src="cid:logo12"><img src="cid:doc"><img src="cid:twin"><img src="cid:a%20b@c">'
    number = await a_mail(
        "About cid:named here", html,
        ("logo12.png", "image/PNG", "logo12"), ("odd.png", "image/png", "a b@c"), ("part.png", "image/png", "logo1"),
        ("named.png", "image/png", "named"), ("linked.png", "image/png", "linked"), ("contract.pdf", "application/pdf", "doc"),
        ("drawing.svg", "image/svg+xml", "doc"), ("first.png", "image/png", "twin"), ("second.png", "image/png", "twin"),
    )  # fmt: skip
    visitor = await browser().sign_in(await hire("ben"))
    page, frame = await visitor.get(f"/console/tickets/{number}"), await visitor.get("/console/messages/1/frame")
    for name, is_listed in {
        "logo12.png": False, "odd.png": False, "part.png": True, "named.png": True, "linked.png": True, "contract.pdf": True,
        "drawing.svg": True, "first.png": True, "second.png": False,
    }.items():  # fmt: skip
        assert (f">{name}</bdi>" in page.text) is is_listed, name
    shown = [file for file in range(1, 10) if f'src="/console/attachments/{file}"' in frame.text]
    assert shown == [1, 2, 9]
    as_text = await visitor.get(f"/console/tickets/{number}/timeline/m1?plain=1", htmx=True)
    assert as_text.text.count('class="attachment"') == 9


def test_ids_of_images_are_read_from_their_src_alone() -> None:
    html = sanitise('<img alt="cid:no" src="cid:a&amp;b%41"><td background="cid:back">cid:text</td>').html
    assert cids_shown(html) == {"a&bA"}


@pytest.mark.parametrize(
    ("text", "html", "says_more"),
    [(STUB, "<p>Your contract ends on Monday.</p>", True), ("Your contract ends on Monday.", "<p>Your <span>contract</span><br>ends on Monday.</p>", False),
     ("کتاب ۱۲ را می‌خواهم", "<div>كتاب 12 را می‌خواهم</div>", False), ("", "<p></p>", False), ("", "<p>Hello</p>", True),
     ("Hello", "<p>Hello</p>" + "<p>Hello</p>" * 5000, True)],
)  # fmt: skip
def test_words_that_only_the_html_has_are_shown(text: str, html: str, says_more: bool) -> None:
    assert shows_as_html({"body_text": text, "quoted_text": "", "body_html": html}) is says_more


def test_words_of_the_folded_part_count_as_shown() -> None:
    assert not shows_as_html(
        {"body_text": "Yes", "quoted_text": "> Shall we?", "body_html": "<p>Yes</p><p>Shall we?</p>"}
    )


async def test_a_stub_is_shown_as_its_html_and_either_form_can_be_asked_for(browser: Browsers) -> None:
    stub, plain = await a_mail(STUB, "<p>Your contract ends.</p>"), await a_mail("Hello you", "<p>Hello you</p>")
    visitor = await browser().sign_in(await hire("ben"))
    for number, key, is_html in ((stub, "m1", True), (plain, "m2", False)):
        base = f"/console/tickets/{number}"
        page = (await visitor.get(base)).text
        assert ("<iframe" in page, "Show as text" in page, "Show as it was formatted" in page) == (is_html, is_html, not is_html)  # fmt: skip
        for path, has_frame in (("plain", False), ("formatted", True)):
            assert ("<iframe" in (await visitor.get(f"{base}?{path}={key}")).text) is has_frame
            part = await visitor.get(f"{base}/timeline/{key}?{path}=1", htmx=True)
            assert ("<iframe" in part.text) is has_frame and f'id="item-{key}"' in part.text
    assert STUB in (await visitor.get(f"/console/tickets/{stub}/timeline/m1?plain=1", htmx=True)).text
