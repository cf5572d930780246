import pytest

from knowledge_base.language import persian_stem, terms_of, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("deleting the accounts", "delete an account"),
        ("I've forgotten it", "forget"),
        ("the customer’s e-mails", "customer email"),
        ("LOGIN", "login"),
        ("c++", "C++"),
    ],
)
def test_forms_of_an_english_word_are_one(one: str, other: str) -> None:
    assert terms_of(one, "en") == terms_of(other, "en") != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("کتاب‌های", "کتاب"),
        ("كتابهاي", "کتاب‌ها"),
        ("کتاب هایم", "کتاب"),
        ("می‌خواهم سفارش دهم", "میخواهم سفارش دهم"),
        ("تنظیماتِ شبکه‌ها", "تنظیم شبکه"),
        ("۱۲۳ تومان", "١٢٣ تومان"),
        ("نرم‌افزارها", "نرم افزار"),
        ("تابسـتاني", "تابستانی"),
        ("بزرگ‌ترین مشکلات", "بزرگ مشکل"),
    ],
)
def test_forms_of_a_persian_word_are_one(one: str, other: str) -> None:
    assert terms_of(one, "fa") == terms_of(other, "fa") != []


def test_a_word_is_judged_by_its_own_script() -> None:
    assert terms_of("حساب Facebook من", "fa") == [*terms_of("حساب", "fa"), "facebook"]


def test_words_of_asking_and_bare_endings_say_nothing() -> None:
    assert terms_of("How can I do this, please?", "en") == []
    assert terms_of("سلام لطفا راهنمایی کنید چگونه می ها های", "fa") == []


def test_other_languages_are_only_folded() -> None:
    assert terms_of("Die Verträge löschen", "de") == ["die", "verträge", "löschen"]


def test_a_verb_and_its_particle_are_found_as_one_word_too() -> None:
    assert "login" in terms_of("logging in", "en")
    assert "backup" in terms_of("back it up", "en")
    assert "photoin" not in terms_of("a photo in the article", "en")


def test_places_are_those_of_the_text_as_it_stands() -> None:
    text = "«می‌خواهم» 😀 e-mails"
    assert [text[token.start : token.end] for token in tokens(text, "fa")] == ["می‌خواهم", "e-mails"]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("میزبانی", "میزبان"), ("میلادی", "میلاد"), ("میدانی", "میدان"), ("میدانهای", "میدان"), ("میکروسافتی", "میکروسافت"), ("میزهای", "میز"),
        ("میدانم", "دان"), ("نمیدانند", "دان"), ("میفرستم", "فرست"), ("میاندازد", "انداز"),
    ],
)  # fmt: skip
def test_a_noun_that_begins_like_a_verb_is_none(word: str, stem: str) -> None:
    assert persian_stem(word) == stem
