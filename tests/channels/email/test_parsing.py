import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.reading import ParsedMail

MAILS = Path(__file__).parents[2] / "mails"
ALL = sorted(MAILS.glob("*.eml"))
PERSIAN = "سلام، سفارش من نرسیده است. لطفاً پیگیری کنید."
ARABIC_KEYS = PERSIAN.replace("ی", "ي")


def read(name: str) -> ParsedMail:
    return parse((MAILS / f"{name}.eml").read_bytes())


def test_a_plain_mail_says_all_that_it_says():
    mail = read("plain")

    assert mail.subject == "My order has not come"
    assert mail.from_ == Address("Dora Doe", "dora@customer.example")
    assert mail.to == (Address("", "support@example.com"),)
    assert mail.date == datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    assert mail.message_id == "plain@customer.example"
    assert mail.text == "Hello,\n\nwhere is my order 1234?\n\nDora"
    assert mail.html is None
    assert not mail.is_sender_unsure
    assert not mail.must_not_get_an_automatic_answer
    assert mail.language == "en"
    assert mail.defects == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("persian-windows-1256", ARABIC_KEYS),
        ("persian-says-latin1", ARABIC_KEYS),
        ("persian-raw-header", PERSIAN),
        ("persian-utf-7", PERSIAN),
        ("unknown-charset", PERSIAN),
        ("encoded-word-cut-in-a-letter", PERSIAN),
    ],
)
def test_persian_is_read_whatever_charset_was_said(name: str, text: str):
    mail = read(name)

    assert mail.text.replace("\u06a9", "ک") == text
    assert mail.language == "fa"


def test_subjects_are_decoded_from_words_cut_in_a_letter_and_from_raw_bytes():
    assert read("encoded-word-cut-in-a-letter").subject == "آب‌انبار قدیمی"
    assert read("persian-raw-header").subject == "سفارش من نرسیده"


def test_html_alone_gives_the_text_too():
    mail = read("html-only-rtl")

    assert mail.text == f"{PERSIAN}\n\n* یک\n* دو"
    assert mail.html
    assert "tracker.example" in mail.html


def test_a_body_in_two_forms_with_an_image_a_file_and_a_footer():
    mail = read("alternative-with-image")

    assert mail.text == "See the picture.\nA footer of the list."
    assert mail.html
    assert "cid:shot@x" in mail.html
    assert "A footer of the list." in mail.html
    image, file = mail.attachments
    assert (image.name, image.content_id, image.is_inline) == ("shot.png", "shot@x", True)
    assert (file.name, file.content, file.is_inline) == ("گزارش.pdf", b"%PDF-1.4", False)


def test_texts_around_a_picture_are_both_the_body():
    assert read("apple-text-image-text").text == "Before the picture.\nAfter the picture."


def test_flowed_lines_are_joined():
    assert read("flowed").text == "This is one long line.\n> and this is quoted\nThe end.\n-- \nDora"


def test_file_names_are_harmless():
    names = [file.name for file in read("hostile-file-names").attachments]

    assert names == [
        "passwd",
        "report.doc",
        "invoicegpj.exe",
        "_CON.txt",
        "attachment.bin",
        "attachment.bin",
        "a b_.txt",
        "x" * 196 + ".pdf",
        "فاکتور.pdf",
    ]


def test_a_mail_inside_a_mail_is_a_file():
    mail = read("nested-message")

    assert mail.text == "See the attached mail."
    [inner] = mail.attachments
    assert inner.name == "Inner.eml"
    assert parse(inner.content).subject == "Inner"


@pytest.mark.parametrize("name", ["bounce-report", "bounce-free-text"])
def test_a_bounce_names_the_recipient_and_the_mail_that_came_back(name: str):
    mail = read(name)

    assert mail.is_bounce
    assert not mail.is_auto_reply
    assert mail.must_not_get_an_automatic_answer
    assert mail.bounce
    assert mail.bounce.final_recipient == "gone@customer.example"
    assert (mail.bounce.action, mail.bounce.status) == ("failed", "5.1.1")
    assert mail.bounce.original_message_id == "abc.def@example.com"


def test_a_person_who_writes_of_failed_delivery_is_no_bounce():
    mail = read("about-a-bounce")

    assert not mail.is_bounce
    assert not mail.must_not_get_an_automatic_answer


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("out-of-office", "is_auto_reply"),
        ("list", "is_list_or_bulk"),
        ("feedback-report", "is_feedback_report"),
        ("read-receipt", "is_disposition_notification"),
    ],
)
def test_what_machines_send_is_told_apart_and_not_answered(name: str, sign: str):
    mail = read(name)
    signs = ("is_bounce", "is_auto_reply", "is_list_or_bulk", "is_feedback_report", "is_disposition_notification")

    assert [one for one in signs if getattr(mail, one)] == [sign]
    assert mail.must_not_get_an_automatic_answer


def test_several_senders_are_read_but_unsure():
    mail = read("two-senders")

    assert mail.from_ == Address("Dora", "dora@customer.example")
    assert mail.is_sender_unsure


def test_a_name_cannot_smuggle_in_an_address():
    mail = read("sender-hidden-in-name")

    assert mail.from_
    assert mail.from_.addr == "eve@stranger.example"


def test_a_forgotten_blank_line_loses_no_text():
    mail = read("no-blank-line")

    assert mail.subject == "No blank line"
    assert mail.text == "Hello, here is the text\nand a second line."


def test_threads_are_read_in_order():
    mail = read("gmail-reply")

    assert mail.in_reply_to == ("q@example.com",)
    assert mail.references == ("p@example.com", "q@example.com")


def test_authentication_results_keep_their_order():
    results = read("authentication-results").authentication_results

    assert [result.partition(";")[0] for result in results] == ["mx.example.com", "mx.attacker.example"]


def test_an_empty_mail_is_a_mail():
    mail = read("empty")

    assert (mail.subject, mail.text, mail.from_, mail.attachments) == ("", "", None, ())


@pytest.mark.parametrize(
    ("raw", "addresses"),
    [
        ("Dora <dora@x.example>", [("Dora", "dora@x.example")]),
        ('"Doe, Dora" <Dora@X.example>', [("Doe, Dora", "dora@x.example")]),
        ("Doe, Dora <dora@x.example>", [("Doe, Dora", "dora@x.example")]),
        ("dora@x.example (Dora Doe)", [("Dora Doe", "dora@x.example")]),
        ("a@x.example; b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
        ("a@x.example b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
        (
            "Team: a@x.example, B <b@x.example>;, c@x.example",
            [("", "a@x.example"), ("B", "b@x.example"), ("", "c@x.example")],
        ),
        ("undisclosed-recipients:;", []),
        ("A <a@x.example> B <b@x.example>", [("A", "a@x.example"), ("B", "b@x.example")]),
        ("<<a@x.example>>", [("", "a@x.example")]),
        ('"a@x.example" <a@x.example>', [("", "a@x.example")]),
        ("=?utf-8?Q?Doe=2C_Dora?= <a@x.example>", [("Doe, Dora", "a@x.example")]),
        ("<mailto:a@x.example>", [("", "a@x.example")]),
        ("A\u202eB <a@x.example>", [("AB", "a@x.example")]),
        ("", []),
        ("nobody", []),
    ],
)
def test_addresses_of_all_shapes(raw: str, addresses: list[tuple[str, str]]):
    mail = parse(f"To: {raw}\n\n".encode())

    assert [(person.name, person.addr) for person in mail.to] == addresses


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("Sat, 21 Nov 2026 10:00:00 +0330", datetime(2026, 11, 21, 6, 30, tzinfo=UTC)),
        ("21 Nov 2026 10:00 GMT", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00:00+01:00", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 10:00:00 (a comment)", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("yesterday", None),
        ("Sat, 99 Nov 99999 99:99:99 +9999", None),
        ("", None),
    ],
)
def test_dates_are_moments_or_none(raw: str, moment: datetime | None):
    assert parse(f"Date: {raw}\n\n".encode()).date == moment


def nested(depth: int) -> bytes:
    inner = b"Content-Type: text/plain\n\ndeep\n"
    for level in range(depth):
        inner = b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n%s\n--%d--\n' % (level, level, inner, level)
    return b"Subject: nested\n" + inner


def test_parts_nested_too_deep_are_kept_as_a_file():
    assert parse(nested(20)).text == "deep"
    mail = parse(nested(40))

    assert mail.subject == "nested"
    assert [file.name for file in mail.attachments] == ["not-parsed.eml"]
    assert b"deep" in mail.attachments[0].content
    assert any("deeper" in defect for defect in mail.defects)


def test_parts_beyond_five_hundred_are_kept_as_a_file():
    part = b"--b\nContent-Type: image/png; name=x.png\n\nx\n"
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 2_000 + b"--b--\n")

    assert len(mail.attachments) == 500
    assert mail.attachments[-1].name == "not-parsed.eml"
    assert mail.attachments[-1].content.count(b"--b\n") > 1_400


def test_endless_headers_and_addresses_are_cut_and_the_body_kept():
    mail = parse(b"To: " + b"a@x.example, " * 10_000 + b"\n" + b"X-A: b\n" * 60_000 + b"\nthe body")

    assert mail.text == "the body"
    assert len(mail.to) == 200
    assert len(mail.headers) <= 1_000
    assert len(mail.defects) >= 2


def test_huge_html_gives_way_to_the_text_and_is_kept_as_a_file():
    html = b"<p>" + b"long " * 600_000 + b"</p>"
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nshort\n--b\nContent-Type: text/html\n\n%s\n--b--\n"
    )
    mail = parse(raw % html)

    assert (mail.text, mail.html) == ("short", None)
    assert [file.name for file in mail.attachments] == ["message.html"]


def test_deeply_nested_html_keeps_its_words():
    assert parse(b"Content-Type: text/html\n\n" + b"<div>" * 100_000 + b"word").text == "word"


def test_time_is_in_proportion_to_size():
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n> quoted = text\n" * 100
    started = time.perf_counter()
    for _ in range(20):
        parse(raw)
    small = time.perf_counter() - started
    started = time.perf_counter()
    parse(raw.replace(b"text", b"text " * 2_000))
    assert time.perf_counter() - started < max(40 * small, 1)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail(raw: bytes):
    parse(raw)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_mutation_of_a_mail_is_a_mail(data: st.DataObject):
    raw = data.draw(st.sampled_from(ALL)).read_bytes()
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(start + 60, len(raw))))
        raw = (
            raw[:start] + data.draw(st.binary(max_size=20)) + raw[start:end] * data.draw(st.integers(0, 3)) + raw[end:]
        )
    mail = parse(raw)

    assert "\0" not in mail.text + mail.subject
    for file in mail.attachments:
        assert 0 < len(file.name.encode()) <= 200
        assert not set(file.name) & set('/\\\0\n\r"')
