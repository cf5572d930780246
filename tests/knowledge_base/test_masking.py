"""What goes out of an answer before it is an article's beginning."""

import time

import pytest

from knowledge_base.masking import fit_for_everybody, mask

NAMES = ["Anna Becker", "Will Young", "مینا رضایی"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to anna.b@example.com.", "Write to [e-mail address]."),
        ("Call +49 30 123-4567 or 0912 123 4567", "Call [phone number] or [phone number]"),
        ("Order AB-12345, customer 88123", "Order [number], customer [number]"),
        ("https://shop.example/orders/998877?token=abc is yours", "https://shop.example/orders/… is yours"),
        ("Anna Becker and Will know; will you? So Will Anna.", "[name] and [name] know; will you? So [name] [name]."),
        ("Ask Mr. Fisher or Dr Ada Lovelace", "Ask [name] or [name]"),
        ("https://dora:x@h.example/me/a@b.example#dora is mine", "https://h.example/me/… is mine"),
        ("The new total is 311.66 €, not $ 1,200 nor 15 EUR", "The new total is [amount], not [amount] nor [amount]"),
        ("Pay to DE89 3704 0044 0532 0130 00, please", "Pay to [number], please"),
        ("In 2026 version 3.11 took 5 days, 20 MB, §12 and step 2", None),
        ("Annabel is no Anna", "Annabel is no [name]"),
    ],
)
def test_people_and_their_numbers_go_and_what_everybody_needs_stays(text: str, masked: str | None):
    assert mask(text, names=NAMES, language="en") == (masked or text)


def test_persian_names_and_numbers_go_and_the_words_in_their_place_are_persian():
    text = "خانم رضایی، سفارش ۱۲۳۴۵ به ۰۹۱۲۱۲۳۴۵۶۷ پیامک شد. آقای محمدی در سال ۱۴۰۵ گفت مینا بماند."
    assert mask(text, names=NAMES, language="fa") == (
        "[نام]، سفارش [شماره] به [شمارهٔ تلفن] پیامک شد. [نام] در سال ۱۴۰۵ گفت [نام] بماند."
    )


@pytest.mark.parametrize(
    ("text", "html", "language", "left"),
    [
        ("Hi Anna,\nopen Settings.\n\nChoose Orders.\n\nBest regards,\nBen", None, "en", "<p>open Settings.</p><p>Choose Orders.</p>"),
        ("", "<p>Hello Anna!</p><ol><li>Open it, Anna</li></ol><p>Kind regards<br>Ben</p>", "en", "<ol><li>Open it, [name]</li></ol>"),
        ("سلام خانم رضایی عزیز،\nرمز را عوض کنید.\n\nبا احترام\nسارا", None, "fa", "<p>رمز را عوض کنید.</p>"),
        ("", "<p>[x]</p><p>The mandate is active.</p><p>Have a good day.<br>Ben</p>", "en", "<p>[x]</p><p>The mandate is active.</p>"),
        ("مینا رضایی گرامی، سلام.\nمبلغ ۳٬۴۹۰ هزار تومان است.\n\nاز صبر و شکیبایی شما سپاسگزاریم.", None, "fa", "<p>مبلغ [مبلغ] است.</p>"),
        ("Regards are not everything.\nHello is a word.", None, "en", "<p>Regards are not everything.<br>Hello is a word.</p>"),
        ("a < b & c", None, "en", "<p>a &lt; b &amp; c</p>"),
        ("", '<p>Ask <a href="mailto:dora@h.example">dora@h.example</a>, <a href="tel:+98912">us</a></p>', "en", "<p>Ask [e-mail address], us</p>"),
        ("", '<p>Dear Mr. Fisher,</p><p><a href="https://x.example/u/12345?k=1">here</a></p>', "en", '<p><a href="https://x.example/u/">here</a></p>'),
    ],
)  # fmt: skip
def test_an_answer_is_left_without_greeting_and_closing_and_keeps_its_form(
    text: str, html: str | None, language: str, left: str
):
    assert fit_for_everybody(text, html, names=NAMES, language=language) == left


def test_endless_runs_take_no_time_to_speak_of():
    begun = time.process_time()
    for text in (
        "a" * 100_000,
        "-a" * 50_000,
        "1 " * 50_000,
        "a." * 50_000,
        "a@" * 50_000,
        "https://" * 10_000,
        "AB12 " * 20_000,
    ):
        mask(text, names=NAMES, language="en")
    assert time.process_time() - begun < 5, "square time would be minutes"
