"""What is typed into the search is read as it was meant: a table, and whatever else may be typed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.kernel.language import speaking
from helpdesk.tickets.searching.asking import MOST_PARTS, Asked, Filter, Term, operators, parse
from helpdesk.tickets.searching.words import forms_of, query_of

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def read(text: str, language: str = "en") -> Asked:
    return parse(text, at=AT, zone=ZoneInfo("UTC"), language=language)


def filters(text: str) -> list[tuple[str, list[str], bool]]:
    return [(one.name, one.values, one.is_negated) for one in read(text).filters]


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("refund", [Term(text="refund", is_open=True)]), ("refund ", [Term(text="refund")]),
        ('"not paid" x ', [Term(text="not paid", is_phrase=True), Term(text="x")]),
        ("«پرداخت نشد» ", [Term(text="پرداخت نشد", is_phrase=True)]), ('"never closed', [Term(text="never closed", is_phrase=True)]),
        ("-spam ", [Term(text="spam", is_negated=True)]), ('-"a b"', [Term(text="a b", is_phrase=True, is_negated=True)]),
        ("Re: hello ", [Term(text="Re"), Term(text="hello")]), ("Note: this ", [Term(text="Note"), Term(text="this")]),
        ("https://example.com ", [Term(text="https"), Term(text="//example.com")]), ("12:30 ", [Term(text="12:30")]),
        ("", []), (" - ", []), ('""', []), ("!!! ?", []),
    ],
)  # fmt: skip
def test_words_and_phrases(typed: str, terms: list[Term]) -> None:
    asked = read(typed)

    assert (asked.terms, asked.filters, asked.problems) == (terms, [], [])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("status:open,pending", [("status", ["open", "pending"], False)]), ("Status: on-hold", [("status", ["on_hold"], False)]),
        ("وضعیت:باز،بسته", [("status", ["open", "closed"], False)]), ("وضعيت:حل‌شده", [("status", ["solved"], False)]),
        ("-is:unread", [("is", ["unread"], True)]), ("is:زباله‌دان", [("is", ["trash"], False)]), ("has:file", [("has", ["attachment"], False)]),
        ("assignee:me", [("assignee", ["me"], False)]), ("مسئول:من", [("assignee", ["me"], False)]), ("مسئول:هیچ‌کس", [("assignee", ["none"], False)]),
        ('team:"Customer care"', [("team", ["Customer care"], False)]), ("تیم:«پشتیبانی فنی»", [("team", ["پشتیبانی فنی"], False)]),
        ("#1042", [("number", ["1042"], False)]), ("number:۱۰۴۲", [("number", ["1042"], False)]),
        ("از:example.com برچسب:vat", [("from", ["example.com"], False), ("tag", ["vat"], False)]),
    ],
)  # fmt: skip
def test_operators(typed: str, expected: list[tuple[str, list[str], bool]]) -> None:
    assert filters(typed) == expected
    assert not read(typed).problems


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("before:2026-08-01", None, "2026-08-01"), ("after:2026-08-01", "2026-08-02", None), ("on:1405/08/01", "2026-10-23", "2026-10-24"),
        ("before:last week", None, "2026-11-09"), ("پیش از:۱۴۰۵/۰۸/۰۱", None, "2026-10-23"), ("پس‌از: دیروز", "2026-11-22", None),
        ("created:2026-01-01..2026-01-31", "2026-01-01", "2026-02-01"), ("updated:>=2026-01-01", "2026-01-01", None),
        ('created:<"last month"', None, "2026-10-01"), ("created:<=2026-01-01", None, "2026-01-02"), ("after:7d", "2026-11-15", None),
        ("before:7d", None, "2026-11-15"), ("updated:2d", "2026-11-20", "2026-11-22"),
    ],
)  # fmt: skip
def test_dates(typed: str, since: str | None, until: str | None) -> None:
    [one] = read(typed).filters

    assert one.since is None if since is None else one.since and one.since.date().isoformat() == since
    assert one.until is None if until is None else one.until and one.until.date().isoformat() == until


def test_words_behind_a_date_that_do_not_belong_to_it_are_searched() -> None:
    asked = read("before:last week refund ")

    assert [one.name for one in asked.filters] == ["before"]
    assert asked.terms == [Term(text="refund")]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("colour:red", "status, assignee"), ("status:lost", "new, open, pending"), ("status:", "new, open"), ("before:soon", "1405/08/01"),
        ("number:x", "number of a ticket"), ("is:old", "unread"), ("x " * 40, "24"), ("x" * 500, "400"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_with_what_there_is(typed: str, told: str) -> None:
    assert told in read(typed).problems[0]


def test_a_persian_reader_is_told_persian_names() -> None:
    with speaking("fa"):
        [problem] = read("وضعیت:گم", "fa").problems

        assert "حل‌شده" in problem and "solved" not in problem
        assert "وضعیت" in dict(operators())


def test_a_number_alone_is_a_tickets() -> None:
    assert (read("۱۰۴۲").number, read("1042 x").number, read("-1042").number, read("9" * 30).number) == (
        1042,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("refund", {"refund", "refunds"}), ("boxes", {"boxes", "box"}), ("policies", {"policies", "policy"}), ("address", {"address", "addresses"}),
        ("کتابها", {"کتابها", "کتاب", "کتابهای"}), ("فاکتور", {"فاکتور", "فاکتورها", "فاکتورهای"}), ("12345", {"12345"}), ("ها", {"ها"}),
    ],
)  # fmt: skip
def test_singular_and_plural(word: str, forms: set[str]) -> None:
    assert set(forms_of(word)) == forms


def test_words_as_a_query() -> None:
    assert query_of("a-b") == "'a' <-> 'b'"
    assert query_of("not paid", is_exact=True) == "'not' <-> 'paid'"
    assert query_of("12", is_beginning=True) == "'12':*"
    assert query_of("1", is_beginning=True) == "'1'"
    assert query_of("12", weight="A") == "'12':A"
    assert query_of("?!") == ""


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(' :"«»-<>#،,از')), max_size=500))
def test_whatever_is_typed_is_read(text: str) -> None:
    asked = read(text)

    assert all(isinstance(one, Filter) for one in asked.filters)
    assert len(asked.terms) + len(asked.filters) <= MOST_PARTS + 1
    assert all(query_of(term.text, is_exact=term.is_phrase, is_beginning=term.is_open) for term in asked.terms)
