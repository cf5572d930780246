"""Which solved requests are about the same."""

from knowledge_base.grouping import Case, groups

QUESTIONS = {
    "password": [
        "I forgot my password, how do I reset it?",
        "How can I reset the password of my account?",
        "My password does not work any more, please reset it",
        "Passwords: where can I reset mine?",
    ],
    "invoice": [
        "Please send me the invoice for my last order",
        "Where do I find the invoice of an order?",
        "I need an invoice for the order that I paid",
    ],
    "alone": ["The printer smells of smoke", "Do you have a shop in Vienna?"],
}


def cases(language: str = "en", answers: dict[str, str] | None = None) -> list[Case]:
    texts = [(kind, text) for kind, some in QUESTIONS.items() for text in some]
    return [Case(number, text, (answers or {}).get(kind, ""), language) for number, (kind, text) in enumerate(texts)]


def test_requests_about_the_same_come_together_and_the_others_stay_alone():
    assert [(set(group.cases), group.words) for group in groups(cases())] == [
        ({0, 1, 2, 3}, ("password", "reset")),
        ({4, 5, 6}, ("invoice", "order")),
    ]


def test_the_same_answer_brings_together_what_was_asked_in_other_words():
    asked = ["It says no to me", "Cannot come in since Monday", "Locked out again", "The lamp is broken"]
    answer = "Open the settings, choose Security and press Unlock. Then sign in with your recovery code."
    told = [answer, answer, f"{answer} It helps at once.", "We send another lamp."]
    some = [Case(number, question, told[number], "en") for number, question in enumerate(asked)]
    assert [set(group.cases) for group in groups(some)] == [{0, 1, 2}]
    assert groups([Case(one.id, one.question, "", "en") for one in some]) == []


def test_languages_are_never_mixed_and_persian_endings_do_not_part():
    persian = ["رمز عبورم را فراموش کردم", "فراموشی رمز عبور", "رمز‌عبور را فراموش کرده‌ام، چه کنم؟"]
    mixed = [*cases()[:2], *(Case(100 + number, text, "", "fa") for number, text in enumerate(persian))]
    assert [set(group.cases) for group in groups(mixed)] == [{100, 101, 102}]
    assert groups([]) == []


def test_what_everybody_writes_brings_nobody_together():
    assert groups([Case(number, "Hello, can you please help me?", "", "en") for number in range(20)]) == []
