"""What mail programs wrap texts and files in is opened, shown as what it is, or kept whole."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.email.calendars import CalendarEvent, read_events
from helpdesk.channels.email.making_ready import make_ready
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.reading import Feedback, ParsedMail
from helpdesk.channels.email.rtf import read_rtf
from helpdesk.channels.email.tnef import MAX_FILES, read_tnef
from helpdesk.channels.email.uuencoded import take_out

MAILS = Path(__file__).parents[2] / "mails"
PERSIAN = "سلام، سفارش من نرسیده است. لطفاً پیگیری کنید."
TNEF = struct.pack("<IH", 0x223E9F78, 1)


def read(name: str) -> ParsedMail:
    return parse((MAILS / f"{name}.eml").read_bytes())


def names(mail: ParsedMail) -> list[str]:
    return [file.name for file in mail.attachments]


def test_a_winmail_dat_gives_its_text_its_files_and_those_of_the_message_in_it():
    mail = read("tnef")

    assert " ".join(mail.text.split()) == "Where is my order? سلام 1234 café <x"
    assert mail.html
    assert "<b>1234</b>" in mail.html
    report, image, inner_text, inner_file = mail.attachments
    assert (report.name, report.content_type, report.content) == (
        "گزارش سفارش با نامی بلند.pdf",
        "application/pdf",
        b"%PDF-1.4 long",
    )
    assert (image.content_id, image.is_inline) == ("image001.png@01D", True)
    assert (inner_text.name, inner_text.content) == ("The inner message.txt", b"Inner words.")
    assert (inner_file.name, inner_file.content) == ("inner file.txt", b"inner file")


def test_a_broken_winmail_dat_stays_a_file_beside_what_could_be_read():
    mail = read("tnef-broken")

    assert mail.text == "See the file."
    assert names(mail)[-1] == "winmail.dat"
    assert "گزارش سفارش با نامی بلند.pdf" in names(mail)
    assert any("TNEF" in defect for defect in mail.defects)


def test_a_file_that_only_calls_itself_tnef_is_kept():
    assert names(parse(b"Content-Type: application/ms-tnef; name=winmail.dat\n\nnothing of the kind")) == [
        "winmail.dat"
    ]


@given(st.binary(max_size=300), st.integers(0, 2))
def test_any_bytes_are_read_as_tnef(raw: bytes, whole: int):
    begin = [b"", TNEF, TNEF + struct.pack("<BII", 1, 0x69003, len(raw))][whole]
    read_tnef(begin + raw)
    read_rtf(raw)


def test_a_winmail_dat_of_endless_files_ends():
    tnef = read_tnef(TNEF + struct.pack("<BIIH", 2, 0x69002, 0, 0) * 100_000)

    assert not tnef.is_whole
    assert len(tnef.files) <= MAX_FILES


def test_uuencoded_files_are_taken_out_of_the_text():
    mail = read("uuencoded")

    assert mail.text.split("\n") == ["Here is the list.", "", "", "", "begin at once, please, and", "end"]
    [file] = mail.attachments
    assert (file.name, file.content_type) == ("order list.txt", "text/plain")
    assert file.content == b"one lamp, two bulbs, three switches and some\nwire\n"


@pytest.mark.parametrize(
    "text", ["begin 644 x\nnot encoded at all\nend", "begin 644 x\n", "begin 644 x\n\x7f\x7f\nend\n"]
)
def test_what_only_begins_like_an_encoded_file_stays_text(text: str):
    assert take_out(text) == (text, [])


def test_an_invitation_says_what_when_where_and_by_whom():
    mail = read("invitation")

    assert mail.events == (
        CalendarEvent(
            summary="Look at the lamp, together",
            starts_at=datetime(2026, 11, 24, 5, 30, tzinfo=UTC),
            ends_at=datetime(2026, 11, 24, 7, 0, tzinfo=UTC),
            location="Room 7 third floor",
            organiser="Dora Doe",
            method="request",
        ),
    )
    assert names(mail) == ["attachment.ics", "invite.ics"]
    assert mail.text == "Please come."


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        ("DTSTART:20261124T090000Z\nDURATION:PT1H30M", datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Berlin:20260724T090000", datetime(2026, 7, 24, 7, tzinfo=UTC), None),
        ("DTSTART;TZID=W. Europe Standard Time:20260724T090000", datetime(2026, 7, 24, 7, tzinfo=UTC), None),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Asia/Tehran:20261124T090000", datetime(2026, 11, 24, 5, 30, tzinfo=UTC), None),
        ("DTSTART;TZID=../../etc/passwd:20261124T090000", datetime(2026, 11, 24, 9, tzinfo=UTC), None),
        ("DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261126", datetime(2026, 11, 24, 12, tzinfo=UTC), datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("DTSTART:20269999T990000Z", None, None),
        ("DTSTART:soon", None, None),
    ],
)  # fmt: skip
def test_times_of_events_are_moments(lines: str, starts: datetime | None, ends: datetime | None):
    [event] = read_events(f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR")

    assert (event.starts_at, event.ends_at) == (starts, ends)


@given(st.text(max_size=200))
def test_any_text_is_read_as_a_calendar(text: str):
    read_events(f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{text}\nEND:VEVENT")


def test_a_visiting_card_is_a_file():
    assert names(read("vcard")) == ["dora.vcf"]


@pytest.mark.parametrize(
    ("name", "sealed", "files", "text"),
    [
        ("smime-encrypted", "smime", ["smime.p7m"], ""),
        ("smime-signed", "", ["smime.p7s"], "Signed words."),
        ("pgp-encrypted", "pgp", ["attachment.asc", "encrypted.asc"], ""),
    ],
)
def test_sealed_mails_are_files_with_a_note(name: str, sealed: str, files: list[str], text: str):
    mail = read(name)

    assert (mail.sealed, names(mail), mail.text) == (sealed, files, text)


def test_amazon_reports_a_bounce_of_our_mail():
    mail = read("amazon-bounce")

    assert mail.is_bounce
    assert mail.bounce
    assert (mail.bounce.final_recipient, mail.bounce.action, mail.bounce.status) == (
        "gone@customer.example",
        "failed",
        "5.1.1",
    )
    assert mail.bounce.original_message_id == "abc.def@example.com"
    assert [failed.addresses for failed in mail.bounce.failed] == [("gone@customer.example",)]


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ('{"notificationType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"a@x.example"}]},"mail":{}}', "delayed"),
        ('{"notificationType":"Delivery","delivery":{"recipients":["a@x.example"]},"mail":{}}', "delivered"),
        ('{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":"none"},"mail":7}', "failed"),
    ],
)  # fmt: skip
def test_what_amazon_says_besides_suppresses_nobody(said: str, action: str):
    bounce = parse(f"From: no-reply@sns.amazonaws.com\n\n{said}".encode()).bounce

    assert bounce
    assert bounce.action == action
    assert not bounce.failed


@pytest.mark.parametrize("kind", ["notificationType", "eventType"])
def test_amazon_tells_of_a_complaint(kind: str):
    told = '{"complainedRecipients":[{"emailAddress":"A@x.example"}],"complaintFeedbackType":"Fraud"}'
    said = f'{{"{kind}":"Complaint","complaint":{told},"mail":{{"messageId":"0100","commonHeaders":{{"messageId":"<abc@example.com>"}}}}}}'
    mail = parse(f"From: no-reply@sns.amazonaws.com\n\n{said}".encode())

    assert (mail.is_feedback_report, mail.must_not_get_an_automatic_answer) == (False, True), (
        "it is no report of RFC 5965"
    )
    assert mail.feedback == Feedback("fraud", ("a@x.example",), None, "abc@example.com")


def test_a_customer_may_write_json():
    assert parse(b'From: dora@customer.example\n\n{"notificationType": broken').bounce is None


@pytest.mark.parametrize(("name", "start"), [("utf-16", PERSIAN), ("base64-broken", "Where is my order? سفارش من کجا")])
def test_text_is_read_through_what_is_broken(name: str, start: str):
    assert read(name).text.startswith(start)


def test_a_footer_below_base64_is_read_as_it_stands():
    assert read("base64-broken").text.endswith("\n--\nscanned by a virus scanner")


def test_flowed_lines_of_a_language_without_blanks_are_joined_without_them():
    assert [line.rstrip() for line in read("flowed-delsp").text.split("\n")][:4] == [
        "これは一つの長い行です。",
        ">> 引用です。",
        "> 別の",
        "次の行",
    ]


def test_of_a_mail_that_is_only_attached_the_text_is_read():
    mail = make_ready((MAILS / "attached-only.eml").read_bytes())

    assert mail.new_text == "The lamp is dark."
    assert names(mail.mail) == ["A lamp _ two.eml"]
