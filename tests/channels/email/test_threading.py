import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.email.threading import (
    Token,
    base_mailbox,
    bounce_address,
    first_token,
    has_room,
    message_id,
    read_address,
    read_message_id,
    reply_address,
)

KEY, OLD_KEY = b"k" * 32, b"o" * 32
KEYS = [KEY, OLD_KEY]
MAILBOX = "support@example.com"


@given(st.integers(0, 2**63 - 1), st.sampled_from(KEYS))
def test_a_token_reads_back_what_was_signed(delivery_id: int, key: bytes):
    assert read_address(reply_address("s@x.example", delivery_id, key), KEYS) == Token("reply", delivery_id)
    assert read_address(bounce_address("s@x.example", delivery_id, key), KEYS) == Token("bounce", delivery_id)
    assert read_message_id(message_id(delivery_id, "x.example", key), KEYS) == Token("message", delivery_id)


def test_case_and_brackets_do_not_matter():
    address = reply_address(MAILBOX, 77, KEY)

    assert read_address(f"<{address.upper()}>", KEYS) == Token("reply", 77)


def test_a_key_that_was_taken_away_reads_nothing():
    assert read_address(reply_address(MAILBOX, 5, OLD_KEY), KEYS) == Token("reply", 5)
    assert read_address(reply_address(MAILBOX, 5, OLD_KEY), [KEY]) is None


def test_ten_thousand_guesses_are_all_refused():
    guess = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    real = reply_address(MAILBOX, 1234, KEY).removeprefix("support+").partition("@")[0]
    ref, mac = real.split(".")
    for number in range(10_000):
        if number % 2:
            forged = f"{ref}.{''.join(guess.choices(letters, k=26))}"
        else:  # a true mac on another delivery
            forged = f"{ref[:2]}{''.join(guess.choices(letters, k=4))}.{mac}"
        assert read_address(f"support+{forged}@example.com", KEYS) is None
        assert read_message_id(f"{forged}@example.com", KEYS) is None


def test_the_last_letter_of_the_mac_has_one_spelling():
    address = reply_address(MAILBOX, 9, KEY)
    local, _, domain = address.partition("@")
    accepted = [
        letter for letter in "abcdefghijklmnopqrstuvwxyz234567" if read_address(f"{local[:-1]}{letter}@{domain}", KEYS)
    ]

    assert accepted == [local[-1]]


def test_a_message_id_is_no_reply_address_and_the_reverse():
    signed = message_id(8, "example.com", KEY).partition("@")[0]
    reply = reply_address(MAILBOX, 8, KEY).partition("+")[2]

    assert read_address(f"support+{signed}@example.com", KEYS) is None
    assert read_message_id(reply, KEYS) is None


@pytest.mark.parametrize(
    "address", ["", "support@example.com", "support+@example.com", "support+abc.def@example.com", "+", "a" * 10_000]
)
def test_ordinary_addresses_carry_no_token(address: str):
    assert read_address(address, KEYS) is None
    assert read_message_id(address, KEYS) is None


def test_a_long_mailbox_is_told_apart_before_it_fails():
    assert has_room("customer-support-team@example.com")
    assert not has_room("a-mailbox-with-a-name-that-never-ends@example.com")
    with pytest.raises(ValueError, match="too long"):
        reply_address("a-mailbox-with-a-name-that-never-ends@example.com", 2**40, KEY)


def test_the_local_part_stays_within_64_bytes():
    assert len(reply_address("s" * 26 + "@example.com", 2**40 - 1, KEY).partition("@")[0]) <= 64


def test_the_plus_part_is_not_the_mailbox():
    assert base_mailbox("Support+abc@Example.COM") == "support@example.com"
    assert base_mailbox("+odd@example.com") == "+odd@example.com"


def test_the_recipient_wins_over_the_headers_and_the_newest_reference_over_older_ones():
    references = [message_id(1, "x.example", KEY), "other@elsewhere", message_id(2, "x.example", KEY)]

    assert first_token([MAILBOX, reply_address(MAILBOX, 3, KEY)], references, [], KEYS) == Token("reply", 3)
    assert first_token([MAILBOX], [], references, KEYS) == Token("message", 2)
    assert first_token([MAILBOX], ["foreign@x"], ["foreign@y"], KEYS) is None
