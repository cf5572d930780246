import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingAttachment, OutgoingMail, Quoted, compose

SUPPORT = Address("Support", "support@example.com")
DORA = Address("Dora Doe", "dora@customer.example")
MAIL = OutgoingMail(
    from_=SUPPORT,
    to=(DORA,),
    subject="Your order",
    date=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    message_id="abc.def@example.com",
    text="Hello Dora,\n\nit is on its way: https://shop.example/track?a=1&b=2.\n",
)
PERSIAN = "سلام،\n\nسفارش شما ارسال شد و تا فردا می‌رسد.\n"


def with_(**changes: Any) -> OutgoingMail:
    return msgspec.structs.replace(MAIL, **changes)


def read(mail: OutgoingMail) -> EmailMessage:
    message = email.message_from_bytes(compose(mail), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(mail: OutgoingMail, kind: str) -> str:
    part = read(mail).get_body((kind,))
    assert isinstance(part, EmailMessage)
    return part.get_content().replace("\r\n", "\n")


def test_a_mail_says_who_what_and_in_answer_to_what():
    message = read(with_(cc=(Address("", "boss@customer.example"),), in_reply_to="q@x", references=("p@x", "q@x")))

    assert message["From"] == "Support <support@example.com>"
    assert message["To"] == "Dora Doe <dora@customer.example>"
    assert message["Cc"] == "boss@customer.example"
    assert message["Subject"] == "Your order"
    assert message["Date"].datetime == MAIL.date
    assert message["Message-ID"] == "<abc.def@example.com>"
    assert message["In-Reply-To"] == "<q@x>"
    assert message["References"].split() == ["<p@x>", "<q@x>"]
    assert message["Auto-Submitted"] is None


def test_every_attempt_sends_the_same_bytes():
    mail = with_(attachments=(OutgoingAttachment("a.txt", "text/plain", b"x"),), html="<p>hi</p>")

    assert compose(mail) == compose(mail)


def test_text_and_html_say_the_same_in_persian_and_from_right_to_left():
    mail = with_(text=PERSIAN, language="fa", subject="سفارش شماره ۱۲۳ در راه است و به زودی به دست شما خواهد رسید")

    assert read(mail)["Subject"] == mail.subject
    assert body(mail, "plain").strip() == PERSIAN.strip()
    html = body(mail, "html")
    assert 'lang="fa" dir="rtl"' in html and '<p dir="rtl" style="text-align:right">سفارش شما' in html


def test_the_text_holds_marker_signature_and_quoted_history_in_this_order():
    mail = with_(
        marker="##- Please write above this line -##",
        text="New.",
        signature="Ben\nExample Ltd",
        quoted=Quoted("On Friday, Dora wrote:", "Where is it?\n\n> older"),
    )

    assert body(mail, "plain") == (
        "##- Please write above this line -##\n\nNew.\n\n-- \nBen\nExample Ltd\n\n"
        "On Friday, Dora wrote:\n> Where is it?\n>\n> > older\n"
    )
    html = body(mail, "html")
    assert html.index("New.") < html.index("Ben") < html.index("Dora wrote") < html.index('<blockquote type="cite"')


def test_markup_in_text_names_and_quotes_stays_text():
    mail = with_(text="<script>x</script>", signature="<b>Ben</b>", quoted=Quoted("<i>On</i>", "<img src=x>"))

    html = body(mail, "html")
    assert "<script" not in html and "<b>Ben" not in html and "<i>On" not in html and "<img" not in html


def test_automatic_mail_says_so():
    message = read(with_(automatic="auto-replied", instance_id="a1b2"))

    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] == "bulk"
    assert message["X-Helpdesk-Instance"] == "a1b2"


@pytest.mark.parametrize(
    "name", ["report.pdf", "گزارش خطا.pdf", 'a"b;c.txt', "x" * 190 + ".txt", "فاکتور" * 14 + ".pdf"]
)
def test_attachments_keep_name_and_bytes(name: str):
    content = bytes(range(256)) * 3
    message = read(with_(attachments=(OutgoingAttachment(name, "application/pdf", content),)))

    (file,) = message.iter_attachments()
    assert file.get_filename() == name
    assert file.get_content() == content
    assert file.get_content_type() == "application/pdf"


def test_inline_images_belong_to_the_html():
    image = OutgoingAttachment("logo.png", "image/png", b"png", content_id="logo@x")
    message = read(with_(html='<p><img src="cid:logo@x" alt="logo"></p>', attachments=(image,)))

    related = next(part for part in message.walk() if part.get_content_type() == "multipart/related")
    assert [part["Content-ID"] for part in related.iter_parts()] == [None, "<logo@x>"]


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "text/html\r\nX: y", "nonsense", ""])
def test_a_content_type_that_cannot_be_written_becomes_a_plain_file(kind: str):
    message = read(with_(attachments=(OutgoingAttachment("a.eml", kind, b"Subject: x\r\n\r\ny"),)))

    (file,) = message.iter_attachments()
    assert file.get_content_type() == "application/octet-stream"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\r\nBcc: eve@x"},
        {"subject": "a\0b"},
        {"to": (Address("a\nb", "a@x.example"),)},
        {"to": (Address("", "a@x.example>\r\nBcc: <b@x"),)},
        {"to": (Address("", "a@x, b@x"),)},
        {"to": (Address("", "no-at-sign"),)},
        {"to": (Address("", "دورا@x.example"),)},
        {"message_id": "a b@x"},
        {"message_id": "a@x>\r\nX: <"},
        {"instance_id": "x\ny", "automatic": "auto-replied"},
        {"language": 'fa"><script>'},
        {"attachments": (OutgoingAttachment("a\r\nb", "text/plain", b""),)},
        {"extra_headers": (("X-A\r\nB", "c"),)},
        {"extra_headers": (("X-A", "b\nc"),)},
    ],
)
def test_nothing_breaks_out_of_a_header(changes: dict[str, Any]):
    with pytest.raises(ValueError):
        compose(with_(**changes))


def test_a_strange_reference_of_another_mail_is_left_out_and_a_long_thread_is_cut():
    ids = tuple(f"{number}@x" for number in range(100))
    message = read(with_(references=("first@x", "bad id@x\r\nBcc: e", "ü@x", *ids)))

    kept = message["References"].split()
    assert kept[0] == "<first@x>" and kept[-1] == "<99@x>" and len(kept) == 40
    assert message["Bcc"] is None


def test_a_domain_beyond_ascii_is_written_in_idna():
    assert read(with_(to=(Address("", "a@مثال.example"),)))["To"].startswith("a@xn--")


@given(st.text(max_size=300), st.text(st.characters(exclude_characters="\r\n\0"), max_size=200))
def test_any_text_and_name_is_seven_bit_with_short_lines(text: str, name: str):
    raw = compose(with_(text=text, signature=text, subject=name, to=(Address(name, "a@x.example"),)))

    assert raw.isascii() and b"\0" not in raw
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998 and b"\n" not in line and b"\r" not in line


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=120))
def test_any_subject_reads_back(subject: str):
    assert " ".join(str(read(with_(subject=subject))["Subject"]).split()) == " ".join(subject.split())
