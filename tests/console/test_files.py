"""What strangers sent is served so that nothing in it can run."""

from collections.abc import Callable

import pytest

from helpdesk.channels.email.sanitising import sanitise
from helpdesk.console.files import disposition, served_type
from helpdesk.customers.finding import find_or_create
from helpdesk.kernel import blobs
from helpdesk.kernel.time import now
from helpdesk.people.actor import Actor
from helpdesk.tickets.messages import NewAttachment, NewMessage
from helpdesk.tickets.opening import open_ticket
from tests.cast import DORA, hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
PNG = b"\x89PNG\r\n\x1a\n"
HTML = '<p onclick="x()">Hello <b>you</b></p><script>alert(1)</script><img src="https://tracker.test/p.png"><img src="cid:logo"><table><tr><td>1</td></tr></table>'


async def _html_ticket() -> int:
    customer = await find_or_create(*DORA, language="en", at=now())
    author = Actor(kind="customer", id=customer.id, name=customer.name)
    files = [
        NewAttachment(name="logo.png", content_type="image/png", size=8, blob=await blobs.keep(PNG), content_id="logo", is_inline=True),
        NewAttachment(name="evil.html", content_type="text/html", size=9, blob=await blobs.keep(b"<script>x"), content_id=None),
    ]  # fmt: skip
    message = NewMessage(
        author=author, body_text="Hello you", body_html=sanitise(HTML).html, created_at=now(), attachments=files
    )
    ticket, _written = await open_ticket(
        subject="HTML", customer=customer, channel=None, message=message, by=author, at=now()
    )
    return ticket.number


async def test_the_html_of_a_mail_has_a_page_and_a_policy_of_its_own(browser: Browsers) -> None:
    ben, number = await hire("ben"), await _html_ticket()
    visitor = await browser().sign_in(ben)
    page = await visitor.get(f"/console/tickets/{number}")
    assert '<iframe class="mail-frame" src="/console/messages/1/frame"' in page.text
    assert "Images from elsewhere are not loaded." in page.text and "alert(1)" not in page.text
    assert "evil.html" in page.text and "logo.png" not in page.text
    frame = await visitor.get("/console/messages/1/frame")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith(
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:; style-src"
    )
    assert "script-src" not in policy and "allow-scripts" not in policy and "frame-ancestors 'self'" in policy
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    assert "<script" not in frame.text and "onclick" not in frame.text and "tracker.test" not in frame.text
    assert 'src="/console/attachments/1"' in frame.text


async def test_images_from_elsewhere_come_only_by_consent(browser: Browsers) -> None:
    ben, number = await hire("ben"), await _html_ticket()
    visitor = await browser().sign_in(ben)
    item = await visitor.get(f"/console/tickets/{number}/timeline/m1?images=1", htmx=True)
    assert "/console/messages/1/frame?images=1" in item.text and "Images from elsewhere" not in item.text
    frame = await visitor.get("/console/messages/1/frame?images=1")
    assert (
        "https://tracker.test/p.png" in frame.text
        and "img-src 'self' data: https: http:" in frame.headers["content-security-policy"]
    )


async def test_files_are_saved_and_pictures_shown(browser: Browsers) -> None:
    ben, _number = await hire("ben"), await _html_ticket()
    visitor = await browser().sign_in(ben)
    picture, page = await visitor.get("/console/attachments/1"), await visitor.get("/console/attachments/2")
    assert picture.content == PNG and picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("inline;")
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith('attachment; filename="evil.html"')
    for answer in (picture, page):
        assert (
            answer.headers["x-content-type-options"] == "nosniff"
            and "sandbox" in answer.headers["content-security-policy"]
        )


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ('a"b\\c.pdf', "attachment; filename=\"a_b_c.pdf\"; filename*=UTF-8''a%22b%5Cc.pdf"),
        ("گزارش.pdf", "attachment; filename=\"_____.pdf\"; filename*=UTF-8''%DA%AF%D8%B2%D8%A7%D8%B1%D8%B4.pdf"),
        ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
    ],
)  # fmt: skip
def test_names_of_files_are_exact_and_break_no_header(name: str, header: str) -> None:
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("sent", "served"),
    [("image/PNG", "image/png"), ("image/svg+xml", "application/octet-stream"), ("text/html", "application/octet-stream"),
     ("text/csv", "text/csv"), ("x\r\ny: z", "application/octet-stream"), ("application/xhtml+xml", "application/octet-stream")],
)  # fmt: skip
def test_what_could_run_is_only_bytes(sent: str, served: str) -> None:
    assert served_type(sent) == served


async def test_every_page_carries_the_strict_policy(browser: Browsers) -> None:
    ben = await hire("ben")
    for page in (await (await browser().sign_in(ben)).get("/console"), await browser().get("/console/sign-in")):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff" and page.headers["cache-control"] == "no-store"
        for forbidden in (" style=", " onclick=", "hx-on", "<script>", "javascript:"):
            assert forbidden not in page.text
