"""The envelope that a delivering server noted down is read from any mail, whatever else stands in its header."""

import pytest

from helpdesk.channels.email.envelopes import Envelope, read_envelope


def test_notes_of_the_server_tell_and_without_them_the_author_and_the_mailbox() -> None:
    noted = b"Return-Path: <Dora@Customer.test>\r\nDelivered-To: a@x.test\r\nX-Original-To: b@x.test\r\nFrom: Eve <e@x>\r\n\r\n"
    assert read_envelope(noted, mailbox="m@x.test") == Envelope("dora@customer.test", ["a@x.test", "b@x.test"])
    assert read_envelope(b"From: Eve <e@x.test>\r\n\r\n", mailbox="m@x.test") == Envelope("e@x.test", ["m@x.test"])
    assert read_envelope(b"no header at all", mailbox="m@x.test") == Envelope("", ["m@x.test"])


def test_a_null_sender_stays_one_although_there_is_an_author() -> None:
    assert read_envelope(b"Return-Path: <>\r\nFrom: Eve <e@x.test>\r\n\r\n", mailbox="m@x.test").sender == ""


@pytest.mark.parametrize("header", [b"(" * 50_000, b"<" * 50_000, b'"' * 50_001, b"\xff(" * 50_000, b"a@b," * 50_000])
def test_no_header_stops_the_mailbox_that_it_lies_in(header: bytes) -> None:
    mail = b"Return-Path: <dora@customer.test>\r\nDelivered-To: " + header + b"\r\n\r\nhello\r\n"
    assert read_envelope(mail, mailbox="m@x.test").sender == "dora@customer.test"
